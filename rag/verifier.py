"""The gate: a sentence that a model wrote is let through only if the sentences it cites say the same.

Nothing here is a model, so that the verdict is the same everywhere and each refusal has its reason. Numbers, days,
words and names, quotations, denials and who did what to whom are each compared, and one fault is enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag import backing, dating, figures, owners, polarity, roles
from rag.answer import Citation
from rag.backing import Source
from rag.lexicon import canonical

_LONGEST_CLAIM = 1_000  # characters; a longer one is no sentence
_LONGEST_SOURCE = 4_000  # characters of a cited sentence or a passage that are read
_MOST_SOURCES = 8
# "Spain lost to England" is "Spain was beaten by England": who beat whom is for `roles` to tell.
_LOST_TO = re.compile(r"\b(?:lost|loses?|losing)\b(?=[^.;]{0,80}\bto [A-Z])")


@dataclass(frozen=True, slots=True)
class Check:
    """What came of a claim. `support` (0 to 1) is how closely its content words follow the source.

    `reasons` say in plain words why it failed, and are empty where it is supported.
    """

    supported: bool
    support: float
    reasons: tuple[str, ...]


class Verifier:
    """Checks claims against the sentences they cite. It holds no state and loads nothing."""

    def check(self, claim: str, citations: Sequence[Citation]) -> Check:
        """Whether the cited sentences back the claim: word for word, or each part of it by a stated equivalence."""
        if not claim.strip():
            return _failed("the claim is empty")
        if not citations:
            return _failed("it cites nothing")
        if _is_verbatim(claim, citations):
            return Check(True, 1.0, ())
        if len(claim) > _LONGEST_CLAIM:
            return _failed(f"it is longer than {_LONGEST_CLAIM:,} characters and not word for word from its source")
        return _compared(canonical(claim), citations[:_MOST_SOURCES])


def _failed(reason: str) -> Check:
    return Check(False, 0.0, (reason,))


def _is_verbatim(claim: str, citations: Sequence[Citation]) -> bool:
    """Whether the claim is a cited sentence, or several of them in the order they are cited."""
    said = " ".join(claim.split())
    for citation in citations:
        sentence = " ".join(citation.sentence.split())
        if said == sentence:
            return True
    return said == " ".join(" ".join(citation.sentence.split()) for citation in citations)


def _compared(claim: str, citations: Sequence[Citation]) -> Check:
    sources = [_source(citation) for citation in citations]
    beaten = [replace(source, sentence=_LOST_TO.sub("beaten", source.sentence)) for source in sources]
    worded = _LOST_TO.sub("beaten", claim)
    sentences = [source.sentence for source in sources]
    undated = dating.mask(claim)
    anchors = len(figures.figures(undated)) + len(dating.phrases(claim))
    found = backing.back(figures.blanked(dating.mask(worded)), beaten, anchors=anchors)
    reasons = [
        *figures.unbacked(undated, [dating.mask_days(sentence) for sentence in sentences]),
        *owners.misattributed(undated, [dating.mask(sentence) for sentence in sentences]),
        *dating.unbacked(claim, citations, sentences),
        *(f"“{word}” is not in the cited text" for word in found.missing),
        *backing.misquoted(claim, sources),
        *polarity.conflicts(worded, [source.sentence for source in beaten]),
        *roles.swapped(claim, sentences, [source.title for source in sources]),
        *owners.misowned(claim, sentences),
    ]
    return Check(not reasons, round(found.support, 4), tuple(dict.fromkeys(reasons)))


def _source(citation: Citation) -> Source:
    at = max(0, citation.start - citation.passage_start)
    return Source(
        sentence=canonical(citation.sentence[:_LONGEST_SOURCE]),
        title=canonical(citation.title[:_LONGEST_CLAIM]),
        passage=canonical(citation.passage[:_LONGEST_SOURCE]),
        before=canonical(citation.passage[max(0, at - _LONGEST_CLAIM) : at]),
    )
