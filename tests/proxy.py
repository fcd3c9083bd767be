"""A proxy as nginx would be: it serves another server under a path, which it takes off, and says who asked for what."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "accept-encoding"}


@contextmanager
def proxy(upstream: str, path: str) -> Iterator[str]:
    """The address under which `upstream` is served at `path`; what streams is passed on as it comes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(f"{path}/"):
                self.send_error(404)
                return
            asked = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            asked |= {
                "X-Forwarded-For": self.client_address[0],
                "X-Forwarded-Host": self.headers["Host"],
                "X-Forwarded-Proto": "http",
                "Accept-Encoding": "identity",
            }
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = upstream.rstrip("/") + self.path.removeprefix(path)
            with (
                suppress(OSError),  # the reader went away
                httpx.stream(self.command, url, content=body, headers=asked, timeout=60) as answer,
            ):
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in _HOP_BY_HOP:
                        self.send_header(name, value)
                self.end_headers()
                for chunk in answer.iter_raw():
                    self.wfile.write(chunk)
                    self.wfile.flush()

        do_POST = do_GET  # noqa: N815  # the name that the library calls

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{path}/"
    server.shutdown()
    server.server_close()
