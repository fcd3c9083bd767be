"""Sentence spans to passages of whole sentences, packed by langchain-text-splitters.

What the splitter packs is not the text but its sentence numbers, "0 1\\n\\n2 3", and the length it is told of a run
of numbers is the sum of their tokens. So it prefers to break between paragraphs, counts each sentence once, and
never has to search the text for what it cut out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from index.article import Passage, Sentence

_TINY = 0.25  # of the limit: a passage shorter than this says too little to be found by
_PARAGRAPH = "\n\n"


def split_passages(
    text: str,
    sentences: Sequence[Sentence],
    count_tokens: Callable[[Sequence[str]], list[int]],
    *,
    max_tokens: int = 200,
) -> tuple[Passage, ...]:
    """Passages of at most `max_tokens`, in order; every sentence of `text` is in exactly one.

    `count_tokens` gives the embedder's own token count of each string, special tokens left out; it is called once.
    A sentence over the limit is a passage alone. Passages break between paragraphs where they can, and one that
    would be tiny is joined to a neighbour, or takes sentences from it.

    Raises ValueError where `max_tokens` is below 1, or the counts are not one a sentence.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be at least 1, got {max_tokens}")
    if not sentences:
        return ()
    counts = count_tokens([sentence.text for sentence in sentences])
    if len(counts) != len(sentences):
        raise ValueError(f"{len(sentences)} sentences need as many token counts, got {len(counts)}")
    runs = _without_tiny(_packed(_outline(text, sentences), counts, max_tokens), counts, max_tokens)
    return tuple(_passage(text, sentences, run) for run in runs)


def _outline(text: str, sentences: Sequence[Sentence]) -> str:
    """The numbers of the sentences, a blank between two of one paragraph and a blank line between paragraphs."""
    parts = ["0"]
    for number, (before, after) in enumerate(pairwise(sentences), start=1):
        is_break = text.count("\n", before.end, after.start) > 1
        parts += [_PARAGRAPH if is_break else " ", str(number)]
    return "".join(parts)


def _packed(outline: str, counts: Sequence[int], max_tokens: int) -> list[range]:
    # Imported late: it brings langchain-core, which the read side never needs.
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    def tokens(numbers: str) -> int:
        return sum(counts[int(number)] for number in numbers.split())

    splitter = RecursiveCharacterTextSplitter(
        separators=[_PARAGRAPH, " "],
        keep_separator=False,
        chunk_size=max_tokens,
        chunk_overlap=0,
        length_function=tokens,
    )
    chunks = [chunk.split() for chunk in splitter.split_text(outline)]
    return [range(int(chunk[0]), int(chunk[-1]) + 1) for chunk in chunks]


def _without_tiny(runs: list[range], counts: Sequence[int], max_tokens: int) -> list[range]:
    def tokens(run: range) -> int:
        return sum(counts[run.start : run.stop])

    kept: list[range] = []
    for run in runs:
        if not kept or min(tokens(kept[-1]), tokens(run)) >= _TINY * max_tokens:
            kept.append(run)
            continue
        both = range(kept.pop().start, run.stop)
        kept += [both] if tokens(both) <= max_tokens else _halves(both, run.start, counts, max_tokens)
    return kept


def _halves(both: range, cut: int, counts: Sequence[int], max_tokens: int) -> list[range]:
    """The cut that makes the two parts most alike in length, of those where neither grows over the limit."""

    def lengths(at: int) -> tuple[int, int]:
        return sum(counts[both.start : at]), sum(counts[at : both.stop])

    fits = [at for at in both[1:] if max(lengths(at)) <= max_tokens]
    best = min(fits, key=lambda at: max(lengths(at)), default=cut)
    return [range(both.start, best), range(best, both.stop)]


def _passage(text: str, sentences: Sequence[Sentence], run: range) -> Passage:
    first, last = run.start, run.stop - 1
    start, end = sentences[first].start, sentences[last].end
    return Passage(first, last, start, end, text[start:end])
