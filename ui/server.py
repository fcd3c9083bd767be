"""A site served from a thread, until it is stopped."""

from __future__ import annotations

import errno
import signal
import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from index.errors import DatelineError

FIRST_PORT, PORTS_TRIED = 7860, 100
SECONDS_TO_FINISH = 3  # for answers under way when the server is stopped


class Server:
    """A site at an address. Forwarded headers are believed of a proxy on this machine only."""

    def __init__(self, site: ASGIApp, host: str = "127.0.0.1", port: int | None = None) -> None:
        """Takes the port, or the first free one from 7860. Raises DatelineError where it cannot."""
        self._socket = _bound(host, port)
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(
            site,
            log_config=None,  # what it says goes where the command's own messages go
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
            # Longer than callers and proxies keep an idle connection, so that none sends into one that is being closed.
            timeout_keep_alive=75,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="server", daemon=True)
        shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104
        self.local_url = f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}/"

    def start(self) -> None:
        """Begins to serve and returns at once; who calls before it is up waits in the socket's line."""
        self._thread.start()

    def block_thread(self) -> None:
        """Waits until the server ends, which an interrupt or a termination signal brings about in good order."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop())
        self._thread.join()

    def close(self) -> None:
        """Stops serving, and waits for the end of it."""
        self._stop()
        self._thread.join()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def _stop(self) -> None:
        self._server.should_exit = True


def _bound(host: str, port: int | None) -> socket.socket:
    if not host:  # which the system would take for every address
        raise DatelineError("cannot serve on no address: give --host one of this machine's, or 0.0.0.0 for all.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ports = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    mend = "Choose another port with --port."
    for tried in ports:
        try:
            listening = socket.create_server((host, tried), family=family, backlog=2048)
            # Else the end of a reply would wait up to 40 ms for the caller's word that its beginning had come.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return listening
        except OSError as error:
            reason = error
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                mend = "Give --host an address of this machine, such as 127.0.0.1 or 0.0.0.0."
                break
    raise DatelineError(f"cannot serve on {host}:{ports[0]}: {reason}. {mend}")
