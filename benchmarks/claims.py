"""Claims with the sentences they cite, true and false: those written by hand, and those made from real articles.

The rules of the gate were made while looking at the development half of each set; of the held-out half, and of the
claims that were written afresh before the rules were last changed, only counts are seen.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from benchmarks import mutations
from index.article import Article
from index.cleaning import clean
from index.sentences import split_sentences
from index.sources import read_pages
from rag.answer import Citation
from rag.event import event_date

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples" / "articles"
HALVES = ("development", "held-out")
PARTS = (*HALVES, "fresh")
KINDS = (*mutations.KINDS, "word")  # the last, a word for another, is written by hand alone
_AROUND = 4  # sentences of a passage before the cited one


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, what it cites, its kind ("true", or how it is false), and the part of its set that it belongs to."""

    kind: str
    text: str
    citations: tuple[Citation, ...]
    part: str


def over_examples(path: Path = HERE / "claims.jsonl") -> list[Claim]:
    """The claims over the example articles; raises ValueError where a cited sentence is not in its article.

    Their failures have all been read, so that none of them is held out.
    """
    articles = {Path(page.origin): clean(page) for page in read_pages([EXAMPLES])}
    by_name = {str(origin).split("articles/")[-1]: article for origin, article in articles.items()}
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = json.loads(line)
        cited = citations(by_name[fields["file"]])
        wanted = [next((c for c in cited if c.sentence == sentence), None) for sentence in fields["cites"]]
        if None in wanted:
            raise ValueError(f"{path}, line {number}: a cited sentence is not in {fields['file']}")
        found.append(Claim(fields["kind"], fields["claim"], tuple(c for c in wanted if c), HALVES[0]))
    return found


def by_kinds(part: str) -> list[Claim]:
    """The claims of `claims-PART.jsonl`: a line holds one sentence, where it stands, and its claims by kind."""
    found = []
    for line in (HERE / f"claims-{part}.jsonl").read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        [sentence] = fields["cites"]
        article = Article(
            fields.get("before", "") + sentence,
            fields["title"],
            "harbour-wire",
            date.fromisoformat(fields["published"]),
        )
        cited = tuple(c for c in citations(article) if c.start >= len(fields.get("before", "")))
        found += [Claim(kind, text, cited, part) for kind in ("true", *KINDS) for text in fields.get(kind, ())]
    return found


def from_articles(path: Path, *, count: int, seed: int) -> Iterator[Claim]:
    """True claims, and false ones made from them, about a sample of real articles."""
    chance = random.Random(seed)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    chance.shuffle(records)
    strangers: Sequence[Citation] = ()
    for record in records[:count]:
        article = Article(
            record["text"],
            record["title"],
            record["source"],
            date.fromisoformat(record["published"]),
            url=record["url"],
        )
        half = HALVES[zlib.crc32(article.id.encode()) % 2]
        cited = [c for c in citations(article) if 60 <= len(c.sentence) <= 320 and c.sentence[-1] in '.”"']
        picked = chance.sample(cited, min(3, len(cited)))
        true = [claim for citation in picked for claim in _true(citation, cited, chance, half)]
        yield from true
        elsewhere = strangers or cited
        for claim in chance.sample(true, min(4, len(true))):
            for kind, change in mutations.KINDS.items():
                text = change(claim.text, claim.citations, elsewhere, chance)
                if text:
                    yield replace(claim, kind=kind, text=text)
        strangers = cited


def citations(article: Article) -> list[Citation]:
    """Each sentence of an article as it would be cited."""
    sentences = split_sentences(article.text)
    found = []
    for place, sentence in enumerate(sentences):
        start = sentences[max(0, place - _AROUND)].start
        end = sentences[min(len(sentences) - 1, place + 3)].end
        found.append(
            Citation(
                sentence=sentence.text,
                start=sentence.start,
                end=sentence.end,
                article_id=article.id,
                title=article.title,
                source=article.source,
                url=article.url,
                published=article.published,
                passage=article.text[start:end],
                passage_start=start,
                event=event_date(sentence.text, article.published),
            )
        )
    return found


def _true(citation: Citation, cited: Sequence[Citation], chance: random.Random, half: str) -> Iterator[Claim]:
    texts = {citation.sentence} | {
        text for rewrite in mutations.REWRITES if (text := rewrite(citation, chance)) is not None
    }
    for text in sorted(texts):
        yield Claim("true", text, (citation,), half)
    for one, other in pairwise(cited):
        if one == citation and one.end + 2 >= other.start:
            yield Claim("true", f"{one.sentence.rstrip('.')}; {other.sentence}", (one, other), half)
