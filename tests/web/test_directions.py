"""The directions view's endpoints: what they say is what the library says."""

from __future__ import annotations

import csv
import io
import json
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import tokensphere as ts
from tests.cases import case
from tests.cli.running import Command
from tests.web.serving import DOOR, WORDS, small_space
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.analysis.direction_test.result import RankedTest
from tokensphere.analysis.direction_test.statistics import check_statistic
from tokensphere.formats.parquet import read_columns
from tokensphere.geometry.laws import Law
from tokensphere.run import go_on, save
from tokensphere.statistics.draws import MemoryStore
from tokensphere.views import to_json
from tokensphere.views.words import p_of
from tokensphere.web.app import make_app
from tokensphere.web.session import Given, Session

pytest.importorskip("pyarrow")
Ended = Callable[[str], dict[str, Any]]
DRAWS = 900
ASKED: dict[str, Any] = {"nulls": DRAWS, "k": 5}
SPACE = small_space()


def matrix() -> Any:
    """The middles of kinds of words, noise, and one that is no direction."""
    rows = [SPACE.vectors[i : i + 6].mean(axis=0) for i in range(0, len(WORDS), 6)]
    noise = np.random.default_rng(3).normal(size=(30, 16))
    return np.concatenate([rows, noise, np.zeros((1, 16))])


NAMES = [f"blk.{i // 13}.W[{i % 13}]" for i in range(39)]
MIXED = ts.make_directions(SPACE, matrix()).called(NAMES)
GIVEN = MIXED.grouped([f"blk.{i // 13}.W" for i in range(39)])


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    given = Given(directions=GIVEN, directions_from="/secret/sae.gguf:blk.*.W")
    session = Session(SPACE, given, cache=False)
    yield session
    session.works.close()


@contextmanager
def opened(space: ts.EmbeddingSpace, **given: Any) -> Iterator[TestClient]:
    """Another start of the page."""
    session = Session(space, Given(**given), cache=False)
    with TestClient(make_app(session, DOOR), base_url=f"http://127.0.0.1:{DOOR.port}") as client:
        client.cookies.set(DOOR.cookie, DOOR.secret)
        client.headers["origin"] = f"http://127.0.0.1:{DOOR.port}"
        yield client
    session.works.close()


def wait(client: TestClient, asked: dict[str, Any]) -> dict[str, Any]:
    """What is told of a test when nobody works on it."""
    until = time.monotonic() + 60
    while (found := head(client, **asked))["work"] is not None:
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


def head(client: TestClient, **asked: Any) -> dict[str, Any]:
    reply = client.get("/api/directions", params=asked)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def run(client: TestClient, ended: Ended, **asked: Any) -> dict[str, Any]:
    """Do a test from its start to its end."""
    reply = client.post("/api/directions/start", params=asked)
    assert reply.status_code == 200, reply.text
    assert ended(reply.json()["id"])["state"] == "done"
    return head(client, **asked)


def rows(client: TestClient, **asked: Any) -> dict[str, Any]:
    reply = client.get("/api/directions/rows", params=asked)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def library(**options: Any) -> ts.DirectionTest:
    search = ts.SearchSettings(**{"k": 5, "centered": True, **options})
    return ts.direction_test(SPACE, GIVEN, null=ts.NullSpec(draws=DRAWS), search=search)


def test_with_nothing_given_it_says_how_to_give_directions() -> None:
    with opened(SPACE) as client:
        found = head(client)
        assert found["given"] is None and "--directions" in found["how"]["command"]
        reply = client.get("/api/directions/rows")
        assert reply.status_code == 400
        assert reply.json()["error"].endswith("start with --directions FILE, or drop a file")


def test_before_the_test_there_are_names_and_their_nearest_tokens(client: TestClient) -> None:
    found = head(client, **ASKED)
    assert found["test"] is None and found["work"] is None and found["goes_on"]
    assert found["given"]["count"] == 39 and found["given"]["title"] == "sae.gguf:blk.*.W"
    window = rows(client, first=30, count=20, near=1, **ASKED)
    assert (window["total"], window["of"], window["tested"]) == (39, 39, False)
    assert [one["name"] for one in window["rows"]] == NAMES[30:]
    near = ts.nearest(SPACE, matrix()[30:38], k=5, centered=True)
    assert [[t["id"] for t in one["tokens"]] for one in window["rows"][:-1]] == near.ids.tolist()
    assert window["rows"][-1]["untestable"] == "zero"
    assert "tokens" not in rows(client, **ASKED)["rows"][0]
    turned = rows(client, sort="name", down=1, text="W[1", count=3, near=1, **ASKED)
    assert [one["name"] for one in turned["rows"]] == ["blk.2.W[12]", "blk.2.W[11]", "blk.2.W[10]"]
    assert [len(one.get("tokens", ())) for one in turned["rows"]] == [0, 5, 5]


def test_the_test_is_the_library_s(client: TestClient, ended: Ended) -> None:
    found, want = run(client, ended, **ASKED), library()
    test = found["test"]
    assert (test["done"], test["complete"], test["n_draws"]) == (39, True, DRAWS)
    assert test["verdicts"]["untestable"] == 1
    assert (test["axis"], [g["short"] for g in test["groups"]]) == ("layer", ["0", "1", "2"])
    for shown, group in zip(test["groups"], want.groups, strict=True):
        assert shown["share_q_at_most_0_05"] == group["nearness"].q.share
    window = rows(client, count=200, **ASKED)
    order = [*want.order("p").tolist(), 38]
    assert [one["row"] for one in window["rows"]] == order
    for one in window["rows"][:-1]:
        i = one["row"]
        assert [t["id"] for t in one["tokens"]] == want.ids[i].tolist()
        for name, array in (("p", "pvalue"), ("q", "qvalue"), ("effect", "effect"), ("value", "values")):
            assert one[name] == getattr(want["nearness"], array)[i]
        assert one["p_text"] == p_of(want["nearness"], i)
        assert one["shared"] == want.themes.short(i)
    assert window["rows"][-1]["untestable"] == "zero"
    assert not found["goes_on"]
    again = client.post("/api/directions/start", params=ASKED)
    assert again.status_code == 400 and "this test is done" in again.json()["error"]


def test_rows_are_filtered_and_sorted_by_the_server(client: TestClient, ended: Ended) -> None:
    run(client, ended, **ASKED)
    want = library()
    few = rows(client, q=0.05, statistic="label", **ASKED)
    assert few["total"] == int((want["label"].qvalue <= 0.05).sum()) > 0 and few["of"] == 39
    layer = rows(client, group="blk.1.W", sort="given", **ASKED)
    assert [one["row"] for one in layer["rows"]] == list(range(13, 26))
    named = rows(client, text="paris", within="tokens", **ASKED)
    assert named["total"] and all(
        any("paris" in t["shown"].lower() for t in one["tokens"]) for one in named["rows"]
    )
    effects = [one.get("effect") for one in rows(client, sort="effect", down=1, **ASKED)["rows"]][:-1]
    assert effects == sorted(effects, reverse=True)
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"group": "blk.9"}, "unknown group 'blk.9': use one of blk.0.W"),
        ({"sort": "x"}, "unknown sort"),
        ({"q": "x"}, "q is 'x', but must be a number"),
        ({"text": "nowhere", "within": "token"}, "the vocabulary has no token 'nowhere'"),
    ]
    for wrong, line in wrongs:
        reply = client.get("/api/directions/rows", params={**ASKED, **wrong})
        with case(wrong):
            assert reply.status_code == 400 and line in reply.json()["error"]


def test_a_direction_has_both_ends(client: TestClient, ended: Ended) -> None:
    run(client, ended, **ASKED)
    want = library()
    one = client.get("/api/directions/one", params={**ASKED, "row": 2}).json()
    assert [n["id"] for n in one["neighbors"]] == want.ids[2].tolist()
    assert one["place"] == want.order("p").tolist().index(2) + 1 and one["of"] == 38
    for beside in one["chance"]:
        found = want[beside["statistic"]]
        assert (beside["p"], beside["q"]) == (found.pvalue[2], found.qvalue[2])
        assert beside["effect"] == found.effect[2]
    assert one["verdict"] == "meaning" and one["shared"]["themes"]
    whole = ts.direction_test(
        SPACE, GIVEN.both_ends(), null=ts.NullSpec(draws=DRAWS), search=want.search
    )
    assert [n["id"] for n in one["other"]["neighbors"]] == whole.ids[5].tolist()
    assert {c["statistic"]: c["p"] for c in one["other"]["chance"]} == {
        name: whole[name].pvalue[5] for name in ("nearness", "cosine", "coherence", "label")
    }
    zero = client.get("/api/directions/one", params={**ASKED, "row": 38}).json()
    assert zero == {"row": 38, "title": NAMES[38], "untestable": "zero"}
    near = client.get("/api/directions/alike", params={**ASKED, "row": 2}).json()["siblings"]
    unit = matrix()[:38] / np.linalg.norm(matrix()[:38], axis=1)[:, None]
    cosines = np.abs(unit @ unit[2])
    assert [s["row"] for s in near] == np.argsort(-cosines)[1:6].tolist()


def test_both_ends_are_tested_if_that_is_asked_for(client: TestClient, ended: Ended) -> None:
    found = run(client, ended, both=1, **ASKED)
    assert found["test"]["given"] == 78 and found["given"]["count"] == 39
    one = client.get("/api/directions/one", params={**ASKED, "both": 1, "row": 5}).json()
    assert one["title"] == f"{NAMES[2]} (−)" and one["other"]["row"] == 4
    assert "--both-ends" in found["how"]["command"]


def test_it_is_stopped_shows_what_is_done_and_goes_on(
    client: TestClient, session: Session, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokensphere.analysis.direction_test.measure.QUERIES_AT_ONCE", 10)
    work: list[Any] = []
    measure = DirectionTestJob.blocks

    def blocks(self: DirectionTestJob, begin: int) -> Iterator[Any]:
        for number, block in enumerate(measure(self, begin)):
            if number == 1 and not begin:
                session.works.stop(work[0])
            yield block

    monkeypatch.setattr(DirectionTestJob, "blocks", blocks)
    started = session.works.start

    def start(*args: Any, **options: Any) -> Any:
        one = started(*args, **options)
        work.append(one.id)
        return one

    monkeypatch.setattr(session.works, "start", start)
    id = client.post("/api/directions/start", params=ASKED).json()["id"]
    assert ended(id)["state"] == "stopped"
    found = head(client, **ASKED)
    assert found["test"]["done"] == 20 and not found["test"]["complete"] and found["goes_on"]
    assert rows(client, **ASKED)["of"] == 20
    whole = run(client, ended, **ASKED)
    assert whole["test"]["complete"] and whole["test"]["done"] == 39
    want = library()
    assert whole["test"]["overall"]["share_q_at_most_0_05"] == want.overall["nearness"].q.share


def test_what_is_filtered_is_saved_in_three_formats(
    client: TestClient, ended: Ended, tmp_path: Path
) -> None:
    run(client, ended, **ASKED)
    want = library()
    asked = {**ASKED, "group": "blk.0.W", "sort": "given", "q": 0.9}
    kept = [i for i in range(13) if want["nearness"].qvalue[i] <= 0.9]
    names = [NAMES[i] for i in kept]
    reply = client.get("/api/directions/export", params={**asked, "format": "csv"})
    assert reply.headers["content-disposition"] == 'attachment; filename="directions.csv"'
    table = list(csv.DictReader(io.StringIO(reply.text)))
    assert [one["direction"] for one in table] == names
    assert [float(one["q_label"]) for one in table] == want["label"].qvalue[kept].tolist()
    shown = [[SPACE.vocabulary.visible(id) for id in want.ids[i].tolist()] for i in kept]
    assert [one["tokens"].split(" ") for one in table] == shown
    reply = client.get("/api/directions/export", params={**asked, "format": "parquet"})
    (tmp_path / "a.parquet").write_bytes(reply.content)
    columns, about = read_columns(tmp_path / "a.parquet")
    assert list(columns["direction"]) == names and about["settings"]["k"] == 5
    np.testing.assert_array_equal(columns["neighbor_ids"], want.ids[kept])
    reply = client.get("/api/directions/export", params={**asked, "format": "json"})
    ranked = RankedTest(want, np.array(kept), check_statistic("nearness"), "given")
    assert reply.json() == json.loads(to_json(ranked))


def test_csv_holds_whatever_a_name_is() -> None:
    names = ['a,"b"\n', "=1+1", "\udcff", "<b>", *NAMES[4:]]
    with opened(SPACE, directions=GIVEN.called(names)) as other:
        other.post("/api/directions/start", params=ASKED)
        wait(other, ASKED)
        text = other.get("/api/directions/export", params={**ASKED, "sort": "given"}).text
        table = list(csv.reader(io.StringIO(text)))
        assert [line[0] for line in table[1:4]] == ['a,"b"\\n', "=1+1", "\\xff"]
        assert len({len(line) for line in table}) == 1
        shown = rows(other, sort="given", **ASKED)["rows"][:4]
        assert [one["name"] for one in shown][1:] == ["=1+1", "\\xff", "<b>"]
        assert "\n" not in shown[0]["name"]


def saved_test(path: Path, law: Law = "difference") -> Path:
    job = DirectionTestJob(
        SPACE, GIVEN, null=ts.NullSpec(law, draws=200, seed=4),
        search=ts.SearchSettings(k=4), store=MemoryStore(),
    )  # fmt: skip
    save(job, go_on(job).part, path)
    return path


def test_a_saved_test_opens_by_itself(tmp_path: Path) -> None:
    path = saved_test(tmp_path / "kept.parquet")
    with opened(SPACE, test=path) as other:
        found = wait(other, {})
        assert found["settings"]["null"] == "difference" and found["settings"]["k"] == "4"
        assert found["settings"]["seed"] == "4" and found["given"]["title"] == "kept.parquet"
        assert found["test"]["complete"] and not found["has_vectors"] and not found["goes_on"]
        one = other.get("/api/directions/one", params={"row": 1}).json()
        assert len(one["neighbors"]) == 4 and "start with --directions" in one["other"]["missing"]
        reply = other.get("/api/directions", params={"k": 5})
        assert reply.status_code == 400 and "a saved test has no vectors" in reply.json()["error"]
        whole = other.get("/api/directions/export", params={"format": "test"})
        (tmp_path / "again.parquet").write_bytes(whole.content)
        first, again = read_columns(path), read_columns(tmp_path / "again.parquet")
        assert json.dumps(first[1]) == json.dumps(again[1])
        for name, column in first[0].items():
            np.testing.assert_array_equal(column, again[0][name])


def test_a_null_that_cannot_be_drawn_again_is_said_once(tmp_path: Path) -> None:
    with opened(SPACE, test=saved_test(tmp_path / "kept.parquet", "own")) as other:
        found = wait(other, {})
        assert found["test"] is None and "not kept on this machine" in found["error"]
        assert head(other)["work"] is None
        assert rows(other)["of"] == 39  # its names are there


def test_a_saved_test_of_another_model_is_one_line(tmp_path: Path) -> None:
    path = saved_test(tmp_path / "kept.parquet")
    with opened(small_space(seed=9), test=path) as other:
        reply = other.get("/api/directions")
        assert reply.status_code == 400
        assert reply.json()["error"] == (
            "kept.parquet is a test on another model or matrix; open that one: 'small', input matrix"
        )


def test_the_command_refuses_a_saved_test_of_another_model(tmp_path: Path) -> None:
    path = saved_test(tmp_path / "kept.parquet")
    refused = "kept.parquet is a test on another model or matrix"
    Command("explore").fails(refused, "--test", path, "--no-browser", "--port", "0")


def test_a_matrix_that_is_dropped_is_tested(client: TestClient, ended: Ended, tmp_path: Path) -> None:
    np.save(tmp_path / "probes.npy", matrix()[:9])
    body = (tmp_path / "probes.npy").read_bytes()
    id = client.post("/api/vector?name=probes.npy", content=body).json()["id"]
    asked = {**ASKED, "given": id}
    assert run(client, ended, **asked)["test"]["done"] == 9
    sampled = {**asked, "null": "sample", "sample": id}
    assert run(client, ended, **sampled)["test"]["n_draws"] == 9
    reply = client.get("/api/directions", params={"given": "nothing"})
    assert "dropped on another page" in reply.json()["error"]
    reply = client.get("/api/directions", params={"null": "sample"})
    assert "needs vectors to draw from" in reply.json()["error"]


def test_sums_of_tokens_are_made_anew_for_every_search() -> None:
    sums = [ts.TokenSum((" king", " queen")), ts.TokenSum((" Paris",), (" Rome",), "cities")]
    made = ts.make_directions(SPACE, sums)
    with opened(SPACE, directions=made, directions_from="pairs.txt") as other:
        for asked in ({**ASKED}, {**ASKED, "similarity": "dot", "centered": 0}):
            found = head(other, **asked)
            assert found["settings"]["null"] == "difference"
            assert "frequency" in [name for name, _ in found["choices"]["null"]]
            assert "--tokens pairs.txt" in found["how"]["command"]
            other.post("/api/directions/start", params=asked)
            wait(other, asked)
            table = rows(other, sort="given", **asked)["rows"]
            assert [one["name"] for one in table] == ["␣king + ␣queen", "cities"]
            one = other.get("/api/directions/one", params={**asked, "row": 0}).json()
            assert "no null: test both ends" in one["other"]["missing"]


def test_the_folder_of_a_file_is_not_shown(client: TestClient, ended: Ended) -> None:
    found = json.dumps([run(client, ended, **ASKED), rows(client, **ASKED)])
    assert "/secret" not in found and "sae.gguf:blk.*.W" in found


def test_a_dictionary_is_opened_by_its_name(tmp_path: Path) -> None:
    """In the command and in the Python that do the same; only a folder here loses what is above it."""
    folder = tmp_path / "sae.v2"
    folder.mkdir()
    names = {
        "sae:gpt2-small-res-jb/blocks.8.hook_resid_pre[:9]": None,
        "Qwen/SAE-Res-Qwen3-1.7B:layers.5": None,
        f"{folder}[:9]": "sae.v2[:9]",
    }
    for spec, shown in names.items():
        source = shown or spec
        with opened(SPACE, directions=GIVEN, directions_from=spec, sae=True) as other:
            found = head(other, **ASKED)
        assert f"ts.open_sae({source!r})" in found["how"]["python"]
        assert source in shlex.split(found["how"]["command"])
        assert str(tmp_path) not in json.dumps(found) and found["given"]["title"] == source
