"""A question's vector without the library that makes passages' vectors.

A question is a dozen tokens: six layers over them are milliseconds of numpy, while importing torch and
sentence-transformers takes seconds and half a gigabyte. What is made here is the same to float32's rounding.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from index.errors import ModelError
from index.store import Vector

_MODULES = ("Transformer", "Pooling", "Normalize")
_POOLING = {"pooling_mode_mean_tokens": True}
_LONGEST = 512
_MEND = "Install it anew, or name another."

Matrix = NDArray[np.float32]


class QuestionEncoder:
    """The forward pass of a BERT whose mean over the tokens is the vector, as of all-MiniLM-L6-v2."""

    def __init__(self, folder: Path) -> None:
        """Reads a sentence-transformers folder that `fits`. Raises ModelError where its files are not what they say."""
        config = _read_json(folder / "config.json")
        self._heads = int(config["num_attention_heads"])
        self.dimension = int(config["hidden_size"])
        self._epsilon = np.float32(config["layer_norm_eps"])
        try:
            loaded = load_file(folder / "model.safetensors")
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{folder}: the embedding model cannot be read ({error}). {_MEND}") from error
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:
            raise ModelError(f"{folder}: the model's tokenizer cannot be read ({error}). {_MEND}") from error
        # A product with few rows takes half the time where the weights lie in the order that it reads them.
        self._weights: dict[str, Matrix] = {
            name: np.ascontiguousarray(weight.T) if weight.ndim > 1 and name.startswith("encoder.") else weight
            for name, weight in loaded.items()
        }
        self._layers = int(config["num_hidden_layers"])
        self.max_tokens = int(_read_json(folder / "sentence_bert_config.json").get("max_seq_length") or _LONGEST)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    @staticmethod
    def fits(folder: Path) -> bool:
        """Whether the model in a folder is one whose vectors can be made here: else its own library makes them."""
        config, modules = _read_json(folder / "config.json"), _read_json(folder / "modules.json")
        pooling = _read_json(folder / "1_Pooling" / "config.json")
        modes = {name: on for name, on in pooling.items() if name.startswith("pooling_mode_") and on}
        return (
            config.get("architectures") == ["BertModel"]
            and config.get("hidden_act") == "gelu"
            and config.get("position_embedding_type", "absolute") == "absolute"
            and [str(module["type"]).rpartition(".")[2] for module in modules] == list(_MODULES)
            and modes == _POOLING
            and not _read_json(folder / "config_sentence_transformers.json").get("prompts")
            and (folder / "model.safetensors").is_file()
            and (folder / "tokenizer.json").is_file()
        )

    def __call__(self, text: str) -> Vector:
        """The unit vector of a text, of shape (dimension,); what is past the model's longest input is not seen."""
        ids = self._tokenizer.encode(text).ids
        states = self._embed(ids if len(ids) <= self.max_tokens else ids[: self.max_tokens - 1] + ids[-1:])
        for number in range(self._layers):
            states = self._layer(states, f"encoder.layer.{number}.")
        mean = states.mean(axis=0)
        unit: Vector = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return unit

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many of the model's tokens each text has, special ones not counted."""
        return [len(one.ids) for one in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def _embed(self, ids: list[int]) -> Matrix:
        weights = self._weights
        summed = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][: len(ids)]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        return self._normalised(summed, "embeddings.LayerNorm")

    def _layer(self, states: Matrix, at: str) -> Matrix:
        query, key, value = (
            self._heads_of(self._linear(states, f"{at}attention.self.{name}")) for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1]))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        attended = (shares @ value).transpose(1, 0, 2).reshape(states.shape)
        attended = self._linear(attended, f"{at}attention.output.dense") + states
        attended = self._normalised(attended, f"{at}attention.output.LayerNorm")
        wide = _gelu(self._linear(attended, f"{at}intermediate.dense"))
        return self._normalised(self._linear(wide, f"{at}output.dense") + attended, f"{at}output.LayerNorm")

    def _heads_of(self, states: Matrix) -> Matrix:
        return states.reshape(len(states), self._heads, -1).transpose(1, 0, 2)

    def _linear(self, states: Matrix, name: str) -> Matrix:
        product: Matrix = states @ self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return product

    def _normalised(self, states: Matrix, name: str) -> Matrix:
        width = states.shape[-1]
        centred: Matrix = states - states.sum(axis=-1, keepdims=True) / width
        spread = np.sqrt(np.einsum("ij,ij->i", centred, centred) / width + self._epsilon)
        centred /= spread[:, None]
        centred *= self._weights[f"{name}.weight"]
        centred += self._weights[f"{name}.bias"]
        return centred


def _gelu(x: Matrix) -> Matrix:
    """x times the normal distribution's share below x; the error function after Abramowitz and Stegun, 7.1.26."""
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = np.float32(1.061405429) * t
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series += np.float32(factor)
        series *= t
    below = 1 - series * np.exp(-z * z)
    shaped: Matrix = x * (1 + np.copysign(below, x)) / 2
    return shaped


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
