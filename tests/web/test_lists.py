"""The start page's endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import tokensphere as ts
from tokensphere.web.session import Session

Ended = Callable[[str], dict[str, Any]]


def test_lists_are_those_of_the_library(client: TestClient, session: Session) -> None:
    reply = client.get("/api/lists?seed=3&index=7&n=2&k=5&centered=1").json()
    directions = ts.RandomDirections(16, 2, first=7, seed=3)
    found = ts.nearest(session.space, directions, k=5, centered=True)
    assert [[n["id"] for n in one["neighbors"]] for one in reply["lists"]] == found.ids.tolist()
    assert [one["title"] for one in reply["lists"]] == ["seed 3, index 7", "seed 3, index 8"]


def test_a_sum_is_read_as_it_is_typed(client: TestClient, session: Session) -> None:
    reply = client.get("/api/lists", params={"tokens": " king - man + woman", "k": 4}).json()
    found = ts.nearest(session.space, positive=[" king", " woman"], negative=[" man"], k=4)
    assert [n["id"] for n in reply["lists"][0]["neighbors"]] == found.ids[0].tolist()
    assert "--negative id:" in reply["how"]["command"]


def test_cards_come_when_chance_is_drawn(client: TestClient, session: Session, ended: Ended) -> None:
    asked = {"seed": 0, "index": 0, "n": 2, "k": 5}
    first = client.get("/api/cards", params=asked).json()
    assert ended(first["work"])["state"] == "done"
    cards = client.get("/api/cards", params=asked).json()["cards"]
    search = ts.SearchSettings(k=5)
    want = ts.cards(session.space, ts.RandomDirections(16, 2), search=search)
    for card, own in zip(cards, want, strict=True):
        assert card["coherence"] == own.coherence
        assert [c["p"] for c in card["chance"]] == [c.p for c in own.chance]
        assert {c["of"] for c in card["chance"]} == {"wordless", "random"}
        assert card["shared"]["p"] == own.shared.p  # type: ignore[union-attr]


def test_a_vector_that_is_dropped_or_pasted_is_looked_at(client: TestClient, session: Session) -> None:
    vector = np.random.default_rng(5).normal(size=16)
    text = "[" + ", ".join(map(repr, vector.tolist())) + "]"
    sent = client.post("/api/vector?pasted=1", content=text).json()
    reply = client.get("/api/lists", params={"vector": sent["id"], "k": 3}).json()
    want = ts.nearest(session.space, vector, k=3).ids[0].tolist()
    assert [n["id"] for n in reply["lists"][0]["neighbors"]] == want


def test_of_a_file_of_several_each_can_be_looked_at(
    client: TestClient, session: Session, tmp_path: Any
) -> None:
    matrix = np.random.default_rng(6).normal(size=(7, 16)).astype(np.float32)
    np.save(tmp_path / "probes.npy", matrix)
    content = (tmp_path / "probes.npy").read_bytes()
    sent = client.post("/api/vector?name=probes.npy", content=content).json()
    assert sent["count"] == 7
    assert session.given.directions is None  # what the command line gave stays
    reply = client.get("/api/lists", params={"vector": sent["id"], "row": 3, "k": 3}).json()
    assert reply["lists"][0]["title"] == "probes.npy[3]"
    want = ts.nearest(session.space, matrix[3], k=3).ids[0].tolist()
    assert [n["id"] for n in reply["lists"][0]["neighbors"]] == want


def test_completion_knows_spaces_and_case(client: TestClient) -> None:
    def shown(text: str) -> list[str]:
        return [
            one["shown"] for one in client.get("/api/complete", params={"text": text}).json()["tokens"]
        ]

    assert shown(" ki")[0] == "␣king" and shown("␣ki")[0] == "␣king"
    assert set(shown("PAR")) == {"Paris", "␣Paris"}
    assert shown("zzzz") == [] and shown("") == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("tokens=nosuchword", "no token 'nosuchword'"),
        ("tokens=%20king%20-%20", "missing beside a sign"),
        ("k=0", "k is 0, but must lie between 1 and 200"),
        ("k=9999", "between 1 and 200"),
        ("k=x", "must be a whole number"),
        ("similarity=euclid", "unknown similarity 'euclid'"),
        ("centered=2", "must be 1 or 0"),
        ("seed=-1", "seed is -1"),
        ("n=1000", "n is 1000"),
        ("vector=abc", "drop the file here again"),
        ("row=0", "no directions were given"),
    ],
)
def test_what_cannot_be_is_one_line(client: TestClient, query: str, says: str) -> None:
    reply = client.get(f"/api/lists?{query}")
    line = reply.json()["error"]
    assert reply.status_code == 400 and says in line and "\n" not in line


@pytest.mark.parametrize(
    ("query", "content", "says"),
    [
        ("pasted=1", b"1, 2, 3", "3 numbers were pasted, but a vector of this model has 16"),
        ("pasted=1", b"1, 2, zebra", "zebra"),
        ("name=x.txt", b"1 2 3", "is no file of vectors"),
        ("name=x.npy", b"no numpy", "x.npy"),
        ("name=x.safetensors", b"\x00" * 64, "x.safetensors"),
    ],
)
def test_what_is_no_vector_is_one_line_without_a_path(
    client: TestClient, query: str, content: bytes, says: str
) -> None:
    reply = client.post(f"/api/vector?{query}", content=content)
    line = reply.json()["error"]
    assert reply.status_code == 400 and says in line and "/tmp" not in line and "\n" not in line
