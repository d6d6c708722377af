"""A hub on 127.0.0.1 for tests: repositories in memory, and misbehaviour on demand.

Speaks what ``huggingface_hub`` asks of the real one: ``/api/models/{repo}[/revision/{rev}]`` and
``/{repo}/resolve/{rev}/{file}`` with Range; like there, large files come by a redirect to another host.
Its faults are the kinds of `Fault`.
"""

from __future__ import annotations

import gzip
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import numpy.typing as npt
import pytest

from tests.formats.made import safetensors_bytes

# Of each client, though none of it speaks TLS: the certificates of all authorities, 30 ms.
_context = cache(ssl.create_default_context)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PAGE = b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>Hotel WiFi</body></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 1234\n" % 0


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose path ends with `path`.

    `kind`, for any request:

    - ``status``: the status `value`
    - ``page``: a login page with status 200
    - ``nonsense``: no HTTP at all
    - ``loop``: a redirect to itself
    - ``mute``: no answer until the server closes
    - ``slow-head``: an answer whose header never ends, a byte every `value` milliseconds

    and for files:

    - ``ignore-range``, ``wrong-total`` and ``wrong-range`` (in Content-Range)
    - ``other``: `content` in place of the file, and `headers`
    - ``short``, ``long``: a Content-Length that is one too small (and the body is), one too large
    - ``extra``: more bytes than Content-Length says
    - ``gzip``: compressed, though nobody asked for that
    - ``chunked``: in chunks, without Content-Length; ``chunked-cut``: and no end after `value` bytes
    - ``break``: the connection breaks after `value` bytes
    - ``stall``: nothing comes after `value` bytes until the server closes
    - ``dribble``: `value` bytes a second
    """

    kind: str
    path: str
    value: int = 0
    times: int = 10**9
    after: int = 0  # how many such requests go well before
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    host: str = ""  # only of requests to this host name


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    host: str
    range: str | None
    token: str | None


class HubServer:
    """The server's state; `url` is the endpoint."""

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, bytes]] = {}
        self.commit = COMMIT
        self.cdn = False  # whether safetensors come from another host name
        self.sizes = True  # whether the list of files has their sizes
        self.marks = {"ETag": '"1"'}  # what answers say of a file's version
        self.linked = {"X-Linked-ETag": '"1"'}  # what redirects say of it
        self.closing = threading.Event()
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.sent: dict[str, int] = {}  # bytes of bodies of files, by file
        self.lock = threading.Lock()
        hub = self

        class Handler(_Handler):
            server_state = hub

        self._http = _Server(("127.0.0.1", 0), Handler)
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def take_fault(self, path: str, host: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and path.endswith(fault.path) and fault.host in ("", host):
                    fault.after -= 1
                    if fault.after < 0:
                        fault.times -= 1
                        return fault
        return None


@contextmanager
def running() -> Iterator[HubServer]:
    server = HubServer()
    try:
        yield server
    finally:
        server.close()


def use(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What HF_ENDPOINT does when huggingface_hub is imported."""
    constants = import_module("huggingface_hub.constants")
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("ssl.create_default_context", _context)


@contextmanager
def used(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[HubServer]:
    """A running hub that ``huggingface_hub`` asks, and an empty cache."""
    utils = import_module("huggingface_hub.utils")
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(cache))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    utils.close_session()
    with running() as server:
        use(server.url, monkeypatch)
        yield server
        utils.close_session()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes
    server_state: HubServer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        hub, path = self.server_state, unquote(urlsplit(self.path).path)
        with hub.lock:
            hub.asked.append(
                Asked(
                    path,
                    self.headers["Host"].partition(":")[0],
                    self.headers["Range"],
                    self.headers["Authorization"],
                )
            )
        fault = hub.take_fault(path, hub.asked[-1].host)
        if fault is not None and (misbehave := getattr(self, "_" + fault.kind.replace("-", "_"), None)):
            misbehave(fault)
        elif path.startswith("/api/models/"):
            self._model_info(path.removeprefix("/api/models/"))
        elif match := re.fullmatch(r"(?:/cdn)?/(.+)/resolve/([^/]+)/(.+)", path):
            self._file(path, match[1], match[2], match[3], fault)
        else:
            self._answer(404, b"{}")

    def _status(self, fault: Fault) -> None:
        self._answer(fault.value, b'{"error": "as the test wants"}', fault.headers)

    def _page(self, fault: Fault) -> None:
        self._answer(200, PAGE, {"Content-Type": "text/html; charset=utf-8"} | fault.headers)

    def _nonsense(self, fault: Fault) -> None:
        self.wfile.write(b"220 ftp.example.org ready\r\n")
        self.close_connection = True

    def _loop(self, fault: Fault) -> None:
        self._answer(302, b"", {"Location": self.path})

    def _mute(self, fault: Fault) -> None:
        self.server_state.closing.wait(60)
        self.close_connection = True

    def _slow_head(self, fault: Fault) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        self._slowly(b"x" * 60_000, 1, fault.value / 1000)

    def _slowly(self, content: bytes, step: int, pause: float) -> None:
        """Send a few bytes at a time, until the client has enough or the server closes."""
        self.close_connection = True
        try:
            for at in range(0, len(content), step):
                self.wfile.write(content[at : at + step])
                if self.server_state.closing.wait(pause):
                    return
        except OSError:
            pass

    def _model_info(self, path: str) -> None:
        hub = self.server_state
        repo, _, revision = path.partition("/revision/")
        if repo not in hub.repos:
            return self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        if revision not in ("", "main", "v1", hub.commit):
            return self._answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        files: list[dict[str, Any]] = [{"rfilename": name} for name in hub.repos[repo]]
        if hub.sizes:
            files = [file | {"size": len(hub.repos[repo][file["rfilename"]])} for file in files]
        info = {"id": repo, "sha": hub.commit, "siblings": files, "tags": ["gpt2", "license:mit"]}
        return self._answer(200, json.dumps(info).encode(), {"Content-Type": "application/json"})

    def _file(self, path: str, repo: str, revision: str, file: str, fault: Fault | None) -> None:
        hub = self.server_state
        content = hub.repos.get(repo, {}).get(file)
        if fault is not None and fault.kind == "other" and fault.content:
            content = fault.content
        if content is None or revision != hub.commit:
            return self._answer(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        if hub.cdn and file.endswith(".safetensors") and not path.startswith("/cdn"):
            place = f"http://localhost:{hub.port}/cdn{self.path}"
            answer = {"Location": place, "X-Repo-Commit": hub.commit} | hub.linked
            return self._answer(302, b"", answer | (fault.headers if fault else {}))
        headers = {"X-Repo-Commit": hub.commit, "Accept-Ranges": "bytes"} | hub.marks
        if fault is not None and fault.kind == "other":
            headers |= fault.headers
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"] or "")
        kind = fault.kind if fault else ""
        if asked is None or kind == "ignore-range":
            return self._send(200, file, content, headers, fault)
        low, high, total = int(asked[1]), int(asked[2]), len(content)
        if low >= total:
            return self._answer(416, b"", {"Content-Range": f"bytes */{total}"})
        body = content[low : high + 1]
        shift, more = int(kind == "wrong-range"), int(kind == "wrong-total")
        end = low + len(body) - 1
        headers["Content-Range"] = f"bytes {low + shift}-{end + shift}/{total + more}"
        return self._send(206, file, body, headers, fault)

    def _send(
        self, status: int, file: str, body: bytes, headers: dict[str, str], fault: Fault | None
    ) -> None:
        kind, value = (fault.kind, fault.value) if fault else ("", 0)
        if kind == "gzip":
            body, headers = gzip.compress(body), headers | {"Content-Encoding": "gzip"}
        promised = {"Content-Length": str(len(body) - (kind == "short") + (kind == "long"))}
        if kind.startswith("chunked"):
            promised = {"Transfer-Encoding": "chunked"}
        self.send_response(status)
        for name, said in (promised | headers).items():
            self.send_header(name, said)
        self.end_headers()
        if kind == "dribble":
            self._slowly(body, max(1, value // 20), max(1, value // 20) / value)
            return
        cut = {"break": value, "stall": value, "chunked-cut": value, "short": len(body) - 1}
        sent = body[: cut.get(kind, len(body))] + b"!" * 9 * (kind == "extra")
        try:
            for low in range(0, len(sent), 1 << 16):
                part = sent[low : low + (1 << 16)]
                whole = b"%x\r\n%b\r\n" % (len(part), part) if kind.startswith("chunked") else part
                self.wfile.write(whole)
                with self.server_state.lock:
                    counted = self.server_state.sent
                    counted[file] = counted.get(file, 0) + len(part)
            if kind == "chunked":
                self.wfile.write(b"0\r\n\r\n")
        except OSError:  # the client has seen enough
            self.close_connection = True
        if kind == "stall":
            self.server_state.closing.wait(60)
        if kind in ("break", "stall", "long", "extra", "chunked-cut"):
            self.close_connection = True

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


Tensors = dict[str, npt.NDArray[np.float32]]


def gpt2_large(n: int = 2000, d: int = 16, layers: int = 36, seed: int = 0) -> Tensors:
    """All tensors of GPT-2 large by name, with `n` tokens and `d` dimensions."""
    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(layers):
        for name, shape in {
            "attn.bias": (1, 1, 8, 8), "attn.c_attn.bias": (3 * d,), "attn.c_attn.weight": (d, 3 * d),
            "attn.c_proj.bias": (d,), "attn.c_proj.weight": (d, d),
            "ln_1.bias": (d,), "ln_1.weight": (d,), "ln_2.bias": (d,), "ln_2.weight": (d,),
            "mlp.c_fc.bias": (4 * d,), "mlp.c_fc.weight": (d, 4 * d),
            "mlp.c_proj.bias": (d,), "mlp.c_proj.weight": (4 * d, d),
        }.items():  # fmt: skip
            shapes[f"h.{layer}.{name}"] = shape
    shapes |= {"ln_f.bias": (d,), "ln_f.weight": (d,), "wpe.weight": (1024, d), "wte.weight": (n, d)}
    return {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}


def gpt2_files(n: int = 2000, seed: int = 0) -> dict[str, bytes]:
    """The files of a repository of GPT-2 large with `n` tokens."""
    vocabulary = {f"Ġtoken{id}": id for id in range(n - 1)} | {"<|endoftext|>": n - 1}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [{"id": n - 1, "content": "<|endoftext|>", "special": True}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    }
    return {
        ".gitattributes": b"",
        "README.md": b"# GPT-2 large",
        "config.json": json.dumps({"model_type": "gpt2", "vocab_size": n}).encode(),
        "model.safetensors": safetensors_bytes(gpt2_large(n, seed=seed)),
        "pytorch_model.bin": b"never to be fetched" * 1000,
        "tokenizer.json": json.dumps(tokenizer).encode(),
        "tokenizer_config.json": json.dumps({"model_max_length": 1024}).encode(),
        "vocab.json": json.dumps(vocabulary).encode(),
    }
