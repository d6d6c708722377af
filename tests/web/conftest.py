"""A client that has come in, as a browser has."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.serving import DOOR, small_space
from tokensphere.web.app import make_app
from tokensphere.web.session import Session


@pytest.fixture
def session() -> Iterator[Session]:
    """One start of the page, of a small model; nothing of it is kept in the cache."""
    session = Session(small_space(), cache=False)
    yield session
    session.works.close()


@pytest.fixture
def client(session: Session) -> Iterator[TestClient]:
    """A browser that opened the address that was printed."""
    app = make_app(session, DOOR)
    headers = {"origin": f"http://127.0.0.1:{DOOR.port}"}
    with TestClient(app, base_url=f"http://127.0.0.1:{DOOR.port}", headers=headers) as client:
        client.cookies.set(DOOR.cookie, DOOR.secret)
        yield client


@pytest.fixture
def ended(client: TestClient) -> Callable[[str], dict[str, Any]]:
    """Waits until long work has ended; gives its last state."""

    def wait(id: str, seconds: float = 60) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            work: dict[str, Any] = client.get(f"/api/work/{id}").json()
            if work["state"] in ("done", "stopped", "failed"):
                return work
            time.sleep(0.02)
        raise AssertionError(f"{id} has not ended within {seconds} s")

    return wait
