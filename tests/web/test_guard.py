"""Nobody else comes in: asked over plain HTTP, as an attacker would."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.web.serving import Served, small_space
from tokensphere.web.addresses import ENDPOINTS
from tokensphere.web.app import VIEWS
from tokensphere.web.session import Session

Headers = dict[str, str]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = Served(Session(small_space(), cache=False))
    yield served
    served.close()


def ask(
    served: Served, path: str, method: str = "GET", headers: Headers | None = None, body: bytes = b""
) -> tuple[int, Headers, bytes]:
    """One request with just these headers; a Host that is None stands for none."""
    connection = http.client.HTTPConnection("127.0.0.1", served.door.port, timeout=10)
    given = {"Host": f"127.0.0.1:{served.door.port}", **(headers or {})}
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in given.items():
        if value is not None:
            connection.putheader(name, value)
    if method == "POST":
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body if method == "POST" else None)
    reply = connection.getresponse()
    found = reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
    connection.close()
    return found


def inside(served: Served, **more: str) -> Headers:
    return {"Cookie": f"{served.door.cookie}={served.door.secret}", **more}


def own(served: Served, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{served.door.port}"


def test_with_the_cookie_one_is_in(served: Served) -> None:
    status, headers, body = ask(served, "/api/info", headers=inside(served))
    assert status == 200 and json.loads(body)["model"] == "small"
    assert headers["cache-control"] == "no-store"


def test_the_secret_in_the_address_becomes_a_cookie(served: Served) -> None:
    status, headers, _ = ask(served, f"/map?a=1&secret={served.door.secret}")
    assert status == 303 and headers["location"] == "/map?a=1"
    cookie = headers["set-cookie"]
    assert all(part in cookie for part in (served.door.secret, "HttpOnly", "SameSite=Strict", "Path=/"))


def test_a_wrong_secret_gets_none(served: Served) -> None:
    status, headers, _ = ask(served, "/map?secret=wrong")
    assert status == 303 and "set-cookie" not in headers


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "///evil.example/x"])
def test_an_entry_leads_to_no_other_host(served: Served, path: str) -> None:
    status, headers, _ = ask(served, f"{path}?secret={served.door.secret}")
    assert status == 303 and not headers["location"].startswith(("//", "/\\", "http"))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.path)
def test_no_endpoint_answers_without_the_secret(served: Served, endpoint: object) -> None:
    path, change = endpoint.path.replace("{", "").replace("}", ""), endpoint.change  # type: ignore[attr-defined]
    method, origin = ("POST", {"Origin": own(served)}) if change else ("GET", {})
    for cookie in ({}, {"Cookie": f"{served.door.cookie}=wrong"}, {"Cookie": "tokensphere=;;=,"}):
        status, _, body = ask(served, path, method, {**origin, **cookie})
        assert status == 403 and list(json.loads(body)) == ["error"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "",
    ],
)
def test_a_foreign_host_is_refused_even_with_the_secret(served: Served, host: str) -> None:
    for path in ("/", "/main.js", "/api/info", f"/?secret={served.door.secret}"):
        named = inside(served, Host=host.format(port=served.door.port))
        status, headers, _ = ask(served, path, headers=named)
        assert status in (400, 403) and "set-cookie" not in headers


def test_no_host_at_all_is_refused(served: Served) -> None:
    assert ask(served, "/api/info", headers=inside(served, Host=None))[0] in (400, 403)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_names_of_the_loopback_are_ours(served: Served, host: str) -> None:
    named = inside(served, Host=f"{host}:{served.door.port}")
    assert ask(served, "/api/info", headers=named)[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", None]
)
def test_what_changes_something_comes_from_our_own_page(served: Served, origin: str | None) -> None:
    foreign = {} if origin is None else {"Origin": origin.format(port=served.door.port)}
    status, _, _ = ask(served, "/api/work/x/stop", "POST", inside(served, **foreign))
    assert status == 403
    status, _, _ = ask(served, "/api/work/x/stop", "POST", inside(served, Origin=own(served)))
    assert status == 400  # in, but there is no such work


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_reads_nothing(served: Served, site: str) -> None:
    status, _, _ = ask(served, "/api/info", headers=inside(served, **{"Sec-Fetch-Site": site}))
    assert status == 403
    same = inside(served, **{"Sec-Fetch-Site": "same-origin"})
    assert ask(served, "/api/info", headers=same)[0] == 200


@pytest.mark.parametrize(
    "path", ["/", "/main.js", "/api/info", "/nothing", "/api/work/x", "/?secret=wrong"]
)
def test_every_reply_has_the_headers_that_browsers_heed(served: Served, path: str) -> None:
    _, headers, _ = ask(served, path, headers=inside(served))
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert not any(name.startswith("access-control") for name in headers)
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml", "/..%2f..%2fpyproject.toml", "/%2e%2e/%2e%2e/etc/passwd",
        "/static/../app.py", "/app.py", "/static/main.js", "/....//....//etc/passwd",
        "/main.js/../../app.py", "//etc/passwd",
        "/api/../app.py", "/%00", "/main.js%00.py",
    ],
)  # fmt: skip
def test_nothing_else_of_the_disk_is_served(served: Served, path: str) -> None:
    status, _, body = ask(served, path, headers=inside(served))
    assert status in (400, 404) and b"import" not in body and b"root:" not in body


@pytest.mark.parametrize("path", VIEWS)
def test_the_shell_is_the_same_for_all_and_runs_nothing_inline(served: Served, path: str) -> None:
    status, headers, body = ask(served, path)
    text = body.decode()
    assert status == 200 and headers["content-type"].startswith("text/html")
    assert "<style" not in text and " style=" not in text and "onclick" not in text
    assert all(part.startswith(' type="module" src="/') for part in text.split("<script")[1:])
    assert served.door.secret not in text


def test_a_file_that_did_not_change_is_not_sent_again(served: Served) -> None:
    _, headers, _ = ask(served, "/main.js")
    assert ask(served, "/main.js", headers={"If-None-Match": headers["etag"]})[0] == 304


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(served: Served) -> None:
    head = inside(served, Origin=own(served), **{"Content-Length": str(10**12)})
    with socket.create_connection(("127.0.0.1", served.door.port), timeout=10) as connection:
        lines = [f"Host: 127.0.0.1:{served.door.port}", *(f"{k}: {v}" for k, v in head.items())]
        request = "\r\n".join(["POST /api/vector?name=x.npy HTTP/1.1", *lines, "", ""])
        connection.sendall(request.encode())
        assert b" 413 " in connection.recv(4096)


def test_an_upload_without_a_length_ends_at_the_limit(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.door.port), timeout=10) as connection:
        head = inside(served, Origin=own(served), **{"Transfer-Encoding": "chunked"})
        lines = [f"Host: 127.0.0.1:{served.door.port}", *(f"{k}: {v}" for k, v in head.items())]
        connection.sendall("\r\n".join(["POST /api/work/x/stop HTTP/1.1", *lines, "", ""]).encode())
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with suppress(OSError):  # the server hangs up
            for _ in range(32):  # 2 MB where 1 is allowed
                connection.sendall(chunk)
        assert b" 413 " in connection.recv(4096)


def test_slow_clients_keep_nobody_waiting(served: Served) -> None:
    slow = [socket.create_connection(("127.0.0.1", served.door.port), timeout=10) for _ in range(20)]
    try:
        for one in slow:
            one.sendall(b"POST /api/vector HTTP/1.1\r\nHost: 127")  # and never the rest
        started = time.monotonic()
        assert ask(served, "/api/lists?k=3", headers=inside(served))[0] == 200
        assert time.monotonic() - started < 5
    finally:
        for one in slow:
            one.close()


def test_an_upload_that_stalls_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokensphere.web.api._SLOWEST", 0.2)
    head = inside(served, Origin=own(served), **{"Content-Length": "1000"})
    with socket.create_connection(("127.0.0.1", served.door.port), timeout=10) as connection:
        lines = [f"Host: 127.0.0.1:{served.door.port}", *(f"{k}: {v}" for k, v in head.items())]
        request = "\r\n".join(["POST /api/vector?name=x.npy HTTP/1.1", *lines, "", "half of it"])
        connection.sendall(request.encode())
        assert b" 408 " in connection.recv(4096)


def test_fifty_clients_at_once_get_their_own_answers(served: Served) -> None:
    def one(index: int) -> str:
        status, _, body = ask(served, f"/api/lists?seed=1&index={index}&k=3", headers=inside(served))
        assert status == 200
        return str(json.loads(body)["lists"][0]["title"])

    with ThreadPoolExecutor(50) as pool:
        titles = list(pool.map(one, range(50)))
    assert titles == [f"seed 1, index {index}" for index in range(50)]


def test_who_has_gone_is_not_served(served: Served) -> None:
    """Of searches whose clients have left, only the one that had begun is done."""
    session, done = served.session, list[int]()
    began, go_on = threading.Event(), threading.Event()
    endpoint = next(one for one in ENDPOINTS if one.path == "/api/lists")
    before = session.keep("coherence", lambda: None)
    assert before is not None

    class Slow:
        def coherence(self, ids: object, ks: object) -> object:
            done.append(1)
            began.set()
            go_on.wait(10)
            return before.coherence(ids, ks)

    session.put("coherence", Slow())
    try:
        clients = []
        for _ in range(5):
            one = socket.create_connection(("127.0.0.1", served.door.port), timeout=10)
            lines = [
                f"{k}: {v}" for k, v in inside(served, Host=f"127.0.0.1:{served.door.port}").items()
            ]
            one.sendall("\r\n".join([f"GET {endpoint.path}?k=3 HTTP/1.1", *lines, "", ""]).encode())
            clients.append(one)
        assert began.wait(10)
        for one in clients:
            one.close()
        time.sleep(0.5)  # the server looks every twentieth of a second
        go_on.set()
        assert ask(served, "/api/lists?k=3", headers=inside(served))[0] == 200
        assert len(done) == 2  # the one that had begun, and this one
    finally:
        session.put("coherence", before)


def test_no_reply_names_a_folder_of_this_machine(served: Served) -> None:
    for path in ("/api/info", "/api/lists?k=2", "/api/work/x", "/api/lists?row=1"):
        _, _, body = ask(served, path, headers=inside(served))
        assert b"/home" not in body and b"/tmp" not in body and b"/root" not in body


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.path)
def test_every_address_is_answered_by_its_view(served: Served, endpoint: object) -> None:
    """With nothing asked: by a result, or by one line on what is missing, never by a failure."""
    path, change = endpoint.path.replace("{", "").replace("}", ""), endpoint.change  # type: ignore[attr-defined]
    method, origin = ("POST", {"Origin": own(served)}) if change else ("GET", {})
    status, _, body = ask(served, path, method, inside(served, **origin))
    assert status in (200, 400), body
