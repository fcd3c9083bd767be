"""A small cross-encoder that reads a question with a passage: is it relevant, and which of its sentences answers.

One pass gives both. Over the encoder's token states stand a relevance score on the first token, a score on the mean of
each sentence's tokens, and start and end scores on each token (after the span heads of Devlin et al. 2019, arXiv
1810.04805). The last help in training; the spans they give are right in half of the cases only, and are not shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from index.errors import ModelError

MAX_TOKENS = 256
WEIGHTS = "reader.safetensors"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One passage to be read: `text`, and the (start, end) of each sentence within it."""

    title: str
    text: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """What the encoder makes of a sheet: a relevance, and a score a sentence."""

    relevance: float
    sentences: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded sheets, padded to one length; `owners` gives for each (sheet, token) its sentence, or -1."""

    ids: Tensor
    types: Tensor
    mask: Tensor
    owners: Tensor
    offsets: tuple[tuple[tuple[int, int], ...], ...]


class CrossEncoder(nn.Module):
    """The model; `encode` makes its input of text, `forward` gives raw scores, `read` what they mean."""

    def __init__(self, config: BertConfig, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.relevance = nn.Linear(config.hidden_size, 1)
        self.sentence = nn.Linear(config.hidden_size, 1)
        self.span = nn.Linear(config.hidden_size, 2)
        self.tokenizer = tokenizer
        self.tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
        self.tokenizer.no_padding()

    @classmethod
    def load(cls, folder: Path) -> CrossEncoder:
        """Reads weights, configuration and vocabulary; raises ModelError naming the folder where they are not whole."""
        try:
            config = BertConfig(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
            model = cls(config, Tokenizer.from_file(str(folder / "tokenizer.json")))
            state = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
            model.load_state_dict(state)
        except Exception as error:  # safetensors and tokenizers raise types of their own, and bare Exception
            reason = str(error).partition("\n")[0]
            raise ModelError(
                f"The reader's weights in {folder} cannot be read ({type(error).__name__}: {reason}). Install Dateline "
                f"anew, or set DATELINE_READER=cosine to do without them."
            ) from error
        return model.eval()

    def save(self, folder: Path) -> None:
        """Writes weights (float16), configuration and vocabulary into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {name: tensor.detach().half().contiguous() for name, tensor in self.state_dict().items()}
        save_file(state, folder / WEIGHTS)
        wanted = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size")
        kept = {name: getattr(self.encoder.config, name) for name in (*wanted, "max_position_embeddings")}
        (folder / "config.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        self.tokenizer.save(str(folder / "tokenizer.json"))

    def encode(self, question: str, sheets: Sequence[Sheet]) -> Batch:
        """The sheets as one padded batch, each read with the question."""
        heads = [f"{sheet.title}\n" if sheet.title else "" for sheet in sheets]
        pairs = [(question[:600], head + sheet.text) for head, sheet in zip(heads, sheets, strict=True)]
        encoded = self.tokenizer.encode_batch(pairs)
        width = max(len(item.ids) for item in encoded)
        shape = (len(encoded), width)
        ids, types, mask = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
        owners = torch.full(shape, -1, dtype=torch.long)
        offsets = []
        for row, (item, head, sheet) in enumerate(zip(encoded, heads, sheets, strict=True)):
            size = len(item.ids)
            ids[row, :size] = torch.tensor(item.ids)
            types[row, :size] = torch.tensor(item.type_ids)
            mask[row, :size] = 1
            places = tuple((start - len(head), end - len(head)) for start, end in item.offsets)
            offsets.append(places)
            sentence = 0
            for column, ((start, end), segment) in enumerate(zip(places, item.sequence_ids, strict=True)):
                if segment != 1 or start < 0 or end <= start:
                    continue
                while sentence < len(sheet.sentences) and sheet.sentences[sentence][1] <= start:
                    sentence += 1
                if sentence < len(sheet.sentences) and start >= sheet.sentences[sentence][0]:
                    owners[row, column] = sentence
        return Batch(ids, types, mask, owners, tuple(offsets))

    def forward(self, batch: Batch, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Raw scores: relevance (sheets,), sentences (sheets, count; -inf if unseen), spans (sheets, tokens, 2)."""
        states = self.encoder(
            input_ids=batch.ids, token_type_ids=batch.types, attention_mask=batch.mask
        ).last_hidden_state
        relevance = self.relevance(states[:, 0]).squeeze(-1)
        belongs = (batch.owners.unsqueeze(1) == torch.arange(count).view(1, -1, 1)).to(states.dtype)
        sizes = belongs.sum(-1, keepdim=True)
        means = (belongs @ states) / sizes.clamp(min=1)
        sentences = self.sentence(means).squeeze(-1).float().masked_fill(sizes.squeeze(-1) == 0, -torch.inf)
        return relevance.float(), sentences, self.span(states).float()

    @torch.inference_mode()
    def read(self, question: str, sheets: Sequence[Sheet]) -> list[Marks]:
        """The marks of each sheet, in order. A sentence that did not fit the model's length scores -inf."""
        if not sheets:
            return []
        batch = self.encode(question, sheets)
        relevance, sentences, _ = self(batch, max(len(sheet.sentences) for sheet in sheets))
        return [
            Marks(float(relevance[row]), tuple(sentences[row, : len(sheet.sentences)].tolist()))
            for row, sheet in enumerate(sheets)
        ]


def from_packaged(folder: Any) -> CrossEncoder:
    """A model with the encoder of a packaged BERT-like folder and fresh heads: where training begins."""
    place = Path(folder)
    config = BertConfig(**json.loads((place / "config.json").read_text(encoding="utf-8")))
    model = CrossEncoder(config, Tokenizer.from_file(str(place / "tokenizer.json")))
    state = {name.removeprefix("bert."): value for name, value in load_file(place / "model.safetensors").items()}
    known = model.encoder.state_dict()
    model.encoder.load_state_dict({name: value for name, value in state.items() if name in known}, strict=True)
    return model
