"""What each word of a sentence is, told by its form and place: a verb, a thing or neither.

There is no parser and no model here. A verb is told by its ending, by the table of irregular forms, by WordNet in the
present, and by what stands before and after it.
"""

from __future__ import annotations

import re

from rag.lexicon import BASES, HARMLESS, stem, vocabulary
from rag.numbers import COUNTING
from rag.wordnet import is_verb
from rag.words import STOP_WORDS

PRONOUNS = vocabulary(
    "he she it they him her them who whom which we i me you himself herself itself themselves his their its"
)
_WORD = re.compile(r"\d[\d.,]*\d|[\w%$€£]+(?:'\w+)?|[,;:()\"]|-(?=\s)")
_LONGEST = 120  # words that are read
BE = vocabulary("am is are was were be been being get gets got gotten")
AUXILIARY = BE | vocabulary("will would can could may might must shall should did does do had has have having")
_ADVERB = vocabulary("not never then also now just only still again even soon once already no longer first later all")
_MODAL = AUXILIARY - BE - {"having"}
STOP = vocabulary(', ; : ( ) " -')
PREPOSITION = vocabulary(
    "in on at from during by near into with for to over under against through across among between behind about "
    "around off out up down without within toward towards upon onto despite like per via as until since after before"
)
_BEFORE_ING = vocabulary(", by after before without while for from than when")
DETERMINER = vocabulary("the a an his her its their this that these those some any no every each another our my your")
_BEFORE_NOUN = DETERMINER - {"that"} | {"of"}  # what a noun follows
_HELPING = AUXILIARY | _ADVERB | {"on", "in", "at"}  # the last three where the day after them is blanked
_NO_DEEDS = vocabulary("man woman child person life wife foot good bad dead fund people")
NUMBER = COUNTING | {"percent"}
DYING = vocabulary("die dies died dying perish perished perishes")
_NO_PAST = vocabulary("hundred indeed united red bed need speed seed breed exceed proceed succeed feed bleed shed")
_UNCHANGED = vocabulary("cut put hit set beat shut hurt become come run bid outbid read spread cast cost let split bet")


class Tagged:
    """The words of a canonical sentence, as written and in small letters, and at which places verbs and things stand.

    What lies past its first 120 words is not read.
    """

    def __init__(self, text: str) -> None:
        self.words = tuple(match.group() for match in _WORD.finditer(text))[:_LONGEST]
        self.low = [word.lower() for word in self.words]
        self.verbs = frozenset(place for place in range(len(self.words)) if self._is_verb(place))
        self.things = frozenset(place for place in range(len(self.words)) if self._is_thing(place))

    def _is_verb(self, place: int) -> bool:
        word, low = self.words[place], self.low[place]
        if word[0].isupper() or not word[0].isalpha() or low in AUXILIARY or low in _ADVERB:
            return False
        if low in STOP_WORDS and low not in BASES and low not in ("make", "give", "take", "say"):
            return False
        before = self.low[place - 1] if place else ""
        after = self.low[place + 1] if place + 1 < len(self.low) else ""
        if before in _BEFORE_NOUN:
            return False
        if before == "to":
            return low in BASES or self._may_follow_a_verb(place + 1)
        is_led = bool(set(self.low[self.start(place) : place]) & _MODAL)
        if low in BASES and (BASES[low] not in _NO_DEEDS or low in DYING):
            # A bare form is a noun as often ("a strong wind"), unless what stands before it takes a verb.
            is_bare = low == BASES[low] and low not in _UNCHANGED
            if not is_bare or is_led or before in PRONOUNS or before.endswith("s"):
                return low != "fire" or is_led
        if low.endswith("ed") and len(low) > 4 and low not in _NO_PAST:
            return True
        if low.endswith("ing") and len(low) > 5:
            return before in BE or before in _BEFORE_ING
        if low.endswith("s") and not low.endswith("ss") and is_verb(low):
            # In the present a verb looks like a noun of many; what stands beside it tells.
            is_led_by_one = before in PRONOUNS - DETERMINER or (place > 0 and self.words[place - 1][0].isupper())
            return is_led_by_one or after in DETERMINER or after in PRONOUNS or after == "that"
        if low in _UNCHANGED and (self.words[place - 1][0].isalpha() if place else False):
            return (
                after in DETERMINER
                or (after[:1].isalpha() and self.words[place + 1][0].isupper())
                or before in AUXILIARY
            )
        return is_led

    def _may_follow_a_verb(self, place: int) -> bool:
        """Whether a word tells that the one before it is an infinitive, and no noun after "to"."""
        if place >= len(self.low):
            return True
        low = self.low[place]
        is_object = low in DETERMINER or low in PRONOUNS or not self.words[place][0].islower()
        return (
            (is_object and low not in STOP) or low in ("from", "over", "into", "with", "for", "on") or low in STOP_WORDS
        )

    def _is_thing(self, place: int) -> bool:
        low = self.low[place]
        if place in self.verbs or low in AUXILIARY or not self.words[place][0].isalpha() or len(low) < 2:
            return False
        if low in NUMBER:
            return False
        return (
            low in PRONOUNS or self.words[place][0].isupper() or stem(low) not in HARMLESS or low in ("people", "one")
        )

    def is_passive(self, place: int, start: int) -> bool:
        """Whether the verb at a place, its auxiliaries beginning at `start`, tells what was done to its subject."""
        low = self.low[place]
        lead = set(self.low[start:place])
        is_participle = not low.endswith("ing") and (low != stem(low) or low in _UNCHANGED or low.endswith("ed"))
        if not is_participle or (lead & _MODAL and not lead & BE):
            return False
        if lead & BE:
            return True
        # "Built by", "the update by": a participle without its auxiliary.
        return self.is_agent(place + 1)

    def is_agent(self, place: int) -> bool:
        """Whether "by" stands at a place, and somebody after it: "by 101 votes" tells nobody."""
        following = self.low[place + 1 : place + 2]
        return self.low[place : place + 1] == ["by"] and (
            following[0] in DETERMINER or place + 1 in self.things if following else False
        )

    def start(self, place: int) -> int:
        """Where the verb's auxiliaries begin."""
        while place and (
            self.low[place - 1] in _HELPING or (self.low[place - 1].endswith("ly") and self.words[place - 1].islower())
        ):
            place -= 1
        return place

    def is_copula(self, place: int) -> bool:
        """Whether a form of "be" stands for itself, and helps no other verb."""
        at = place + 1
        while at < len(self.low) and self.low[at] in _HELPING:
            at += 1
        return at not in self.verbs and (not place or self.low[place - 1] not in AUXILIARY)
