"""Trains the ranker and sets the calibration, on the questions of newsqa-train and on those of ours on its articles.

    python -m benchmarks.train_ranker --data ../shared/newsqa-train --work .archives/ranker [--every 2]

An archive of --data's articles is built first, unless it is there; every question is searched in it as of the day it
was asked, where it has one, as the assistant searches. Passages and sentences that hold the answer are right. What
cannot be answered are questions of ours that no article answers, and cases made from those that can be: without the
articles that hold the answer, of one article alone, with another's name in them, or of articles that end long before
the day. The seeds are fixed, so a run repeats.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from benchmarks.misnamed import named_otherwise
from index.build import Input
from index.embedding import SentenceTransformerEmbedder
from index.faiss_store import FaissStore, open_archive
from index.rebuild import rebuild
from index.store import Filter, Hit, Vector
from rag.evaluation import Question, first_rank, normalise, read_questions
from rag.query import Query, understand
from rag.ranker import Ranker, Scorer, reading_rows, verdict_rows
from rag.reader import PACKAGED, Calibration, TrainedReader, confidence
from rag.retriever import Found, Retriever
from rag.signals import Shown, Signals
from rag.telling import Spans, weigh, worth
from rag.telling import gather as gather_spans

MORE = Path(__file__).parent / "training_questions.jsonl"
POOL = 60  # passages found, as the assistant finds them
WIDE = 400  # passages among which those of some articles are looked for
READ = 12  # of them whose sentences are scored
LONG_AGO = 200  # days that separate a question from the articles that cannot answer it
SINCE = "2022-11-01"
TODAY = date(2026, 1, 1)  # the day on which questions without one are asked: long after the articles end
SEED = 7
CASES_EVERY = 2  # of so many questions one is made into cases that can and cannot be answered
OLD_NEWS_EVERY = 8  # of so many of these one is answered by articles that end long before: old news is no less true
FOLDS = 4
_LEAST_SCALE = 0.15
SPAN_FIT = {"units": 8, "epochs": 6, "seeds": range(4)}  # there are some 500 spans a question


class Part:
    """A store of which only some articles can be found.

    It finds what an archive without the others would, but that words are as rare as they are in the whole.
    """

    def __init__(self, store: FaissStore, owners: Owners, admits: Callable[[str], bool]) -> None:
        self._store = store
        self._owners = owners
        self._admits = admits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def dense(self, vector: Vector, k: int, where: Filter) -> list[Hit]:
        """The nearest passages of these articles, among the first `WIDE` of all."""
        return self._some(self._store.dense(vector, WIDE, where), k)

    def lexical(self, terms: Sequence[str], k: int, where: Filter) -> list[Hit]:
        """The best passages of these articles by their words, among the first `WIDE` of all."""
        return self._some(self._store.lexical(terms, WIDE, where), k)

    def _some(self, hits: Sequence[Hit], k: int) -> list[Hit]:
        self._owners.learn(hits)
        return [hit for hit in hits if self._admits(self._owners[hit.passage])][:k]


class Owners(dict[int, str]):
    """The article of each passage met so far."""

    def __init__(self, store: FaissStore) -> None:
        super().__init__()
        self._store = store

    def learn(self, hits: Sequence[Hit]) -> None:
        """Reads the articles of passages that are new."""
        fresh = [hit.passage for hit in hits if hit.passage not in self]
        self.update((stored.number, stored.article_id) for stored in self._store.passages(fresh))


@dataclass(frozen=True)
class Example:
    """A question, its pool, and which of its passages hold the answer."""

    question: Question
    query: Query
    pool: list[Found]
    held: Any  # (passages,) of bool

    def shown(self) -> Shown:
        """The signals of the pool."""
        return Shown(self.query, self.pool)


@dataclass(frozen=True)
class Case:
    """A question with what was found for it, and whether that answers it; `gap` as the reader is told it.

    `weight` is what it counts for in the calibration, of cases that can be answered or that cannot.
    """

    query: Query
    pool: list[Found]
    gap: int
    answerable: bool
    weight: float = 1.0


def gather(data: Path, more: Path, work: Path, every: int) -> tuple[list[Example], list[Case]]:
    """The questions with their pools, and the cases that the calibration is set on."""
    embedder = SentenceTransformerEmbedder()
    rebuild(work / "archive", Input.of(_needed(data / "articles.jsonl.gz", more, work / "articles.jsonl")), embedder)
    store = open_archive(work / "archive", embedder.card)
    owners = Owners(store)

    def search(query: Query, last: date | None, admits: Callable[[str], bool] | None = None) -> list[Found]:
        some = Part(store, owners, admits) if admits else store
        return Retriever(some, embedder).search(query, k=POOL, where=Filter(last=last))

    examples, cases = [], []
    questions = [*read_questions(data / "questions.jsonl"), *read_questions(more)]
    random.Random(SEED).shuffle(questions)
    questions = questions[::every]
    others = named_otherwise([question for question in questions if question.answerable])
    for count, question in enumerate(questions, start=1):
        if count % 100 == 0:
            print(f"{count:,} of {len(questions):,} questions", flush=True)
        query = understand(question.question, as_of=question.asked, today=question.asked or TODAY)
        pool = search(query, question.asked)
        if not question.answerable:
            cases.append(Case(query, pool, 0, answerable=False, weight=4.0))
            continue
        example = _example(question, query, pool)
        examples.append(example)
        if count % CASES_EVERY:
            continue
        cases += _cases(example, partial(search, query, question.asked))
        if question in others and example.held[:READ].any():
            other = understand(others[question].question, as_of=question.asked, today=question.asked or TODAY)
            cases.append(Case(other, search(other, question.asked), 0, answerable=False, weight=2.0))
        if question.asked is None:
            continue
        before = question.asked - timedelta(days=LONG_AGO)
        old = search(query, before)
        if len(old) == POOL:
            long_ago = _example(question, query, old)
            gap = (query.anchor - before).days
            if not long_ago.held.any():
                cases.append(Case(query, long_ago.pool, gap, answerable=False, weight=4.0))
            if example.held[:READ].any() and count % (CASES_EVERY * OLD_NEWS_EVERY) == 0:
                cases.append(Case(query, example.pool, gap, answerable=True))
    return examples, cases


def _needed(articles: Path, more: Path, to: Path) -> Path:
    """Writes the articles since `SINCE` and those that the questions of ours name: each more costs its embedding."""
    named = {json.loads(line).get("article") for line in more.read_text(encoding="utf-8").splitlines()}
    to.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(articles, "rt", encoding="utf-8") as lines, to.open("w", encoding="utf-8") as file:
        for line in lines:
            record = json.loads(line)
            if record["id"] in named or (record["published"] or "") >= SINCE:
                file.write(line)
    return to


def _cases(example: Example, search: Callable[[Callable[[str], bool]], list[Found]]) -> Iterator[Case]:
    """The question of the whole archive, of one without what answers it, and of archives of one article."""
    owners = [hit.stored.article_id for hit in example.pool]
    if not example.held[:READ].any():
        return
    holders = {owner for owner, held in zip(owners, example.held, strict=True) if held}
    yield Case(example.query, example.pool, 0, answerable=True)
    without = _example(example.question, example.query, search(lambda owner: owner not in holders))
    left = [hit for hit, held in zip(without.pool, without.held, strict=True) if not held]
    if len(left) > READ:
        yield Case(example.query, left, 0, answerable=False)
    for answers in (True, False):
        best = next((owner for owner in owners if (owner in holders) is answers), None)
        if best:
            yield Case(example.query, search(best.__eq__), 0, answerable=answers)


def _example(question: Question, query: Query, pool: list[Found]) -> Example:
    held = [first_rank(question.answer, (hit.stored.passage.text,)) is not None for hit in pool]
    return Example(question, query, pool, np.array(held, dtype=bool))


Group = tuple[Signals, Any]  # signals of what one question chooses from, and which of them are right


def fit(groups: Sequence[Group], *, units: int = 16, epochs: int = 14, seeds: Sequence[int] = range(6)) -> Scorer:
    """A scorer that puts any right one first (listwise softmax); several small networks, made one by averaging."""
    usable = [(rows, right) for rows, right in groups if right.any() and not right.all()]
    every = np.concatenate([rows for rows, _ in usable])
    # What seldom speaks would else be past the clip wherever it does, and say no more than that it does.
    mean, scale = every.mean(0), np.maximum(every.std(0), _LEAST_SCALE)
    inputs = [torch.tensor((rows - mean) / scale).clamp(-5, 5) for rows, _ in usable]
    rights = [torch.tensor(right) for _, right in usable]
    nets = [_fit_one(inputs, rights, units, epochs, seed) for seed in seeds]
    return Scorer(
        mean.astype(np.float32),
        scale.astype(np.float32),
        torch.stack([net.linear.weight[0] for net in nets]).mean(0).detach().numpy(),
        torch.cat([net.hidden.weight for net in nets]).T.detach().numpy(),
        torch.cat([net.hidden.bias for net in nets]).detach().numpy(),
        torch.cat([net.out.weight[0] for net in nets]).detach().numpy() / np.float32(len(nets)),
    )


class _Net(nn.Module):
    def __init__(self, signals: int, units: int) -> None:
        super().__init__()
        self.linear = nn.Linear(signals, 1, bias=False)
        self.hidden = nn.Linear(signals, units)
        self.out = nn.Linear(units, 1, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, rows: Tensor) -> Tensor:
        hidden = torch.tanh(self.hidden(nn.functional.dropout(rows, 0.1, self.training)))
        return (self.linear(rows) + self.out(hidden)).squeeze(-1)


def _fit_one(inputs: list[Tensor], rights: list[Tensor], units: int, epochs: int, seed: int) -> _Net:
    torch.manual_seed(seed)
    net = _Net(inputs[0].shape[1], units).train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-2)
    theres = [torch.ones_like(right) for right in rights]
    batch = 16
    steps = epochs * (-(-len(inputs) // batch))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    for _ in range(epochs):
        order = torch.randperm(len(inputs)).tolist()
        for at in range(0, len(order), batch):
            some = order[at : at + batch]
            scores = net(pad_sequence([inputs[i] for i in some], batch_first=True))
            right, there = (pad_sequence([each[i] for i in some], batch_first=True) for each in (rights, theres))
            losses = _total(scores, there) - _total(scores, right)
            optimiser.zero_grad()
            losses.mean().backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def _total(scores: Tensor, some: Tensor) -> Tensor:
    """The logarithm of each row's sum of exponentials over some of its places."""
    return torch.logsumexp(scores.masked_fill(~some, -torch.inf), dim=1)


def fit_apart(groups: Sequence[Group], **how: Any) -> tuple[Scorer, list[Any]]:
    """A scorer, and the scores of each group by one that it had no part in: what is fitted on scores needs such."""
    apart: list[Any] = [None] * len(groups)
    for fold in range(FOLDS):
        held_out = range(len(groups) * fold // FOLDS, len(groups) * (fold + 1) // FOLDS)
        scorer = fit([group for i, group in enumerate(groups) if i not in held_out], **how)
        for i in held_out:
            apart[i] = scorer(groups[i][0])
    return fit(groups, **how), apart


def agrees(answer: str, words: str) -> bool:
    """Whether some words are the answer or nearly: the F1 of their words with its own is at least a half."""
    wanted, given = Counter(normalise(answer).split()), Counter(normalise(words).split())
    return 2 * (wanted & given).total() >= 0.5 * (wanted.total() + given.total()) > 0


def train(examples: Sequence[Example]) -> Ranker:
    """Passages first, then sentences, spans, and sentences again.

    Each but the first is fitted on scores of those before it that its own question had no part in.
    """
    examples = [example for example in examples if example.pool]
    shown = [example.shown() for example in examples]
    passage, relevance = fit_apart([(one.passages(), e.held) for one, e in zip(shown, examples, strict=True)])
    best = [np.argsort(-scores, kind="stable")[:READ].tolist() for scores in relevance]
    placed = [
        [(place, sentence.text) for place in places for sentence in example.pool[place].stored.sentences]
        for places, example in zip(best, examples, strict=True)
    ]
    texts = [[text for _, text in some] for some in placed]
    rights = [
        np.array([first_rank(example.question.answer, (text,)) is not None for text in some])
        for some, example in zip(texts, examples, strict=True)
    ]
    rows = [reading_rows(*some) for some in zip(shown, best, relevance, strict=True)]
    sentence, first_look = fit_apart(list(zip(rows, rights, strict=True)))
    spans = [
        gather_spans(example.query, example.pool, *some)
        for example, *some in zip(examples, shown, placed, first_look, strict=True)
    ]
    span, weights = fit_apart([_span_group(*some) for some in zip(examples, texts, spans, strict=True)], **SPAN_FIT)
    tellings = [weigh(some, each, len(text)) for some, each, text in zip(spans, weights, texts, strict=True)]
    judged = [verdict_rows(*some) for some in zip(rows, first_look, tellings, strict=True)]
    verdict, verdicts = fit_apart(list(zip(judged, rights, strict=True)))
    told = [
        np.array([worth(float(score), one.answers, ()) for score, one in zip(scores, some, strict=True)])
        for scores, some in zip(verdicts, tellings, strict=True)
    ]
    for name, each in (("first look", first_look), ("verdict", verdicts), ("told first", told)):
        hits = np.mean([right[np.argmax(scores)] for right, scores in zip(rights, each, strict=True)])
        print(f"sentence hit@1 over {FOLDS} folds, {name}: {hits:.3f}", flush=True)
    return Ranker(passage, sentence, span, verdict)


def _span_group(example: Example, texts: Sequence[str], spans: Spans) -> Group:
    words = (texts[at][span.start : span.end] for at, span in zip(spans.sentences, spans.spans, strict=True))
    return spans.signals, np.array([agrees(example.question.answer, some) for some in words], dtype=bool)


def calibrate(ranker: Ranker, cases: Sequence[Case]) -> Calibration:
    """The logistic from signals to the chance of an answer; its threshold is not set yet."""
    rows = np.array([ranker.read(case.query, case.pool, most=READ).answerable(case.gap) for case in cases])
    labels, each = np.array([case.answerable for case in cases]), np.array([case.weight for case in cases])
    weights, bias = _logistic(rows, labels, each)
    return Calibration(weights=tuple(weights.tolist()), bias=bias)


def threshold(reader: TrainedReader, cases: Sequence[Case], answered: float) -> float:
    """The confidence at which a share `answered` of what can be answered still is, as the reader itself gives it."""
    given = np.array([confidence(reader.read(case.query, case.pool, most=READ, gap=case.gap)) for case in cases])
    labels = np.array([case.answerable for case in cases])
    right, wrong = np.sort(given[labels]), given[~labels]
    found = float(right[int((1 - answered) * len(right))])
    ranks = np.mean([np.mean(right > one) for one in wrong])
    print(
        f"{len(right)} answerable, {len(wrong)} not; AUROC on them {ranks:.3f}, threshold {found:.3f}, "
        f"abstained on {np.mean(wrong < found):.3f}"
    )
    return found


def _logistic(rows: Any, labels: Any, each: Any) -> tuple[Any, float]:
    """Weights and a bias; what each row counts for is given, and both labels count for as much."""
    share = torch.tensor(np.where(labels, each / each[labels].sum(), each / each[~labels].sum()) / 2)
    mean, scale = rows.mean(0), rows.std(0) + 1e-6
    inputs = torch.tensor((rows - mean) / scale, dtype=torch.float32)
    wanted = torch.tensor(labels, dtype=torch.float32)
    weights = torch.zeros(inputs.shape[1], requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=200)

    def step() -> Any:
        optimiser.zero_grad()
        losses = nn.functional.binary_cross_entropy_with_logits(inputs @ weights + bias, wanted, reduction="none")
        loss = (losses * share).sum() + 0.01 * weights.square().sum()
        loss.backward()
        return loss

    optimiser.step(step)
    plain = weights.detach().numpy() / scale
    return plain, float(bias.detach()[0] - (plain * mean).sum())


def main() -> None:
    """Trains, calibrates, and writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--more", type=Path, default=MORE, help="questions of ours on the same articles")
    parser.add_argument("--work", type=Path, required=True, help="a folder for what another run can use again")
    parser.add_argument("--out", type=Path, default=PACKAGED)
    parser.add_argument("--every", type=int, default=1, help="take each so many-th question only")
    parser.add_argument("--answered", type=float, default=0.96, help="the share of answerable questions to answer")
    options = parser.parse_args()
    examples, cases = gather(options.data, options.more, options.work, options.every)
    ranker = train(examples)
    ranker.save(options.out)
    calibration = calibrate(ranker, cases)
    write(options.out, calibration)
    write(options.out, replace(calibration, threshold=threshold(TrainedReader(options.out), cases, options.answered)))


def write(folder: Path, facts: Calibration) -> None:
    """Writes the calibration beside the weights."""
    names = ("weights", "bias", "threshold", "margin")
    shown = {name: getattr(facts, name) for name in names}
    (folder / "calibration.json").write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
