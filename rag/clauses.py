"""The deeds of a sentence: each verb with those who did it and those it was done to.

The doer and the sufferer are looked for where English puts them, in the active and the passive, before "who" and
"whom", after "to" and "and". A place that cannot be told stays empty. Every search runs once over the words, so that a
sentence takes time in proportion to its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag import nominals
from rag.lexicon import stem, vocabulary
from rag.nominals import RELATIVE
from rag.tagging import BE, DETERMINER, DYING, STOP, Tagged

_OBJECT_RELATIVE = vocabulary("whom which that")
_WIN = stem("win")
_WINNING = frozenset(map(stem, vocabulary("win beat defeat")))
NORMAL = vocabulary("beat kill buy be")  # verbs that others are read as
SAYING = frozenset(map(stem, vocabulary("say tell warn add announce report write explain note claim argue declare")))
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
    """The deeds of a canonical sentence, or of its first 120 words."""
    tagged = Tagged(text)
    return Reading(tagged.words, tuple(_Reader(tagged).deeds()))


class _Reader:
    """Reads one sentence from left to right; a later verb may take its doer from an earlier one."""

    def __init__(self, text: Tagged) -> None:
        self._text = text
        self._counted = self._owners_of_numbers()

    def deeds(self) -> list[Deed]:
        found: list[Deed] = []
        for place in range(len(self._text.words)):
            if place in self._text.verbs:
                found.append(self._deed(place, found))
            elif self._text.low[place] in BE and self._text.is_copula(place):
                subject, wide, _ = self._subject(place, self._text.start(place), found)
                found.append(Deed(place, "be", subject, frozenset(), wide, frozenset(), subject))
            elif self._text.low[place] in _NOMINAL:
                found += self._told_by_noun(place, found)
        return found

    def _deed(self, place: int, before: Sequence[Deed]) -> Deed:
        start = self._text.start(place)
        base = stem(self._text.words[place])
        base = "beat" if base in _WINNING else base
        subject, wide, relative = self._subject(place, start, before)
        direct, right = nominals.after(self._text, place + 1)
        left = subject | wide if base == "beat" else subject | wide | self._counted
        direct = (
            frozenset[int]() if stem(self._text.words[place]) == _WIN else direct
        )  # a title is won, and nobody by it
        if base in SAYING and base != "tell" and self._is_inverted(place, before):
            return Deed(place, base, direct, frozenset(), direct, left, direct)
        if self._text.is_passive(place, start):
            agents = nominals.governed(self._text, "by", place, right)
            sufferers = subject | relative
            return Deed(place, base, agents, sufferers, agents, (left | relative | right) - agents, subject)
        if base == "lose":
            victors = nominals.governed(self._text, "to", place, right)
            return Deed(place, "beat", victors, subject, victors, left, subject)
        if self._text.low[place] in DYING:
            return Deed(place, "kill", frozenset(), subject, frozenset(), left, subject)
        if base == "sell":
            return Deed(
                place,
                base,
                subject,
                direct | relative | nominals.governed(self._text, "to", place, right),
                left,
                right,
                subject,
            )
        return Deed(place, base, subject, direct | relative, left, right | relative, subject)

    def _told_by_noun(self, place: int, before: Sequence[Deed]) -> list[Deed]:
        """ "A victory over England" and "its takeover of Sky" are deeds of the name or the subject before them."""
        verb, marks = _NOMINAL[self._text.low[place]]
        mark = next(
            (at for at in range(place + 1, min(place + 4, len(self._text.low))) if self._text.low[at] in marks), None
        )
        if mark is None:
            return []
        done_to, right = nominals.after(self._text, mark + 1)
        if place and self._text.low[place - 1].endswith("'s"):
            doers = nominals.ending(self._text, place - 1)[0]
        elif verb == "beat":
            doers = nominals.name_before(self._text, place)
        else:
            doers = nominals.governed(self._text, "by", mark, right) or (before[-1].doers if before else frozenset())
            done_to -= doers
        return [Deed(place, verb, doers, done_to, doers, right, before[-1].subject if before else doers)]

    def _owners_of_numbers(self) -> frozenset[int]:
        """Those whose number stands beside another's: "17.28 pounds a share to Fox's 15.67"."""
        return frozenset(
            at
            for at in range(len(self._text.words) - 1)
            if self._text.low[at].endswith("'s") and self._text.words[at + 1][0].isdigit()
        )

    def _is_inverted(self, place: int, before: Sequence[Deed]) -> bool:
        """ "It rained, said the minister", and not "the mayor, Jo March, announced the plan"."""
        following = self._text.words[place + 1 : place + 2]
        return bool(following and (following[0][0].isupper() or following[0] == "the")) and (
            place > 0 and (self._text.words[place - 1] == '"' or (self._text.words[place - 1] == "," and bool(before)))
        )

    def _subject(
        self, place: int, start: int, before: Sequence[Deed]
    ) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
        """The subject, what else may be it, and the noun that an object relative ("whom Madrid dismissed") leans on."""
        none: frozenset[int] = frozenset()
        last = before[-1] if before else None
        if not start:
            return none, none, none
        lead = self._text.low[start - 1]
        if lead == "to" and last:
            if added := nominals.added_name(self._text, start - 2) or nominals.aside_name(self._text, start - 2):
                return added, added, none
            is_ordered = last.done_to and (last.verb in _ORDERING or not last.doers)
            return (last.done_to if is_ordered else last.subject), last.left, none
        if lead in RELATIVE and start > 1:
            return *nominals.antecedent(self._text, start - 2), none
        if lead in ("and", "or", "by", "without", "from", "for", "when", "while", "after", "before", "then") or (
            lead == "," and self._text.low[place].endswith("ing")
        ):
            return (last.subject, last.subject | last.left, none) if last else (none, none, none)
        if lead in STOP:
            return self._across(start - 1, last)
        found, wide = nominals.ending(self._text, start - 1)
        stop = min(wide | found, default=start) - 1
        while stop > 0 and self._text.low[stop] in DETERMINER - {"that"}:
            stop -= 1
        if (
            stop > 0
            and self._text.low[stop] in _OBJECT_RELATIVE
            and nominals.skip_comma(self._text, stop - 1) in self._text.things
        ):
            return found, wide, nominals.antecedent(self._text, stop - 1)[0]
        return found, wide, none

    def _across(self, comma: int, last: Deed | None) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
        """The subject before an aside: "Puigdemont, whom Madrid dismissed, told"."""
        none: frozenset[int] = frozenset()
        opening = next((at for at in range(comma - 1, 0, -1) if self._text.low[at] in STOP), None)
        if opening is None:
            return (last.subject, last.subject | last.left, none) if last else (none, none, none)
        found, wide = nominals.ending(self._text, opening - 1)
        aside = frozenset(at for at in self._text.things if opening < at < comma)
        has_verb = any(opening < at < comma for at in self._text.verbs)
        return (found, wide | aside, none) if has_verb else (found | aside, wide | aside, none)
