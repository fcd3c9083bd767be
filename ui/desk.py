"""The assistant behind the page: opened late, refreshed at each question, and safe to ask from many threads."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.article import Article
from index.errors import DatelineError
from index.generation import ArchivePaths, is_building
from index.store import Coverage
from ui.feedback import Feedback, FeedbackLog
from ui.suggestions import Suggestion, examples

if TYPE_CHECKING:
    from index.embedding import Embedder
    from rag import Assistant
    from rag.config import Settings

log = logging.getLogger(__name__)


class Desk:
    """The assistant behind the page, opened when it is first needed: the page is up before the models are.

    An archive that cannot be opened is tried again at the next question, so that a rebuild mends a page that is open.
    """

    def __init__(
        self,
        archive: Assistant | str | Path,
        settings: Settings | None = None,
        *,
        embedder: Embedder | None = None,
        loading: threading.Lock | None = None,
    ) -> None:
        """Desks that share an embedder share `loading` too: one at a time loads models."""
        given = None if isinstance(archive, str | Path) else archive
        self._path = Path(archive) if isinstance(archive, str | Path) else archive.archive
        self._settings = settings
        self._assistant: Assistant | None = given
        self._lock = threading.Lock()
        self._embedder = embedder
        self._loading = loading
        self._log = FeedbackLog(self._path)
        self._examples: tuple[str, Sequence[Suggestion]] = ("", ())

    @property
    def name(self) -> str:
        """The name of the archive's folder, by which a link names it."""
        return self._path.resolve().name

    @property
    def key(self) -> str:
        """A short name of the archive, by which a browser keeps the conversations of several apart."""
        return hashlib.sha256(str(self._path.resolve()).encode()).hexdigest()[:12]

    def assistant(self) -> Assistant:
        """The assistant, on the newest generation.

        Raises DatelineError where the archive cannot be opened.
        """
        with self._lock:
            if self._assistant is None:
                from rag import Assistant

                elsewhere = self._settings is not None and self._settings.store is not None
                self._assistant = Assistant(
                    None if elsewhere else self._path,
                    settings=self._settings,
                    embedder=self._embedder,
                    loading=self._loading,
                )
            else:
                self._refresh(self._assistant)
            return self._assistant

    def _refresh(self, assistant: Assistant) -> None:
        try:
            assistant.refresh()
        except DatelineError as error:
            log.warning(
                "The newest generation cannot be opened, so %s goes on answering: %s", assistant.generation, error
            )

    def coverage(self) -> Coverage | DatelineError:
        """What the archive holds, or why it cannot be opened."""
        try:
            return self.assistant().coverage()
        except DatelineError as error:
            return error

    @property
    def is_building(self) -> bool:
        """Whether another generation is being built just now."""
        return is_building(ArchivePaths(self._path))

    @property
    def is_warm(self) -> bool:
        """Whether the models are loaded, so that a question is answered at once."""
        return self._assistant is not None and self._assistant.is_warm

    def warm(self) -> None:
        """Loads the models, or waits until they are; where there is no archive to ask yet, it leaves them."""
        try:
            self.assistant().warm()
        except DatelineError as error:
            log.info("Models are not loaded yet: %s", error)

    def prepare(self) -> None:
        """Does what the first reader would otherwise wait for."""
        self.warm()
        self.examples()

    def examples(self) -> Sequence[Suggestion]:
        """Questions about the newest stories; none as long as the models are not loaded."""
        if not self.is_warm:
            return ()
        try:
            assistant = self.assistant()
            if self._examples[0] != assistant.generation:
                self._examples = (assistant.generation, examples(assistant))
        except DatelineError as error:
            log.warning("No example questions: %s", error)
        return self._examples[1]

    def find(self, article_id: str) -> Article | None:
        """The stored article, or None where it is gone or the archive cannot be opened."""
        try:
            article: Article | None = self.assistant().article(article_id)
        except DatelineError:
            return None
        return article

    def keep(self, feedback: Feedback) -> None:
        """Saves a reader's feedback in the archive's log. Raises DatelineError."""
        self._log.add(feedback)
