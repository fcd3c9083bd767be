"""The archives that one server was started with, each under its folder's name.

A link names one of these, and is never read as a path.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import SettingsError
from ui.desk import Desk

if TYPE_CHECKING:
    from rag.config import Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another archive of this server: its name, and its page's address as seen from the page that names it."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Archives:
    """The desks of a server's archives, in the order given; the first is at "/" and the others at /archives/NAME."""

    desks: tuple[Desk, ...]

    @classmethod
    def opened(cls, first: Path, also: Sequence[Path], settings: Settings) -> Archives:
        """The archives of these folders, which share their models.

        Raises SettingsError for two of one name, a name that cannot stand in an address, or a store beside them.
        """
        from index.embedding import SentenceTransformerEmbedder

        if also and settings.store is not None:
            raise SettingsError("DATELINE_STORE is one archive, so no other can be served beside it: leave one out.")
        embedder, loading = SentenceTransformerEmbedder(settings.model, device=settings.device), threading.Lock()
        desks = tuple(Desk(path, settings, embedder=embedder, loading=loading) for path in (first, *also))
        names = [desk.name for desk in desks]
        for name in names[1:]:
            if not _NAME.fullmatch(name):
                raise SettingsError(f"The folder {name!r} cannot be named in a link: use letters, digits, - _ and '.'.")
        if len(set(names)) < len(names):
            raise SettingsError(f"Two archives have one folder name, and links could not tell them apart: {names}.")
        return cls(desks)

    def path(self, desk: Desk) -> str:
        """Where the desk's page is, below the site's own path."""
        return "/" if desk is self.desks[0] else f"/archives/{desk.name}"

    def beside(self, desk: Desk) -> tuple[Neighbour, ...]:
        """The others, as seen from the desk's page."""
        home = "./" if desk is self.desks[0] else "../../"
        others = (other for other in self.desks if other is not desk)
        return tuple(
            Neighbour(one.name, home + self.path(one)[1:] + "/" * (one is not self.desks[0])) for one in others
        )
