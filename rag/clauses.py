"""The deeds of a sentence: each verb with those who did it and those it was done to.

There is no parser here: verbs are told by their form and place, and the doer and the sufferer are looked for where
English puts them, in the active and the passive, before "who" and "whom", after "to" and "and". A place that cannot be
told stays empty. Every search runs once over the words, so that a sentence takes time in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.lexicon import BASES, HARMLESS, stem, vocabulary
from rag.wordnet import is_verb
from rag.words import STOP_WORDS

PRONOUNS = vocabulary(
    "he she it they him her them who whom which we i me you himself herself itself themselves his their its"
)
_WORD = re.compile(r"\d[\d.,]*\d|[\w%$€£]+(?:'\w+)?|[,;:()\"]|-(?=\s)")
_LONGEST = 120  # words that are read
_BE = vocabulary("am is are was were be been being get gets got gotten")
_AUXILIARY = _BE | vocabulary("will would can could may might must shall should did does do had has have having")
_ADVERB = vocabulary("not never then also now just only still again even soon once already no longer first later all")
_MODAL = _AUXILIARY - _BE - {"having"}
_STOP = vocabulary(', ; : ( ) " -')
_CLAUSE = vocabulary(
    "while because when although whereas unless if where though since until after before as that than whether but so"
)
_RELATIVE = vocabulary("who which that")
_OBJECT_RELATIVE = vocabulary("whom which that")
_PREPOSITION = vocabulary(
    "in on at from during by near into with for to over under against through across among between behind about "
    "around off out up down without within toward towards upon onto despite like per via as until since after before"
)
_BEFORE_ING = vocabulary(", by after before without while for from than when")
_DETERMINER = vocabulary("the a an his her its their this that these those some any no every each another our my your")
_BEFORE_NOUN = _DETERMINER - {"that"} | {"of"}  # what a noun follows
_HELPING = _AUXILIARY | _ADVERB | {"on", "in", "at"}  # the last three where the day after them is blanked
_LEFT_END = _STOP | _CLAUSE | _RELATIVE | {"whom"}
_RIGHT_END = _STOP | _RELATIVE | _AUXILIARY | (_CLAUSE - _PREPOSITION)
_NO_DEEDS = vocabulary("man woman child person life wife foot good bad dead fund people")
_NUMBER = vocabulary(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand "
    "million billion dozen percent"
)
_WIN = stem("win")
_WINNING = frozenset(map(stem, vocabulary("win beat defeat")))
NORMAL = vocabulary("beat kill buy be")  # verbs that others are read as
_DYING = vocabulary("die dies died dying perish perished perishes")
_NO_PAST = vocabulary("hundred indeed united red bed need speed seed breed exceed proceed succeed feed bleed shed")
SAYING = frozenset(map(stem, vocabulary("say tell warn add announce report write explain note claim argue declare")))
_UNCHANGED = vocabulary("cut put hit set beat shut hurt become come run bid outbid read spread cast cost let split bet")
_ORDERING = frozenset(
    map(stem, vocabulary("ask urge tell order want force allow help elect name nominate appoint persuade make let"))
)
# Deeds that a noun tells: the verb that it stands for, and what stands before the sufferer.
_NOMINAL = {
    "victory": ("beat", ("over", "against")), "win": ("beat", ("over", "against")), "triumph": ("beat", ("over",)),
    "takeover": ("buy", ("of",)), "acquisition": ("buy", ("of",)), "purchase": ("buy", ("of",)),
    "invasion": ("invad", ("of",)), "attack": ("attack", ("on",)), "rescue": ("rescu", ("of",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deed:
    """A verb at `place` with the places of words: who did it, whom it was done to, and the wider reach of both.

    `left` holds all that may have done it, `right` all that it may have been done to: more than can be told apart.
    """

    place: int
    verb: str
    doers: frozenset[int]
    done_to: frozenset[int]
    left: frozenset[int]
    right: frozenset[int]
    subject: frozenset[int] = frozenset()  # of the grammar, which the next verb may share


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a sentence, and its deeds in order."""

    words: tuple[str, ...]
    deeds: tuple[Deed, ...]

    def at(self, places: frozenset[int]) -> list[str]:
        """The words at the places, in order."""
        return [self.words[place] for place in sorted(places)]


@lru_cache(maxsize=256)
def read(text: str) -> Reading:
    """The deeds of a canonical sentence; what lies past its first 120 words is not read."""
    words = tuple(match.group() for match in _WORD.finditer(text))[:_LONGEST]
    return Reading(words, tuple(_Reader(words).deeds()))


class _Reader:
    """Reads one sentence from left to right; a later verb may take its doer from an earlier one."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._low = [word.lower() for word in words]
        self._counted = self._owners_of_numbers()
        self._verbs = frozenset(place for place in range(len(words)) if self._is_verb(place))
        self._things = frozenset(place for place in range(len(words)) if self._is_thing(place))

    def deeds(self) -> list[Deed]:
        found: list[Deed] = []
        for place in range(len(self._words)):
            if place in self._verbs:
                found.append(self._deed(place, found))
            elif self._low[place] in _BE and self._is_copula(place):
                subject, wide, _ = self._subject(place, self._start(place), found)
                found.append(Deed(place, "be", subject, frozenset(), wide, frozenset(), subject))
            elif self._low[place] in _NOMINAL:
                found += self._told_by_noun(place, found)
        return found

    def _deed(self, place: int, before: Sequence[Deed]) -> Deed:
        start = self._start(place)
        base = stem(self._words[place])
        base = "beat" if base in _WINNING else base
        subject, wide, relative = self._subject(place, start, before)
        direct, right = self._nominal(place + 1)
        left = subject | wide if base == "beat" else subject | wide | self._counted
        direct = frozenset[int]() if stem(self._words[place]) == _WIN else direct  # a title is won, and nobody by it
        if base in SAYING and self._is_inverted(place, before):
            return Deed(place, base, direct, frozenset(), direct, left, direct)
        if self._is_passive(place, start):
            agents = self._governed("by", place, right)
            sufferers = subject | relative
            return Deed(place, base, agents, sufferers, agents, (left | relative | right) - agents, subject)
        if base == "lose":
            victors = self._governed("to", place, right)
            return Deed(place, "beat", victors, subject, victors, left, subject)
        if self._low[place] in _DYING:
            return Deed(place, "kill", frozenset(), subject, frozenset(), left, subject)
        if base == "sell":
            return Deed(
                place, base, subject, direct | relative | self._governed("to", place, right), left, right, subject
            )
        return Deed(place, base, subject, direct | relative, left, right | relative, subject)

    def _is_copula(self, place: int) -> bool:
        at = place + 1
        while at < len(self._low) and self._low[at] in _HELPING:
            at += 1
        return at not in self._verbs and (not place or self._low[place - 1] not in _AUXILIARY)

    def _told_by_noun(self, place: int, before: Sequence[Deed]) -> list[Deed]:
        """ "A victory over England" and "its takeover of Sky" are deeds of the name or the subject before them."""
        verb, marks = _NOMINAL[self._low[place]]
        mark = next((at for at in range(place + 1, min(place + 4, len(self._low))) if self._low[at] in marks), None)
        if mark is None:
            return []
        done_to, right = self._nominal(mark + 1)
        if place and self._low[place - 1].endswith("'s"):
            doers = self._nominal_ending(place - 1)[0]
        elif verb == "beat":
            doers = self._names_before(place)
        else:
            doers = self._governed("by", mark, right) or (before[-1].doers if before else frozenset())
            done_to -= doers
        return [Deed(place, verb, doers, done_to, doers, right, before[-1].subject if before else doers)]

    def _owners_of_numbers(self) -> frozenset[int]:
        """Those whose number stands beside another's: "17.28 pounds a share to Fox's 15.67"."""
        return frozenset(
            at
            for at in range(len(self._words) - 1)
            if self._low[at].endswith("'s") and self._words[at + 1][0].isdigit()
        )

    def _names_before(self, place: int) -> frozenset[int]:
        at = next((at for at in range(place - 1, max(-1, place - 8), -1) if self._words[at][0].isupper()), None)
        return frozenset() if at is None else self._nominal_ending(at)[0]

    # What a word is.

    def _is_verb(self, place: int) -> bool:
        word, low = self._words[place], self._low[place]
        if word[0].isupper() or not word[0].isalpha() or low in _AUXILIARY or low in _ADVERB:
            return False
        if low in STOP_WORDS and low not in BASES and low not in ("make", "give", "take", "say"):
            return False
        before = self._low[place - 1] if place else ""
        after = self._low[place + 1] if place + 1 < len(self._low) else ""
        if before in _BEFORE_NOUN:
            return False
        if before == "to":
            return low in BASES or self._may_follow_a_verb(place + 1)
        is_led = bool(set(self._low[self._start(place) : place]) & _MODAL)
        if low in BASES and (BASES[low] not in _NO_DEEDS or low in _DYING):
            # A bare form is a noun as often ("a strong wind"), unless what stands before it takes a verb.
            is_bare = low == BASES[low] and low not in _UNCHANGED
            if not is_bare or is_led or before in PRONOUNS or before.endswith("s"):
                return low != "fire" or is_led
        if low.endswith("ed") and len(low) > 4 and low not in _NO_PAST:
            return True
        if low.endswith("ing") and len(low) > 5:
            return before in _BE or before in _BEFORE_ING
        if low.endswith("s") and not low.endswith("ss") and is_verb(low):
            # In the present a verb looks like a noun of many; what stands beside it tells.
            is_led_by_one = before in PRONOUNS - _DETERMINER or (place > 0 and self._words[place - 1][0].isupper())
            return is_led_by_one or after in _DETERMINER or after in PRONOUNS or after == "that"
        if low in _UNCHANGED and (self._words[place - 1][0].isalpha() if place else False):
            return (
                after in _DETERMINER
                or (after[:1].isalpha() and self._words[place + 1][0].isupper())
                or before in _AUXILIARY
            )
        return is_led

    def _may_follow_a_verb(self, place: int) -> bool:
        """Whether a word tells that the one before it is an infinitive, and no noun after "to"."""
        if place >= len(self._low):
            return True
        low = self._low[place]
        is_object = low in _DETERMINER or low in PRONOUNS or not self._words[place][0].islower()
        return (
            (is_object and low not in _STOP)
            or low in ("from", "over", "into", "with", "for", "on")
            or low in STOP_WORDS
        )

    def _is_thing(self, place: int) -> bool:
        low = self._low[place]
        if place in self._verbs or low in _AUXILIARY or not self._words[place][0].isalpha() or len(low) < 2:
            return False
        if low in _NUMBER:
            return False
        return (
            low in PRONOUNS or self._words[place][0].isupper() or stem(low) not in HARMLESS or low in ("people", "one")
        )

    def _is_passive(self, place: int, start: int) -> bool:
        low = self._low[place]
        lead = set(self._low[start:place])
        is_participle = not low.endswith("ing") and (low != stem(low) or low in _UNCHANGED or low.endswith("ed"))
        if not is_participle or (lead & _MODAL and not lead & _BE):
            return False
        if lead & _BE:
            return True
        # "Built by", "the update by": a participle without its auxiliary.
        return self._is_agent(place + 1)

    def _is_agent(self, place: int) -> bool:
        """Whether "by" stands at a place, and somebody after it: "by 101 votes" tells nobody."""
        following = self._low[place + 1 : place + 2]
        return self._low[place : place + 1] == ["by"] and (
            following[0] in _DETERMINER or place + 1 in self._things if following else False
        )

    def _is_inverted(self, place: int, before: Sequence[Deed]) -> bool:
        """ "It rained, said the minister", and not "the mayor, Jo March, announced the plan"."""
        following = self._words[place + 1 : place + 2]
        return bool(following and (following[0][0].isupper() or following[0] == "the")) and (
            place > 0 and (self._words[place - 1] == '"' or (self._words[place - 1] == "," and bool(before)))
        )

    # Where its doers and sufferers stand.

    def _start(self, place: int) -> int:
        """Where the verb's auxiliaries begin."""
        while place and (
            self._low[place - 1] in _HELPING
            or (self._low[place - 1].endswith("ly") and self._words[place - 1].islower())
        ):
            place -= 1
        return place

    def _subject(
        self, place: int, start: int, before: Sequence[Deed]
    ) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
        """The subject, what else may be it, and the noun that an object relative ("whom Madrid dismissed") leans on."""
        none: frozenset[int] = frozenset()
        last = before[-1] if before else None
        if not start:
            return none, none, none
        lead = self._low[start - 1]
        if lead == "to" and last:
            if added := self._added_name(start - 2) or self._aside_name(start - 2):
                return added, added, none
            is_ordered = last.done_to and (last.verb in _ORDERING or not last.doers)
            return (last.done_to if is_ordered else last.subject), last.left, none
        if lead in _RELATIVE and start > 1:
            return *self._antecedent(start - 2), none
        if lead in ("and", "or", "by", "without", "from", "for", "when", "while", "after", "before", "then") or (
            lead == "," and self._low[place].endswith("ing")
        ):
            return (last.subject, last.subject | last.left, none) if last else (none, none, none)
        if lead in _STOP:
            return self._across(start - 1, last)
        found, wide = self._nominal_ending(start - 1)
        stop = min(wide | found, default=start) - 1
        while stop > 0 and self._low[stop] in _DETERMINER - {"that"}:
            stop -= 1
        if stop > 0 and self._low[stop] in _OBJECT_RELATIVE and self._skip_comma(stop - 1) in self._things:
            return found, wide, self._antecedent(stop - 1)[0]
        return found, wide, none

    def _added_name(self, place: int) -> frozenset[int]:
        """A second name with its own infinitive: "Lagarde to succeed Draghi and von der Leyen to follow Juncker"."""
        at = place
        while at > 0 and (
            self._words[at][0].isupper()
            or (self._words[at - 1][0].isupper() and at < place and len(self._low[at]) < 4 and self._low[at] != "and")
            or self._low[at] in ("der", "de", "la")
        ):
            at -= 1
        return frozenset(range(at + 1, place + 1)) if at < place and self._low[at] == "and" else frozenset()

    def _aside_name(self, place: int) -> frozenset[int]:
        """The name that an aside tells of: "Turkey, the last ally to ratify it,"."""
        found, _ = self._nominal_ending(place)
        at = min(found, default=0) - 1
        while at > 0 and self._low[at] in _DETERMINER | {"last", "first", "only"}:
            at -= 1
        if not found or at < 1 or self._low[at] != "," or not self._words[at - 1][0].isupper():
            return frozenset()
        return found | self._nominal_ending(at - 1)[0]

    def _across(self, comma: int, last: Deed | None) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
        """The subject before an aside: "Puigdemont, whom Madrid dismissed, told"."""
        none: frozenset[int] = frozenset()
        opening = next((at for at in range(comma - 1, 0, -1) if self._low[at] in _STOP), None)
        if opening is None:
            return (last.subject, last.subject | last.left, none) if last else (none, none, none)
        found, wide = self._nominal_ending(opening - 1)
        aside = frozenset(at for at in self._things if opening < at < comma)
        has_verb = any(opening < at < comma for at in self._verbs)
        return (found, wide | aside, none) if has_verb else (found | aside, wide | aside, none)

    def _antecedent(self, place: int) -> tuple[frozenset[int], frozenset[int]]:
        """What a relative clause leans on: the noun phrase next before it, and all that it may be."""
        end = self._skip_comma(place)
        _, wide = self._nominal_ending(end)
        near = set()
        for at in sorted(wide, reverse=True):
            if any(low in _PREPOSITION for low in self._low[at:end]):
                break
            near.add(at)
        return frozenset(near or wide), wide

    def _skip_comma(self, place: int) -> int:
        return place - 1 if place > 0 and self._low[place] in _STOP else place

    def _nominal_ending(self, place: int) -> tuple[frozenset[int], frozenset[int]]:
        """The noun phrase that ends at a place: its words without what other prepositions than "of" add, and all."""
        found: set[int] = set()
        wide: set[int] = set()
        at = place
        while at >= 0 and self._low[at] not in _LEFT_END:
            if at in self._verbs:
                relative = self._start(at) - 1
                if relative < 1 or self._low[relative] not in _RELATIVE or self._low[relative - 1] in _STOP:
                    break
                found.clear()  # "the fire that swept through Lahaina" is the fire
                at = relative - 1
                continue
            if self._low[at] in _AUXILIARY:
                break
            if self._low[at] in _PREPOSITION:
                found.clear()
            elif at in self._things:
                found.add(at)
                wide.add(at)
            at -= 1
        return frozenset(found or wide), frozenset(wide)

    def _nominal(self, place: int) -> tuple[frozenset[int], frozenset[int]]:
        """The noun phrase that begins at a place, without and with what other prepositions than "of" add."""
        found: set[int] = set()
        wide: set[int] = set()
        is_direct = True
        for at in range(place, len(self._low)):
            low = self._low[at]
            if low == ",":
                is_direct = is_direct and self._is_apposition(at)
                continue
            if low in _RIGHT_END and not self._is_bound(at):
                break
            if at in self._verbs:
                if self._low[at - 1] != "to":
                    break
                is_direct = False
            if low in _PREPOSITION or (low in _DETERMINER and found and self._low[at - 1] not in ("of", "and", "or")):
                is_direct = False
            if at in self._things:
                wide.add(at)
                if is_direct:
                    found.add(at)
        return frozenset(found), frozenset(wide)

    def _is_bound(self, place: int) -> bool:
        """Whether "than" only bounds a number: "cancelled more than 5,000 flights"."""
        after = self._words[place + 1 : place + 2]
        return self._low[place] == "than" and bool(after) and (after[0][0].isdigit() or after[0] in _NUMBER | {"a"})

    def _is_apposition(self, comma: int) -> bool:
        """Whether a name that stands alone follows: "her mentor, López Obrador, on Oct. 1"."""
        at = comma + 1
        while at < len(self._words) and self._words[at][0].isupper():
            at += 1
        return at > comma + 1 and (at == len(self._words) or self._low[at] in _STOP)

    def _governed(self, preposition: str, place: int, right: frozenset[int]) -> frozenset[int]:
        """The noun phrase after a preposition within the reach of a verb."""
        stop = max(right, default=place)
        at = next(
            (
                at
                for at in range(place + 1, stop)
                if self._low[at] == preposition and (preposition != "by" or self._is_agent(at))
            ),
            None,
        )
        return frozenset() if at is None else self._nominal(at + 1)[0]
