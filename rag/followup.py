"""A follow-up question made to stand alone, from the questions and answers before it and without a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer import Turn
from rag.dates import find
from rag.words import names

_TURNS = 6  # how far back a conversation is read
_LONGEST = 2_000

_OPENER = re.compile(r"^(?:and|but|so|also|then|ok(?:ay)?|well)\b[\s,]*", re.I)
_ABOUT = re.compile(
    r"^(?:(?:what|how) about\s+(?P<what>.+?)|"
    r"(?:and|or)\s+(?P<bare>(?:(?:in|for|on|the)\s)?\S+(?:\s\S+){0,3}?))\s*[?.!]*$",
    re.I,
)
_WH = r"(?:who|whom|whose|what|when|where|why|which|how(?: many| much| long| old| often)?)"
_AUX = r"(?:did|do|does|is|are|was|were|has|have|had|will|would|can|could|should|might|may)"
_WH_START = re.compile(rf"^{_WH}\b", re.I)
_BARE = re.compile(
    rf"^(?P<wh>{_WH})(?:\s(?:is|was|were|did|does|has)\s(?:that|this|it)(?:\s(?:happen|happened|be|so|then))?)?\s*[?.!]*$",
    re.I,
)
_ELSE = re.compile(
    r"^(?:(?P<wh>who|what|where|which)\b.*\belse\b.*|any(?:one|body|thing)? (?:else|others?)|others?)\s*[?.!]*$", re.I
)
_INVERTED = re.compile(rf"^(?P<wh>{_WH})\b(?P<noun>.*?)\s(?P<aux>{_AUX})\s(?P<rest>.+)$", re.I)
# What follows an auxiliary where the question's noun is its verb's object: "which bridge did he open".
_SUBJECT_AHEAD = re.compile(
    r"(?:(?i:the|an?|this|that|these|those|his|her|its|their|our|my|your|he|she|it|they|we|you|i|there)\b|[A-Z“\"\d])"
)
_DO = ("did", "do", "does")
_ONWARD = re.compile(r"\b(?:next|afterwards?|since then|since|in the end|later)\s*[?.!]*$", re.I)
_ASKS_SUBJECT = re.compile(
    r"^(?:(?P<who>who)|(?P<which>which|what)\s(?P<noun>\w+)|(?P<what>what))\b\s*(?P<rest>.*)$", re.I
)
_SHE_OR_HE = re.compile(r"\b(?:he|she|him|her|his|hers)\b", re.I)
_THEY = re.compile(r"\b(?:they|them|their|theirs|both)\b", re.I)
_IT = re.compile(
    r"\b(?:it|its|this|that|these|those|there|then|the same|do so)\b"
    r"(?!\s(?:week|weekend|month|year|morning|season|summer|spring|fall|autumn|winter|time)\b)",
    re.I,
)
_DUMMY_IT = re.compile(
    r"\bis it (?:true|right|possible|likely)\b|\bwhat time is it\b|\b(?:is|are|was|were) there\b|"
    r"\bthere (?:is|are|was|were)\b",
    re.I,
)
# A word after which "that" is a conjunction or a relative, not a pointer.
_THAT_CLAUSE = re.compile(r"(?<=\w\s)that\s(?=\w+\s\w+)", re.I)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question in words that need no history: itself, where it already does.

    What a pronoun points to is read from the question before, and from its answer where that question has no
    name; where nothing certain is found, the question before is put beside it, so that a search sees its words.
    """
    last: Turn | None = None
    for turn in list(history)[-_TURNS:]:
        asked = " ".join(turn.question.split())
        if asked and len(asked) <= _LONGEST:
            last = Turn(_joined(asked, last), turn.answer)
    return _joined(question, last)


def _joined(question: str, last: Turn | None) -> str:
    if last is None:
        return question
    full = _read_in(question, last)
    return full if len(full) <= _LONGEST else question


def _read_in(question: str, last: Turn) -> str:
    about = _ABOUT.match(question)
    stripped = _OPENER.sub("", question)
    before = last.question.rstrip(" ?.!")
    if bare := _BARE.match(stripped):
        return _asked_of(bare["wh"], before)
    if _ELSE.match(stripped):
        return _else(stripped, before)
    if about and not _WH_START.match(_OPENER.sub("", about["what"] or about["bare"])):
        return _what_about(about["what"] or about["bare"], before)
    return _pointed(stripped, question, last)


def _asked_of(wh: str, before: str) -> str:
    """The question before, with another question word: "When did Belarus and Iran sign?"."""
    wh = wh.lower()
    inverted = _INVERTED.match(before)
    if inverted and (not inverted["wh"].lower().startswith("who") or inverted["aux"].lower() in _DO):
        return f"{_upper(wh)} {inverted['aux']} {_subject(inverted)}{inverted['rest']}?"
    if re.match(rf"^{_AUX}\b", before, re.I):
        return f"{_upper(wh)} {before[0].lower()}{before[1:]}?"
    subject = _ASKS_SUBJECT.match(before)
    if subject is None:
        return f"{_upper(wh)}: {before}?"
    someone = "someone" if subject["who"] else f"the {subject['noun']}" if subject["which"] else "something"
    return f"{_upper(wh)} was it that {someone} {subject['rest']}?"


def _subject(inverted: re.Match[str]) -> str:
    """The noun asked about, with a blank, where it is what the verb is said of: "how many people were killed"."""
    noun = inverted["noun"].strip()
    if not noun or inverted["aux"].lower() in _DO or _SUBJECT_AHEAD.match(inverted["rest"]):
        return ""
    counts = inverted["wh"].lower().startswith("how")
    return f"{noun} " if counts else f"the {noun} "


def _else(question: str, before: str) -> str:
    asked = re.match(r"(who|what|where|which)\b", before, re.I)
    wh = _ELSE.match(question)
    if asked and (wh is None or not wh["wh"] or wh["wh"].lower() == asked[1].lower()):
        rest = before[asked.end() :].strip()
        return f"Which other {rest}?" if asked[1].lower() == "which" else f"{_upper(asked[1])} else {rest}?"
    return f"{_upper(question.rstrip(' ?.!'))} ({before})?"


def _what_about(what: str, before: str) -> str:
    """The question before, with the new name, day or noun in place of the old one of its kind."""
    what = what.rstrip(" ?.!")
    times, old_times = find(what if " " in what else f"in {what}"), find(before)
    if times and old_times:
        old = old_times[0]
        lead = re.search(r"\b(?:in|on|during|since|before|after)\s(?:the\s)?$", before[: old.start], re.I)
        keeps = lead and not re.match(r"(?:in|on|during|since|before|after|last|this|next|yesterday)\b", what, re.I)
        start = old.start if keeps or not lead else lead.start()
        return f"{before[:start]}{what}{before[old.end :]}?"
    if times:
        return f"{before} {what}?"
    # "In Lisbon" takes the place of "in the Afghanistan earthquake", all of it.
    lead = re.match(r"(?:in|for|on)\s", what, re.I)
    if lead:
        return re.sub(rf"\s{lead[0]}.*$", "", before, flags=re.I) + f" {what}?"
    # "The World Cup" is replaced by "the Olympics" and never by "Russia": an article goes with an article.
    takes_article = what.lower().startswith("the ")
    known = [name for name in names(before) if takes_article == (f"the {name}".lower() in before.lower())]
    if what.lower() in before.lower() or not known:
        return f"{before} – {what}?"
    replaced = f"the {known[0]}" if takes_article else known[0]
    return f"{re.sub(re.escape(replaced), lambda _: what, before, count=1, flags=re.I)}?"


def _pointed(stripped: str, question: str, last: Turn) -> str:
    own = names(stripped)
    pointer = _SHE_OR_HE.search(stripped)
    if pointer and not _comes_first(own, stripped, pointer.start()):
        people = (
            [name for name in names(last.question) if " " in name] or names(last.question) or names(last.answer)[:1]
        )
        if people:
            return _put(stripped, _SHE_OR_HE, people[-1])
        return _beside(stripped, last)
    pointer = _THEY.search(stripped)
    if pointer and pointer[0].lower() != "both" and not _comes_first(own, stripped, pointer.start()):
        them = names(last.question)
        return _put(stripped, _THEY, _and(them)) if them else _beside(stripped, last)
    loose = _THAT_CLAUSE.sub("", _DUMMY_IT.sub("", stripped))
    points = _IT.search(loose)
    if points and not own:
        return _beside(stripped, last)
    if not own and len(stripped.split()) <= 5 and (question != stripped or _ONWARD.search(stripped)):
        return _beside(stripped, last)
    return question if question == stripped or own else stripped


def _comes_first(own: Sequence[str], text: str, position: int) -> bool:
    return any(text.find(name) < position for name in own)


def _put(text: str, pattern: re.Pattern[str], name: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        word = match[0].lower()
        owns = word in ("his", "their", "hers", "theirs") or (
            word == "her" and re.match(r"\s[a-z]", text[match.end() :])
        )
        return f"{name}’s" if owns else name

    return pattern.sub(replaced, text)


def _beside(question: str, last: Turn) -> str:
    return f"{_upper(question.rstrip(' ?.!'))} ({last.question.rstrip(' ?.!')})?"


def _and(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
