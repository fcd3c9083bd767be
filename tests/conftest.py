"""What the tests share: the example archive, built once, and the data beside the project where it is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from index.build import Input
from index.embedding import SentenceTransformerEmbedder
from index.rebuild import rebuild
from rag import Assistant

settings.register_profile("untimed", deadline=None)  # how fast a machine is says nothing of what it runs
settings.load_profile("untimed")

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
def assistant(example_archive: Path, embedder: SentenceTransformerEmbedder) -> Iterator[Assistant]:
    """The assistant on the example archive."""
    with Assistant(example_archive, embedder=embedder) as assistant:
        yield assistant


@pytest.fixture(scope="session")
def doors(assistant: Assistant) -> Iterator[str]:
    """The address of the HTTP and MCP doors on the example archive."""
    from tests.doors import serving  # only what asks over HTTP loads what serves it

    with serving(assistant) as url:
        yield url


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real data beside the project."""
    folder = ROOT.parent / "shared"
    if not (folder / "newsqa").is_dir():
        pytest.skip("the data folder ../shared is not beside the project")
    return folder
