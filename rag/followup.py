"""A follow-up question made to stand alone, from the questions and answers before it and without a language model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.answer import Turn
from rag.courtesy import courtesy
from rag.dates import find
from rag.words import AnswerType, answer_type, name_spans, names, quoted

_TURNS = 6  # how far back a conversation is read
_LONGEST = 2_000
_SHORT = 5  # words of a question that names nobody, no day and nothing else: it goes on from the one before

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
    rf"^(?P<wh>{_WH})(?:\s(?:exactly|precisely))?(?:\s(?:is|was|were|did|does|has)\s(?:that|this|it)(?:\s(?:happen|happened|be|so|then))?)?\s*[?.!]*$",
    re.I,
)
_ELSE = re.compile(
    r"^(?:(?P<wh>who|what|where|which)\b.*\belse\b.*|any(?:one|body|thing)? (?:else|others?)|others?)\s*[?.!]*$", re.I
)
_MORE = re.compile(
    r"^(?:(?:can you |could you |please )?(?:tell|say|give) (?:me |us )?(?:some )?more(?: details?)?"
    r"(?: (?:about|on) (?:it|this|that))?|(?:any )?(?:more|further) (?:details?|information|info)(?: please)?|more|"
    r"go on|continue|elaborate|what more|what else(?: (?:is|was) (?:said|known|reported))?)\s*[?.!]*$",
    re.I,
)
_MORE_OF = "More about this: "
_DOUBTS = re.compile(
    r"^(?:(?:are you|is (?:that|this|it)|was (?:that|this|it)) (?:really |actually )?"
    r"(?:sure|certain|true|right|correct|confirmed|official|still (?:so|true))|really|since when|says who)\s*[?.!]*$",
    re.I,
)
_BEFORE_THAT = re.compile(r"^(?:right |just |shortly )?(?:before|after) (?:that|this|then)\s*[?.!]*$", re.I)
_OTHERS = re.compile(
    r"\b(?:other|others|another|different|second) (?:source|report|outlet|paper|newspaper|article|account)s?\b", re.I
)
_BESIDE = re.compile(r"^[^()]+ \((.+)\)\?$")
_DONE = re.compile(
    r"\w+ed|hurt|dead|missing|killed|lost|sold|born|held|shot|found|taken|given|won|beaten|built|made|paid|sent|left|"
    r"arrested|rescued|infected|hit|homeless|sick|ill",
    re.I,
)
_BODY = re.compile(
    r"\b(?:Prize|Academy|University|Party|Ministry|Bank|Court|Council|Committee|Commission|Agency|Union|League|Cup|Open|"
    r"Games|Olympics|Government|Parliament|Congress|Senate|House|Army|Police|Department|Office|Institute|Museum|Club|"
    r"United|City|Airport|Airlines?|Company|Corp|Inc|Ltd|Group|Times|Post|News|Street|Avenue|Island|Islands|Sea|Ocean|"
    r"River|Mountain|County|Province|State|States|Kingdom|Republic|Award|Awards|Festival|Summit|Treaty|Act|War|Day|"
    r"World|National|International|North|South|East|West|Saint|San|New|Los|Las)\b"
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
_SEVERAL = re.compile(rf"^(?:which|what)\s(?!{_AUX}\b)(?P<noun>(?:\w+\s)?\w+s)\s(?!{_AUX}\b)(?P<did>.+)$", re.I)
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
    name or asks who; where nothing certain is found, the question before is put beside it, so that a search sees its
    words. Thanks and greetings are passed over, and of a question that stands beside another only that is gone on from.
    """
    past: list[Turn] = []
    for turn in list(history)[-_TURNS:]:
        asked = " ".join(turn.question.split())
        if asked and len(asked) <= _LONGEST and courtesy(asked) is None:
            past.append(Turn(_joined(asked, past), turn.answer))
    return _joined(question, past)


def asks_for_more(question: str) -> bool:
    """Whether a follow-up wants to be told what was not told yet: "tell me more"."""
    return _MORE.match(_OPENER.sub("", question)) is not None


def _joined(question: str, past: Sequence[Turn]) -> str:
    if not past or courtesy(question) is not None:
        return question
    full = _read_in(question, past)
    return full if len(full) <= _LONGEST else question


def _gone_on_from(full: str) -> str:
    """What a later question is asked of: "Are you sure (who won)?" is about who won."""
    beside = _BESIDE.match(full)
    return f"{beside[1]}?" if beside else full.removeprefix(_MORE_OF)


def _read_in(question: str, past: Sequence[Turn]) -> str:
    full = past[-1].question.rstrip(" ?.!")
    past = [Turn(_gone_on_from(turn.question), turn.answer) for turn in past]
    last = past[-1]
    about = _ABOUT.match(question)
    stripped = _OPENER.sub("", question)
    before = last.question.rstrip(" ?.!")
    if bare := _BARE.match(stripped):
        return _asked_of(bare["wh"], before)
    if _ELSE.match(stripped):
        return _else(stripped, before)
    if _BEFORE_THAT.match(stripped):
        return _beside(f"What happened {stripped}", last)
    if _MORE.match(stripped):
        return f"{_MORE_OF}{before}?"
    if _DOUBTS.match(stripped) or (_OTHERS.search(stripped) and not names(stripped)):
        return _beside(stripped, last)
    if about and not _WH_START.match(_OPENER.sub("", about["what"] or about["bare"])):
        return _what_about((about["what"] or about["bare"]).rstrip(" ?.!"), full, past)
    return _pointed(stripped, question, last)


def _asked_of(wh: str, before: str) -> str:
    """The question before, with another question word: "When did Belarus and Iran sign?"."""
    wh = wh.lower()
    inverted = _INVERTED.match(before)
    measured = re.match(r"how (long|old|often) (is|are|was|were) (.+)$", before, re.I)
    if measured and wh == "why":
        return f"Why {measured[2]} {measured[3]} so {measured[1]}?"
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


def _what_about(what: str, full: str, past: Sequence[Turn]) -> str:
    """The question before, with the new name, day, noun or deed in place of the old one of its kind."""
    before = past[-1].question.rstrip(" ?.!")
    times, old_times = find(what if " " in what else f"in {what}"), find(before)
    if times and old_times:
        old = old_times[0]
        lead = re.search(r"\b(?:in|on|during|since|before|after)\s(?:the\s)?$", before[: old.start], re.I)
        keeps = lead and not re.match(r"(?:in|on|during|since|before|after|last|this|next|yesterday)\b", what, re.I)
        start = old.start if keeps or not lead else lead.start()
        return f"{before[:start]}{what}{before[old.end :]}?"
    if times:
        return f"{before} {what}?"
    # "In Lisbon" takes the place of "in the Afghanistan earthquake", all of it but a day.
    if lead := re.match(r"(?:in|for|on)\s", what, re.I):
        return _in_place_of(lead[0], what, past)
    if what.islower():
        return _other_words(what, full)
    what = re.sub(r"^(?:of|from|by|with|to|at)\s(?=(?:the\s)?[A-Z])", "", what)
    # "The World Cup" is replaced by "the Olympics" and never by "Russia": an article goes with an article.
    takes_article = what.lower().startswith("the ")
    known = [name for name in names(before) if takes_article == (f"the {name}".lower() in before.lower())]
    if what.lower() in before.lower() or not known:
        return f"{before} – {what}?"
    replaced = f"the {known[0]}" if takes_article else known[0]
    return f"{re.sub(re.escape(replaced), lambda _: what, before, count=1, flags=re.I)}?"


def _in_place_of(lead: str, what: str, past: Sequence[Turn]) -> str:
    """The newest question that has such a place or field, with the new one: days that follow it are kept."""
    for turn in reversed(past):
        before = turn.question.rstrip(" ?.!")
        days = find(before)
        old = next(
            (
                one.start()
                for one in re.finditer(rf"\s{lead}(?=(?:the\s)?[A-Z])", before, re.I)
                if all(day.start > one.end() or day.end < one.end() for day in days)
            ),
            None,
        )
        if old is None:
            continue
        kept = next(
            (re.search(r"(?:\s(?:in|on|during|since))?\s*$", before[: day.start]) for day in days if day.start > old),
            None,
        )
        return f"{before[:old]} {what}{before[kept.start() :] if kept else ''}?"
    return re.sub(rf"\s{lead}.*$", "", past[-1].question.rstrip(" ?.!"), flags=re.I) + f" {what}?"


def _other_words(what: str, before: str) -> str:
    """The question before with another deed ("how many were injured") or another thing counted in it."""
    deed = re.search(r"(\b(?:was|were|been|be|got|get)\s)(\w+)", before, re.I)
    if deed and _DONE.fullmatch(what) and _DONE.fullmatch(deed[2]):
        return f"{before[: deed.start(2)]}{what}{before[deed.end(2) :]}?"
    did = re.match(r"(how many(?:\s[\w’'-]+){0,3}?)\s(\w+ed)\b(.*)$", before, re.I)
    if did and _DONE.fullmatch(what):
        return f"{did[1]} were {what}{did[3]}?"
    counted = re.match(rf"(how many)\s[\w\s’'-]+?(\s{_AUX}\s.*)$", before, re.I)
    if counted and not _DONE.fullmatch(what):
        return f"{counted[1]} {what}{counted[2]}?"
    return f"{_gone_on_from(f'{before}?').rstrip('?')} – {what}?"


def _pointed(stripped: str, question: str, last: Turn) -> str:
    own = names(stripped)
    pointer = _SHE_OR_HE.search(stripped)
    if pointer and not _comes_first(own, stripped, pointer.start()):
        person = _person(last)
        return _put(stripped, _SHE_OR_HE, person) if person else _beside(stripped, last)
    pointer = _THEY.search(stripped)
    if pointer and pointer[0].lower() != "both" and not _comes_first(own, stripped, pointer.start()):
        if several := _SEVERAL.match(last.question):
            return _put(stripped, _THEY, f"the {several['noun']} that {several['did'].rstrip(' ?.!')}")
        them = names(last.question)
        return _put(stripped, _THEY, _and(them)) if them else _beside(stripped, last)
    loose = _THAT_CLAUSE.sub("", _DUMMY_IT.sub("", stripped))
    points = _IT.search(loose)
    if points and not own:
        return _beside(stripped, last)
    if not own and len(stripped.split()) <= _SHORT and not find(stripped) and not quoted(stripped):
        return _beside(stripped, last)
    return question if question == stripped or own else stripped


def _person(last: Turn) -> str:
    """Who "he" or "she" is: somebody the question names or, where it asks who or names nobody, its answer."""
    asked, told = (tuple(_people(text)) for text in (last.question, last.answer))
    new = [name for name in told if name not in last.question]
    if answer_type(last.question) is AnswerType.WHO and new:
        return new[0]
    if asked:
        return asked[-1]
    return (new or [name for name in names(last.question) if not _BODY.search(name)] or [*names(last.answer), ""])[0]


def _people(text: str) -> Iterator[str]:
    """The names of two words or more that may be somebody's: none with an article, and none of a body or a prize."""
    for start, end in name_spans(text):
        name = text[start:end]
        has_article = name.startswith("The ") or text[:start].lower().endswith("the ")
        if " " in name and not has_article and not _BODY.search(name) and not any(map(str.isdigit, name)):
            yield name


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
