"""What a claim and its source deny, leave open or order in time, compared word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from rag.lexicon import HARMLESS, opposites, same, senses, stem, vocabulary
from rag.words import STOP_WORDS

_WORD = re.compile(r"[\w%]+(?:'\w+)?|[,;:.!?()]|-(?=\s)")
_NOT = vocabulary(
    "not never no none nobody nothing neither nor without cannot hardly barely scarcely nowhere"
)  # fmt: skip
_DENYING = frozenset(
    map(
        stem,
        vocabulary(
            "deny denied fail refuse reject decline lack prevent avoid prohibit ban unable unwilling dismiss miss "
            "oppose impossible false untrue stop except exclude bar forbid outlaw"
        ),
    )
)
_OPEN = frozenset(
    map(
        stem,
        vocabulary(
            "may might could would will shall plan propose expect hope want intend likely possibly perhaps "
            "threaten consider seek try set due if whether should allege claim can able must yet potential "
            "probable"
        ),
    )
)
_BREAK = frozenset(",;:.!?()-") | {"but", "because", "although", "while", "whereas", "since", "which", "who"}
_SHORT_BREAK = frozenset(";:.!?()") | {"but", "because", "although", "whereas"}
_PERFECTIVE = re.compile(
    r"\bnot (?:only|just|until|least)\b|\bno (?:fewer|less|more) than\b|\bwould not be .{0,40}without\b"
)
_YET_TO = re.compile(r"\b(?:ha(?:s|ve|d)|is|are|was|were) yet to\b|\bfar from\b|\bf(?:alls?|ell) short\b")
_RULED_OUT = re.compile(r"\brul(?:ed?|es|ing) out\b")
_NOUN = re.compile(r"\w+(?:tion|ment|ure)s?")  # "prevention" denies nothing
_AUXILIARY = vocabulary("is are was were has have had will would can could may might should")
_WINDOW = 5
_ORDER = ("before", "after")
_SIDING = frozenset(map(stem, vocabulary("vote rule argue decide speak campaign")))  # for or against something


@dataclass(frozen=True, slots=True)
class Denial:
    """A word that denies, the content words it reaches, nearest first, and whether it is a plain "not" of some kind.

    `is_of_deed` tells of the others whether what they deny is a deed ("denies that", "fails to") and no thing.
    """

    cue: str
    reach: tuple[str, ...]
    is_plain: bool
    is_of_deed: bool


def conflicts(claim: str, sources: Sequence[str]) -> list[str]:
    """Where the claim says the opposite of its canonical sources, or more than they, in plain words."""
    own = _words(_plain(claim))
    theirs = [_words(_plain(source)) for source in sources]
    mine, given = _denials(own), [denial for words in theirs for denial in _denials(words)]
    denied = [
        f"it denies what the cited text does not (“{denial.cue}”)"
        for denial in mine
        if not _granted(denial, given, theirs)
    ]
    asserted = [
        f"the cited text denies it (“{denial.cue}”)"
        for denial in given
        if denial.reach and _asserts(own, mine, denial, theirs, given)
    ]
    turned = _turned(own, theirs, bool(mine or given))
    return denied + asserted + turned + _disordered(own, theirs) + _opened(own, theirs)


def _plain(text: str) -> str:
    text = _RULED_OUT.sub("excluded", _PERFECTIVE.sub(" ", text.lower()))
    return re.sub(r"n't\b", " not", _YET_TO.sub(" not ", text).replace("can't", "can not").replace("won't", "will not"))


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _denials(words: list[str]) -> list[Denial]:
    found = []
    for place, word in enumerate(words):
        is_plain = word in _NOT
        if not is_plain and (stem(word) not in _DENYING or _NOUN.fullmatch(word)):
            continue
        following = words[place + 1 :]
        if word == "without":  # "chemistry without life was ruled out": what lacks it, and not the deed
            following = list(takewhile(lambda near: near not in _AUXILIARY, following))
        reach = _reach(following)
        if word in ("none", "nobody", "nothing", "no", "nowhere") or not reach:
            reach += _reach(words[max(0, place - 6) : place][::-1])[:3]
        next_to = words[place + 1] if place + 1 < len(words) else ""
        is_of_deed = next_to in ("to", "that", "it", "any", "having") or next_to.endswith("ing")
        found.append(Denial(word, tuple(reach), is_plain, is_of_deed))
    return found


def _reach(words: Sequence[str]) -> list[str]:
    reached, little = list[str](), list[str]()
    for word in words[: 3 * _WINDOW]:
        if word in _BREAK and (reached or word in _SHORT_BREAK):
            break
        if word.isalnum() and word not in _BREAK and word not in STOP_WORDS:
            (little if stem(word) in HARMLESS else reached).append(word)
        if len(reached) == _WINDOW:
            break
    return reached or little[:1]  # "took no part"


def _granted(denial: Denial, given: list[Denial], theirs: list[list[str]]) -> bool:
    """Whether the source denies the same, or says the opposite of what is denied."""
    if not denial.is_plain and any(same(denial.cue, word) for words in theirs for word in words):
        return True
    near = denial.reach[:3]
    if denial.is_plain and near and stem(near[0]) in _DENYING:  # "does not deny"
        return any(other.is_plain and near[0] in other.reach for other in given)
    if any(
        same(one, other)
        for other_denial in given
        for one in denial.reach[:2]
        for other in (*other_denial.reach, other_denial.cue)
    ):
        return True
    if any(opposites(one) & {stem(word) for words in theirs for word in words} for one in near):
        return True
    return not denial.reach and bool(given)


def _asserts(own: list[str], mine: list[Denial], denial: Denial, theirs: list[list[str]], given: list[Denial]) -> bool:
    """Whether the claim says, undenied, what the source says only under a denial."""
    head = denial.reach[0]
    if not denial.is_plain and not denial.is_of_deed:
        return False
    if denial.is_plain is False and any(same(denial.cue, word) for word in own):
        return False
    # A word that the claim has itself is not another that means the same.
    alike = _is_word if any(_is_word(head, word) for word in own) else same
    denied = {word for other in given for word in other.reach}
    undenied = [word for words in theirs for word in words if word not in denied]
    if not any(alike(head, word) and not any(alike(word, other) for other in undenied) for word in own):
        return False
    # "It was ruled out" is no denial of what was not ruled out.
    kept = [other for other in mine if other.is_plain or stem(head) not in _DENYING]
    if any(same(head, word) for other in kept for word in (*other.reach, other.cue)):
        return False
    if any(stem(word) in opposites(head) for word in own):
        return False
    reached = sum(alike(head, word) for other in given for word in other.reach)
    return reached >= sum(alike(head, word) for words in theirs for word in words)


def _is_word(one: str, other: str) -> bool:
    return stem(one) == stem(other)


def _turned(own: list[str], theirs: list[list[str]], has_denial: bool) -> list[str]:
    """Words of the claim whose opposite, and not they, stand in the source: "rose" for "fell", "before" for "after"."""
    told = {stem(word) for words in theirs for word in words}
    meant = {key for words in theirs for word in words for key in senses(word)}
    wrong = []
    for place, word in enumerate(own):
        if word in _ORDER or (word in ("for", "against") and stem(own[max(0, place - 1)]) not in _SIDING):
            continue
        turned = opposites(word) & told
        if turned and not has_denial and stem(word) not in told and not (senses(word) - {stem(word)}) & meant:
            wrong.append(f"“{word}” stands where the cited text says the opposite")
    return wrong


def _disordered(own: list[str], theirs: list[list[str]]) -> list[str]:
    """ "Before" or "after" between two things that the source has in the other order."""
    said = [place for place, word in enumerate(own) if word in _ORDER]
    if len(said) != 1:
        return []
    [place] = said
    early, late = _in_order(own, place)
    wrong = []
    for words in theirs:
        found = [at for at, word in enumerate(words) if word in _ORDER]
        if len(found) == 1:
            first, second = _in_order(words, found[0])
            straight = _shared(early, first) + _shared(late, second)
            crossed = _shared(early, second) + _shared(late, first)
            if crossed > straight and _shared(early, second) and _shared(late, first):
                wrong.append(f"“{own[place]}” stands where the cited text has the other order")
    return wrong


def _in_order(words: list[str], place: int) -> tuple[list[str], list[str]]:
    """The content words of what came first and of what came later, told by the "before" or "after" at a place."""
    start = max((at + 1 for at in range(place) if words[at] in ".;!?"), default=0)
    if place == start:  # "After the storm, they left"
        stop = next((at for at in range(place, len(words)) if words[at] == ","), len(words))
        near, far = words[place + 1 : stop], words[stop:]
    else:
        near, far = words[place + 1 :], words[start:place]
    near, far = ([word for word in part if word.isalnum() and stem(word) not in HARMLESS] for part in (near, far))
    return (far, near) if words[place] == "before" else (near, far)


def _shared(some: list[str], others: list[str]) -> int:
    return sum(any(same(word, other) for other in others) for word in some)


def _opened(own: list[str], theirs: list[list[str]]) -> list[str]:
    """A thing told as done that the source only holds possible, plans or threatens."""
    if any(stem(word) in _OPEN for word in own):
        return []
    wrong = []
    for words in theirs:
        for place, word in enumerate(words[:-1]):
            if word not in ("may", "might", "could"):
                continue
            head = next(iter(_reach(words[place + 1 :])), None)
            if head and any(same(head, other) for other in own) and sum(same(head, w) for w in words) == 1:
                wrong.append(f"the cited text says only that it {word}")
    return wrong
