"""Words of a question: the names in it, the terms to search for, what it quotes and denies, and what it wants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum


class AnswerType(StrEnum):
    """What kind of thing answers the question."""

    WHO = "who"
    WHEN = "when"
    WHERE = "where"
    HOW_MANY = "how many"
    HOW_MUCH = "how much"
    COUNTRY = "which country"
    SAY = "what did they say"
    YES_NO = "yes or no"
    LIST = "list"
    WHY = "why"
    HOW = "how"
    WHAT = "what"
    TIMELINE = "timeline"


STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about after again all also am an and any are as at be
        because been before being between both but by came can come comes could did
        do does doing done during each either else for from get gets give given go goes got had has have having he her
    here
    hers him his how i if in into is it its just like made make many may me might more most much must my no nor not of
    off on one only or other our out over own same say saying says shall she should so some someone something such take
    than that the their them then there these they thing things this those through to too under until up upon us very
    was we were what when where whether which while who whom whose why will with within without would you your
    according tell told please article articles archive ll ve re s t d don didn doesn
    isn wasn aren weren since happen happens happened""",
    )
)
_OPENERS = frozenset(
    re.findall(
        r"\w+",
        """according after although among approximately about both despite each every following given how many most name
    list give show tell describe explain compare find some several scientists researchers police officials people
    recently thousands millions hundreds dozens today yesterday former new two three four five six first last next
    experts authorities true false timeline please nearly almost around more less whom summarise summarize late early
    earlier later since until up one here there scores dear hello hi thanks ok okay yes now only just latest newly""",
    )
)
_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w+(?:[’']\w+)*(?:-\d+)?(?!-\d)|\w+", re.UNICODE)
_CAPITAL = (
    r"(?:(?:[A-Z]\.)+|(?:Dr|Mr|Mrs|Ms|St|Sen|Rep|Gov|Gen|Jr|Sr|Lt|Col)\.|[^\W\d_a-zà-öø-ÿ][\w&-]*(?:[’'](?!s\b)\w+)*|"
    r"[a-z]{1,2}[A-Z]\w+)"
)
_NAME = re.compile(
    rf"{_CAPITAL}(?:\s(?:(?:of|the|de|da|di|del|la|le|van|von|der|den|bin|al|ibn|y|for)\s(?:the\s)?)?(?:{_CAPITAL}|\d{{1,4}}\b))*"
)
_SENTENCE_START = re.compile(r"(?:^|[.?!:]\s|[\"“‘(]\s?|\n)$")
_MONTH_OR_DAY = re.compile(
    r"^(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|"
    r"Aug|Sept?|Oct|Nov|Dec|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Q[1-4])\b\.?(?:\s\d+)*$"
)


def names(text: str) -> tuple[str, ...]:
    """The capitalised names in a text, in order, each once; months and weekdays are none.

    A word that begins a sentence counts only where it is no common opener: "Which" is not a name and "Belarus" is.
    A text in capitals throughout, or in none, shows no names.
    """
    return tuple(dict.fromkeys(text[start:end] for start, end in name_spans(text)))


def name_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the names of a text stand, each as (start, end); `names` says what counts as one."""
    if text.isupper():
        return
    for match in _NAME.finditer(text):
        start, name = match.start(), match.group()
        if _SENTENCE_START.search(text[:start]):
            start, name = _without_opener(start, name)
        end = start + len(re.sub(r"[’']s?$", "", name).rstrip(" .,-&"))
        name = text[start:end]
        if len(name) > 1 and name.lower() not in STOP_WORDS and not _MONTH_OR_DAY.match(name):
            yield start, end


def _without_opener(start: int, name: str) -> tuple[int, str]:
    words = name.split(" ")
    while words and words[0].lower() in STOP_WORDS | _OPENERS:
        if words[0] == "New" and len(words) > 1:
            break
        del words[0]
        while words and words[0] in ("of", "the", "for"):
            del words[0]
    kept = " ".join(words)
    return start + len(name) - len(kept), kept


def terms(text: str) -> tuple[str, ...]:
    """The words of a text worth matching, lower-cased, each once and in order; numbers are kept whole."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(text.replace("’", "'")):
        word = re.sub(r"'s$|'$", "", match.group().lower())
        if word not in STOP_WORDS and (len(word) > 1 or word.isdigit()) and "n't" not in word:
            found[word] = None
    return tuple(found)


_QUOTED = re.compile(r"[\"“]([^\"“”]{2,200})[\"”]|(?<!\w)[‘']([^‘’']{2,200})[’'](?!\w)")
_NEGATED = re.compile(
    r"\b(?:[Nn]ot(?! only\b)|[Nn]ever|no(?! longer than\b)|nobody|none|neither|nor|without|except|excluding|other than|"
    r"cannot|fail(?:ed|s)? to|refus(?:ed?|es|ing) to|\w+n[’']t)\b",
)


def quoted(text: str) -> tuple[str, ...]:
    """What the text puts in quotation marks, without them."""
    return tuple(
        dict.fromkeys((m[1] or m[2]).strip(" .,?!") for m in _QUOTED.finditer(text) if (m[1] or m[2]).strip(" .,?!"))
    )


def is_negated(text: str) -> bool:
    """Whether the text denies something: "who did not sign?", "which country refused to"."""
    return _NEGATED.search(_QUOTED.sub(" ", text)) is not None


_PEOPLE = (
    r"person|man|woman|boy|girl|actor|actress|singer|rapper|artist|musician|president|leader|minister|politician|player|"
    r"senator|author|writer|director|judge|justice|lawyer|officer|official|governor|mayor|king|queen|prince|princess|pope|"
    r"athlete|golfer|boxer|driver|swimmer|sprinter|quarterback|coach|celebrity|star|comedian|model|billionaire|ceo|"
    r"congressman|congresswoman|lawmaker|candidate|nominee|founder|scientist|astronaut|journalist|chancellor|secretary"
)
_PLACES = r"city|town|state|place|island|county|region|continent|park|village|location|capital|province|venue|airport"
_PLURAL = r"(?!\w+(?:ss|us|is|news)\b)\w{3,}s"
_TYPES: tuple[tuple[AnswerType, str], ...] = (
    (
        AnswerType.TIMELINE,
        r"\b(?:timeline|chronology|sequence of events)\b|^what(?:[’']s| has| have)? changed|"
        r"^how (?:has|have|did) .* (?:changed?|evolved?|unfold(?:ed)?|developed?)\b",
    ),
    (
        AnswerType.LIST,
        r"^(?:list|name|give me)\b|\b(?:what|which|who) (?:are|were) the (?:\w+ )?(?:two|three|four|five|names|\d+)\b|"
        r"\bwhich (?:two|three|four|five|\d+)\b|^who (?:are|were|else)\b|"
        rf"\bwhich (?:\w+ )?(?!countries)(?:{_PLURAL}) (?:are|were|have|did|do)\b",
    ),
    (
        AnswerType.COUNTRY,
        r"\b(?:which|what) (?:[\w’'-]+ ){0,3}?(?:country|nation|countries|nations)\b|\bin (?:which|what) country\b",
    ),
    (
        AnswerType.HOW_MANY,
        r"\bhow many\b|\b(?:what|which) (?:is the |was the )?(?:total )?number\b|\b(?:death|casualty) toll\b",
    ),
    (
        AnswerType.HOW_MUCH,
        r"\bhow (?:much|old|long|far|tall|high|big|large|fast|heavy|deep|hot|cold|often)\b|"
        r"\bwhat (?:\w+ )?(?:percentage|percent|share|proportion|price|amount|fraction|age)\b|"
        r"\bwhat (?:is|was) the (?:\w+ )?(?:price|cost|rate|score)\b",
    ),
    (
        AnswerType.WHY,
        r"^why\b|\bwhy\?$|\bwhat reason\b|\bbecause of what\b|"
        r"\bwhat (?:was |is )?(?:the )?(?:\w+ )?(?:caused?|reason)\b",
    ),
    (
        AnswerType.SAY,
        r"\bwhat (?:did|does|do|has|have|had) .+? (?:says?|said|claim(?:ed)?|tell|told|announced?|warn(?:ed)?|"
        r"promised?|argued?|think|write|tweet(?:ed)?)\b|"
        r"\bhow (?:did|has|have) .+? (?:respond(?:ed)?|react(?:ed)?|describe[d]?)\b|"
        r"\bwhat (?:was|is) .+? (?:response|reaction|statement)\b",
    ),
    (
        AnswerType.WHEN,
        r"^(?:(?:on|in|at|by|since|until) )?(?:when|(?:what|which) (?:\w+ )?(?:day|date|month|year|week|decade))\b|"
        r"\b(?:on|in|at|by) (?:what|which) (?:day|date|month|year|time)\b|\bwhen\?$",
    ),
    (
        AnswerType.WHERE,
        rf"^(?:from |to )?where\b|\bwhere\?$|\b(?:which|what) (?:[\w’'.-]+ ){{0,3}}?(?:{_PLACES})\b",
    ),
    (
        AnswerType.WHO,
        r"^(?:(?:to|by|with|for|from) )?who(?:m|se)?\b|\b(?:by|with|to|for|from|and) whom?\?|"
        rf"\b(?:which|what) (?:[\w’'.-]+ ){{0,3}}?(?:{_PEOPLE})\b|\bwho (?:is|was)\b",
    ),
    (
        AnswerType.YES_NO,
        r"^(?:did|do|does|is|are|was|were|has|have|had|will|would|can|could|should|must|might|"
        r"(?:is|was|did|has|does|are|were)n[’']t)\b",
    ),
    (AnswerType.HOW, r"^how\b|\b(?:by|and) how\?$"),
)
_TYPE_PATTERNS = tuple((kind, re.compile(pattern, re.I)) for kind, pattern in _TYPES)
_SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s+(?=[A-Z“\"])")
_YES_NO = next(pattern for kind, pattern in _TYPE_PATTERNS if kind is AnswerType.YES_NO)


def last_asked(question: str) -> str:
    """The last sentence that asks, of a question that may say something first; the last of all where none asks."""
    sentences = [part for part in _SENTENCE_ENDS.split(question.strip()) if part.strip()]
    return next((part for part in reversed(sentences) if part.endswith("?")), sentences[-1] if sentences else "")


def answer_type(question: str) -> AnswerType:
    """What kind of answer the last thing asked wants; WHAT where nothing tells."""
    asked = last_asked(question)
    asked = re.sub(r"^(?:and|but|so|also|then|please)\b[\s,]*", "", asked.strip(), flags=re.I)
    if _YES_NO.match(asked) and not re.search(r"\b(?:which|what|how many|how much)\b[^,]*\?$", asked, re.I):
        return AnswerType.YES_NO
    for kind, pattern in _TYPE_PATTERNS:
        if pattern.search(asked):
            return kind
    return AnswerType.WHAT
