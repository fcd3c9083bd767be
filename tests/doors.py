"""The site served for a test: on a thread, from the assistant the tests share; or by the real command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag import Assistant
from rag.config import load_settings
from ui.desk import Desk
from ui.server import Server
from ui.site import build_site

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def serving(archive: Assistant | Path, **settings: Any) -> Iterator[str]:
    """The address, without a slash at its end, of the HTTP doors with these settings until the block ends."""
    chosen = load_settings(**{"rate_limit": 0, **settings})
    server = Server(build_site(Desk(archive, chosen), chosen), port=0)
    server.start()
    try:
        yield server.local_url.rstrip("/")
    finally:
        server.close()


@contextmanager
def command(*arguments: str | Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address that a `dateline` command says it serves on, and its process, ended with the block."""
    line = [sys.executable, "-W", "ignore", "-m", "ui.cli", *map(str, arguments)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(line, cwd=ROOT, env=environment, **pipes)
    try:
        assert process.stdout is not None
        found = re.search(r"http://[\w.]+:\d+", process.stdout.readline())
        assert found, "the server ended before it said where it is"
        yield found[0], process
    finally:
        process.terminate()
        process.communicate(timeout=30)
