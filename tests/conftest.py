"""What the tests share: the example archive, built once, and the data beside the project where it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.embedding import SentenceTransformerEmbedder
from index.rebuild import Input, rebuild

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


@pytest.fixture(scope="session")
def example_archive(tmp_path_factory: pytest.TempPathFactory, embedder: SentenceTransformerEmbedder) -> Path:
    """The archive of examples/articles, built by the real pipeline."""
    archive = tmp_path_factory.mktemp("archives") / "examples"
    rebuild(archive, Input.of(ROOT / "examples" / "articles", strict=False), embedder)
    return archive


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real data beside the project."""
    folder = ROOT.parent / "shared"
    if not (folder / "newsqa").is_dir():
        pytest.skip("the data folder ../shared is not beside the project")
    return folder
