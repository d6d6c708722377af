"""Blinded ratings over HTTP: what the page is sent, and what it is not."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import tokensphere as ts
from tests.web.serving import small_space
from tokensphere.ratings import parse_ratings, ratings_bytes, read_ratings
from tokensphere.web.lists import shown_token
from tokensphere.web.rate import rating_files
from tokensphere.web.session import Session

Ended = Callable[[str], dict[str, Any]]
SETTINGS = {"lists": 6, "planted": 2, "k": 5, "strays": 0.2}
ONLY = {"rated", "total", "ended", "at", "tokens", "share"}


@pytest.fixture
def begun(client: TestClient, ended: Ended) -> str:
    reply = client.post("/api/rate/begin", json={**SETTINGS, "rater": " Ann "}).json()
    assert ended(reply["work"])["state"] == "done"
    return str(reply["session"])


def say(client: TestClient, session: str, at: int, share: bool) -> dict[str, Any]:
    sent = {"session": session, "at": at, "share": share, "seconds": 1.5}
    reply: dict[str, Any] = client.post("/api/rate/verdict", json=sent).json()
    return reply


def error(reply: Any) -> str:
    assert reply.status_code == 400
    return str(reply.json()["error"])


def test_of_a_list_the_page_gets_its_tokens_and_nothing_else(
    client: TestClient, session: Session, begun: str
) -> None:
    lists = rating_files(session).get(begun)
    shown = client.get("/api/rate/list", params={"session": begun}).json()
    place = {"total": 14, "ended": False, "share": None}
    for at, one in enumerate(lists.lists):
        tokens = [shown_token(session.space.vocabulary, id) for id in one.ids]
        assert shown == {**place, "at": at, "rated": at, "tokens": tokens}
        shown = say(client, begun, at, at % 2 == 0)
    assert shown == {"rated": 14, "total": 14, "ended": False, "at": 14, "tokens": None, "share": None}


def test_nothing_that_tells_an_urn_leaves_before_the_end(
    client: TestClient, session: Session, begun: str
) -> None:
    """No reply has a word of what is known, and what would have one is refused; also in its length."""
    lists = rating_files(session).get(begun)
    said = [client.get("/api/rate/sessions").text]
    for at in range(10):
        shown = say(client, begun, at, True)
        said.append(json.dumps({name: shown[name] for name in ONLY - {"tokens"}}))
    said.append(client.post("/api/rate/undo", json={"session": begun}).text)
    for path in ("result", "export?as=json", "export?as=plan", "export?as=csv", "export?as=result"):
        start, _, query = path.partition("?")
        reply = client.get(f"/api/rate/{start}?session={begun}&{query}")
        assert "9 of 14 lists are rated, and the ratings not ended" in error(reply)
        said.append(reply.text)
    for secret in (str(lists.seed), lists.plan, "planted", '"urn"', "random", "coheren", "theme"):
        own = "".join(said).replace('"planted":10', "").replace("tokens drawn at random", "")
        assert secret not in own, secret
    lengths = {len(text) - len(str(at + 1)) for at, text in enumerate(said[1:10])}
    assert len(lengths) == 1


def test_back_undo_and_end(client: TestClient, session: Session, begun: str) -> None:
    for at in range(3):
        say(client, begun, at, True)
    first = client.get("/api/rate/list", params={"session": begun, "at": 0}).json()
    assert first["share"] is True and first["rated"] == 3
    assert say(client, begun, 0, False)["at"] == 1
    assert client.get("/api/rate/list", params={"session": begun, "at": 0}).json()["share"] is False
    assert client.post("/api/rate/undo", json={"session": begun}).json()["at"] == 2
    assert client.get("/api/rate/list", params={"session": begun, "at": 9}).json()["at"] == 2
    told = client.post("/api/rate/finish", json={"session": begun}).json()
    kept = rating_files(session).get(begun)
    assert [one.share for one in kept.verdicts] == [False, True] and kept.ended and kept.rater == "Ann"
    want = ts.judge_ratings(kept)
    assert told["rates"] == want.to_dict()["rates"] and told["seed"] == kept.seed
    assert [one["urn"] for one in told["lists"]] == [one.urn for one in kept.lists[:2]]
    assert client.get("/api/rate/result", params={"session": begun}).json() == told
    for change in ("verdict", "undo"):
        sent = {"session": begun, "at": 2, "share": True, "seconds": 0}
        assert "ended" in error(client.post(f"/api/rate/{change}", json=sent))
    assert client.get("/api/rate/list", params={"session": begun}).json()["tokens"] is None


def test_what_is_saved_is_read_by_command_and_page(
    client: TestClient, session: Session, begun: str, tmp_path: Path
) -> None:
    for at in range(14):
        say(client, begun, at, at % 3 == 0)
    client.post("/api/rate/finish", json={"session": begun})
    kept = rating_files(session).get(begun)
    saved = {
        kind: client.get("/api/rate/export", params={"session": begun, "as": kind})
        for kind in ("json", "csv", "plan", "result")
    }
    assert 'filename="ratings.json"' in saved["json"].headers["content-disposition"]
    (tmp_path / "a.json").write_bytes(saved["json"].content)
    assert read_ratings(tmp_path / "a.json") == kept
    rows = list(csv.DictReader(io.StringIO(saved["csv"].text)))
    assert [row["urn"] for row in rows] == [one.urn for one in kept.lists]
    assert rows[0]["share"] == "true" and len(rows) == 14
    assert saved["result"].json()["raters"][0]["rates"]["random"]["n"] == 6
    plan = parse_ratings(saved["plan"].content, "plan")
    assert plan.plan == kept.plan and not plan.verdicts and plan.ended is None and plan.rater == ""
    # The plan is somebody else's to rate, and both can be compared.
    other = client.post("/api/rate/open?name=plan.json&rater=Bob", content=saved["plan"].content).json()
    for at in range(14):
        say(client, other["session"], at, at % 2 == 0)
    client.post("/api/rate/finish", json={"session": other["session"]})
    same = ts.compare_ratings([kept, rating_files(session).get(other["session"])]).same
    assert same[0].raters == ("Ann", "Bob")
    again = client.post("/api/rate/open?name=a.json", content=saved["json"].content).json()["session"]
    assert rating_files(session).get(again) == kept and again != begun


def test_sessions_are_listed_the_newest_first_and_removed(
    client: TestClient, begun: str, session: Session
) -> None:
    other = ts.draw_ratings(small_space(seed=5), ts.RatingSpec(2, 0, k=4), seed=1)
    rating_files(session).put("0" * 16, other.unrated("2020-01-02T03:04:05+00:00", "\u202eBob"))
    listed = client.get("/api/rate/sessions").json()["sessions"]
    assert [one["id"] for one in listed] == [begun, "0" * 16]
    assert listed[0]["rater"] == "Ann" and listed[0]["here"] and not listed[1]["here"]
    assert listed[1]["rater"] == "\\u202eBob"
    assert "another matrix" in error(client.get("/api/rate/list", params={"session": "0" * 16}))
    assert client.post("/api/rate/remove", json={"session": begun}).status_code == 200
    assert [one["id"] for one in client.get("/api/rate/sessions").json()["sessions"]] == ["0" * 16]
    assert "there are no ratings" in error(client.post("/api/rate/remove", json={"session": begun}))


def test_files_on_the_disk_are_whole_and_damaged_ones_can_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path))
    session = Session(small_space())
    try:
        files = rating_files(session)
        assert files.folder == tmp_path / "ratings" and files.names() == []
        lists = ts.draw_ratings(session.space, ts.RatingSpec(2, 0, k=4), seed=1)
        lists = lists.unrated("2020-01-02T03:04:05+00:00")
        files.put("a" * 16, lists)
        files.change("a" * 16, lambda one: one.said(0, True, 1))
        assert files.get("a" * 16).verdicts and len(list((tmp_path / "ratings").iterdir())) == 1
        (tmp_path / "ratings" / f"{'b' * 16}.json").write_bytes(ratings_bytes(lists)[:-200])
        (tmp_path / "ratings" / "notes.json").write_text("{}")
        told = {name: type(one).__name__ for name, one in files.every()}
        assert told == {"a" * 16: "Ratings", "b" * 16: "FormatError"}
        files.remove("b" * 16)
        assert files.names() == ["a" * 16]
        for name in ("../../etc/passwd", "notes", "c" * 16, "", "a" * 15 + "/"):
            with pytest.raises(ts.InputError, match="there are no ratings"):
                files.get(name)
    finally:
        session.works.close()


def test_what_is_sent_is_checked(client: TestClient, begun: str) -> None:
    wrong: list[tuple[str, Any, str]] = [
        ("begin", {"lists": 0}, "number of lists"),
        ("begin", {"seed": 1}, "no settings"),
        ("begin", [], "no settings"),
        ("begin", {"rater": 5}, "no text"),
        ("begin", {"chance": "none"}, "unknown chance"),
        ("verdict", {"session": begun, "at": 5, "share": True}, "list 1's turn"),
        ("verdict", {"session": begun, "at": -1, "share": True}, "turn"),
        ("verdict", {"session": begun, "at": True, "share": True}, "at is missing"),
        ("verdict", {"session": begun, "at": 0, "share": 1}, "share is missing"),
        ("verdict", {"session": begun, "at": 0, "share": True, "seconds": "1"}, "no number"),
        ("verdict", {"session": begun, "at": 0, "share": True, "seconds": 10**400}, "no number"),
        ("verdict", {"session": "0" * 16, "at": 0, "share": True}, "there are no ratings"),
        ("undo", {"session": begun}, "no verdict"),
        ("finish", {"session": begun}, "nothing is rated"),
        ("finish", {}, "session is missing"),
    ]
    for path, sent, match in wrong:
        assert match in error(client.post(f"/api/rate/{path}", json=sent)), (path, sent)
    assert "no JSON" in error(client.post("/api/rate/begin", content=b"{"))
    for raw in (b"", b"{}", b"\x00" * 100):
        assert "no ratings" in error(client.post("/api/rate/open?name=x.json", content=raw))
    assert client.get("/api/rate/sessions").json()["sessions"][0]["rated"] == 0


def test_a_plan_that_cannot_be_drawn_ends_in_its_line(client: TestClient, ended: Ended) -> None:
    reply = client.post("/api/rate/begin", json={"lists": 2, "planted": 1, "k": 90}).json()
    work = ended(reply["work"])
    assert work["state"] == "failed" and "no list can be planted" in work["error"]


def test_seeds_of_two_sessions_are_not_the_same(
    client: TestClient, session: Session, begun: str, ended: Ended
) -> None:
    reply = client.post("/api/rate/begin", json=SETTINGS).json()
    ended(reply["work"])
    first, second = (rating_files(session).get(name) for name in (begun, reply["session"]))
    assert first.seed != second.seed and first.plan != second.plan
    assert np.array([one.ids for one in first.lists]).shape == (14, 5)
