"""The sources and authors that a question names: "according to AP", "in the Guardian", "by Jane Roe"."""

from __future__ import annotations

import re
from collections.abc import Collection

# Names that cannot be worked out from the address of the outlet's site.
_KNOWN_AS = {
    "ap": ("apnews", "associatedpress"),
    "associatedpress": ("apnews", "ap"),
    "nyt": ("nytimes", "newyorktimes"),
    "newyorktimes": ("nytimes",),
    "wallstreetjournal": ("wsj",),
    "financialtimes": ("ft",),
    "latimes": ("losangelestimes",),
    "losangelestimes": ("latimes",),
    "washpost": ("washingtonpost",),
    "afp": ("france24", "agencefrancepresse"),
    "dw": ("deutschewelle",),
    "deutschewelle": ("dw",),
    "abcnews": ("abcnews", "abc"),
    "britishbroadcastingcorporation": ("bbc",),
}
# No word of a name is longer than 60 letters: without a bound, one word of a whole question takes its square in time.
_NAME = r"(?:[Tt]he\s)?(?P<name>[A-Z][\w.&’'-]{0,60}(?:\s(?:of\s)?[A-Z][\w.&-]{0,60}){0,3})"
_CUES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:[Aa]ccording to|(?:[Rr]eported|[Pp]ublished|[Ww]ritten|[Cc]overed) (?:by|in)|[Pp]er)\s{_NAME}",
        rf"\b(?:[Ii]n|[Ff]rom|[Oo]n)\s{_NAME}",
        rf"\b(?:[Dd]id|[Dd]oes|[Hh]as|[Hh]ave)\s{_NAME}\s(?:say|said|report|reported|write|written|publish|published|cover)\b",
        rf"{_NAME}(?:[’']s)?\s(?:say|says|said|report|reports|reported|reporting|wrote|writes|articles?|story|stories|coverage)\b",
    )
)
_AUTHOR = r"(?P<name>[A-Z][\w’'-]{1,60}(?:\s(?:[A-Z]\.|[a-z]{2,3}|[A-Z][\w’'-]{1,60})){0,2}\s[A-Z][\w’'-]{1,60})"
_WRITTEN = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:articles?|stor(?:y|ies)|pieces?|columns?|op-eds?|reports?|written|reporting|bylined?)\s"
        r"(?:[^.?!]{0,30}\s)?"
        rf"by\s{_AUTHOR}",
        rf"{_AUTHOR}[’']s\s(?:article|articles|story|stories|piece|pieces|column|columns|op-ed|reporting)\b",
    )
)


def named_sources(question: str, sources: Collection[str]) -> tuple[str, ...]:
    """Which of the archive's sources the question names as its source, spelt as the archive spells them."""
    said: set[str] = set()
    for cue in _CUES:
        for match in cue.finditer(question):
            words = re.sub(r"[’']s$", "", match["name"]).split(" ")
            # The name may run on into the next capitalised word: "in Reuters Monday".
            said.update(_squashed(" ".join(words[:n])) for n in range(1, len(words) + 1))
    wanted = said | {other for name in said for other in _KNOWN_AS.get(name, ())}
    return tuple(sorted({source for source in sources if _labels(source) & wanted}))


def named_authors(question: str) -> tuple[str, ...]:
    """The authors whose articles the question asks for."""
    return tuple(dict.fromkeys(match["name"] for cue in _WRITTEN for match in cue.finditer(question)))


def _labels(source: str) -> set[str]:
    """What a source may be called, in small letters without spaces: "www.theguardian.com" is "guardian"."""
    host = re.sub(r"^(?:https?://)?(?:www\d?|edition|news|m|amp)\.", "", source.strip().lower())
    if re.fullmatch(r"[\w-]+(?:\.[\w-]+)+/?", host):
        parts = host.strip("/").split(".")
        while len(parts) > 1 and (len(parts[-1]) <= 3 or parts[-1] in ("info", "news")):
            parts.pop()
        names = {_squashed(part) for part in parts} | {_squashed(host)}
    else:
        names = {_squashed(source), "".join(word[0] for word in re.findall(r"[A-Za-z]\w*", source)).lower()}
    names |= {name.removesuffix(end) for name in names for end in ("news", "online") if len(name) > len(end) + 1}
    return {name for name in names if len(name) > 1}


def _squashed(name: str) -> str:
    return re.sub(r"[^\w]|_", "", re.sub(r"^the(?=\s?\w)", "", name.strip().lower()))
