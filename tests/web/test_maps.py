"""The map's endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import tokensphere as ts
from tests.web.serving import small_space
from tokensphere.analysis.map.umap import has_umap
from tokensphere.web.mapped import Made, Recent, Wanted
from tokensphere.web.session import Session

Ended = Callable[..., dict[str, Any]]
PLANE = {"kind": "plane", "x": "random:3:7", "y": "tokens: king"}


def points_of(client: TestClient, **asked: Any) -> Any:
    reply = client.get("/api/map/points", params=asked)
    assert reply.status_code == 200 and reply.headers["content-type"] == "application/octet-stream"
    return np.frombuffer(reply.content, dtype="<f4").reshape(-1, 2)


def chosen(client: TestClient, ids: Any) -> Any:
    return client.post("/api/map/selection", content=np.asarray(ids, dtype="<u4").tobytes())


def test_a_plane_is_that_of_the_library(client: TestClient, session: Session) -> None:
    vectors = np.concatenate([
        ts.random_directions(16, [7], seed=3),
        ts.make_directions(session.space, " king").read(0, 1),
    ])  # fmt: skip
    want = ts.plane_map(session.space, vectors).points
    np.testing.assert_allclose(points_of(client, **PLANE), want, atol=1e-6)
    about = client.get("/api/map", params=PLANE).json()
    assert about["axes"][0] == "cosine with seed 3, index 7" and "␣king" in about["axes"][1]
    assert about["n_tokens"] == 400 and not about["missing"]


def test_the_python_beside_a_map_gives_the_same_map(client: TestClient, session: Session) -> None:
    for asked in (PLANE, {**PLANE, "centered": "1"}, {"kind": "pca"}, {"kind": "pca", "centered": "1"}):
        code = client.get("/api/map", params=asked).json()["how"]["python"]
        told: list[str] = []
        names: dict[str, Any] = {"print": told.append}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ts, "load", lambda: session.space)
            exec(code, names)
        np.testing.assert_array_equal(names["found"].points, points_of(client, **asked))
        assert told == [client.get("/api/map/kept", params=asked).json()["text"]]


def test_what_a_map_keeps_is_counted_by_the_library(client: TestClient, session: Session) -> None:
    found = client.get("/api/map/kept", params={"kind": "pca"}).json()
    want = ts.neighbors_kept(session.space, ts.pca_map(session.space))
    assert found["share"] == want.share and found["text"] == want.text
    assert found["interval_95"] == list(want.interval)


def test_a_token_has_its_true_neighbours_and_those_on_the_map(
    client: TestClient, session: Session
) -> None:
    found = client.get("/api/map/near", params={"kind": "pca", "id": 3}).json()
    want = ts.nearest(session.space, 3).ids[0].tolist()
    assert [one["id"] for one in found["near"]] == want
    on_map = {one["id"] for one in found["on_map"]}
    assert [one["kept"] for one in found["near"]] == [id in on_map for id in want]
    by_text = client.get("/api/map/near", params={"kind": "pca", "token": "␣woman"}).json()
    assert by_text == found
    missing = client.get("/api/map/near", params={"kind": "pca", "token": " wmoan"})
    assert missing.status_code == 400 and "did you mean" in missing.json()["error"]


def test_a_list_is_lit_with_the_neighbours_of_its_tokens(client: TestClient, session: Session) -> None:
    found = client.get("/api/map/list", params={"list": "random:0:4", "k": 3}).json()
    want = ts.nearest(session.space, ts.RandomDirections(16, 1, first=4), k=3).ids[0].tolist()
    assert [one["id"] for one in found["tokens"]] == want
    near = {int(id) for one in want for id in ts.nearest(session.space, one).ids[0]} - set(want)
    assert set(found["near"]) == near


def test_all_tokens_are_named_a_line_each(client: TestClient, session: Session) -> None:
    lines = client.get("/api/map/tokens").text.split("\n")
    assert lines == [session.space.vocabulary.visible(id) for id in range(400)]


def test_columns_have_a_legend(client: TestClient, session: Session) -> None:
    norms = np.frombuffer(client.get("/api/map/column?by=norm").content, dtype="<f4")
    np.testing.assert_allclose(norms, np.linalg.norm(session.space.vectors, axis=1), rtol=1e-6)
    for by in ("id", "kind", "cluster", "cosine:random:0:1", "labels:form", "label:form:space"):
        legend = client.get("/api/map/legend", params={"by": by}).json()
        column = client.get("/api/map/column", params={"by": by}).content
        assert len(column) == (1600 if legend["what"] == "number" else 400), by
        if legend["what"] == "group":
            sizes = np.bincount(np.frombuffer(column, dtype=np.uint8), minlength=256)
            assert [one["size"] for one in legend["groups"]] == sizes[: len(legend["groups"])].tolist()
            assert sizes[255] == legend["without"]
    choices = client.get("/api/map/choices").json()
    assert "form" in choices["kinds"]
    assert choices["labels"][0]["size"] >= choices["labels"][-1]["size"]


def test_a_set_is_judged_by_the_library(client: TestClient, session: Session) -> None:
    assert client.get("/api/map/ready").json() == {"draws": 999}
    ids = [*range(6), 60, 70]
    card = chosen(client, ids).json()
    want = ts.selection(session.space, ids)
    assert (card["size"], card["coherence"]) == (8, want.coherence)
    assert card["chance"]["p"] == want.p and card["chance"]["value"] == want.coherence
    assert card["shared"]["words"] == want.naming.text and card["shared"]["p"] == want.naming.p_list
    assert [one["id"] for one in card["typical"]] == want.typical.tolist()
    assert "ts.selection(space, [0, 1, 2, 3, 4, 5, 60, 70])" in card["python"]
    asked = {"kind": "pca", "size": 8, "coherence": card["coherence"]}
    regions = client.get("/api/map/regions", params=asked).json()
    assert regions["regions"] == 99 and 0 < regions["share"] <= 1


def test_a_set_of_all_tokens(client: TestClient) -> None:
    card = chosen(client, range(400)).json()
    assert card["chance"]["p"] == 1 and card["effect"] is None


def test_what_is_no_set_is_refused_in_one_line(client: TestClient) -> None:
    for content, message in (
        (b"", "no set of tokens"),
        (b"abc", "no set of tokens"),
        (np.array([1, 2], "<u4").tobytes(), "too few"),
        (np.array([1, 2, 2], "<u4").tobytes(), "given twice"),
        (np.array([1, 2, 400], "<u4").tobytes(), "no token has the id 400"),
    ):
        reply = client.post("/api/map/selection", content=content)
        assert reply.status_code == 400 and message in reply.json()["error"]


def test_what_is_no_map_is_refused_in_one_line(client: TestClient) -> None:
    for asked, message in (
        ({"kind": "globe"}, "use one of plane, pca, umap"),
        ({"x": "anything"}, "write random:SEED:INDEX"),
        ({"x": "row:0"}, "no directions were given"),
        ({"x": "random:0:1", "y": "random:0:1"}, "parallel"),
        ({"x": "tokens: nothing"}, "the vocabulary has no token"),
        ({"x": "random:-1:1"}, "seed is -1"),
    ):
        reply = client.get("/api/map", params=asked)
        assert reply.status_code == 400 and message in reply.json()["error"], asked
        assert "\n" not in reply.json()["error"]
    for path, message in (
        ("/api/map/legend?by=sound", "is no colour"),
        ("/api/map/legend?by=label:none", "there is no label"),
        ("/api/map/near?kind=pca&id=400", "must lie between 0 and 399"),
        ("/api/map/points?kind=umap", "has not been made yet"),
    ):
        reply = client.get(path)
        assert reply.status_code == 400 and message in reply.json()["error"], path


def test_a_row_of_the_given_directions_is_an_axis(client: TestClient, session: Session) -> None:
    matrix = np.random.default_rng(1).normal(size=(5, 16)).astype(np.float32)
    session.given.directions = ts.make_directions(session.space, matrix)
    found = points_of(client, kind="plane", x="row:2", y="row:4")
    want = ts.plane_map(session.space, matrix[[2, 4]]).points
    np.testing.assert_allclose(found, want, atol=1e-6)


def test_without_umap_the_page_says_what_to_install(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokensphere.web.maps.has_umap", lambda: False)
    about = client.get("/api/map?kind=umap").json()
    assert about["missing"] and not about["can"] and about["work"] is None
    reply = client.post("/api/map/umap")
    assert reply.status_code == 400 and "pip install 'tokensphere[umap]'" in reply.json()["error"]


@pytest.mark.slow
@pytest.mark.skipif(not has_umap(), reason="needs umap-learn")
def test_umap_runs_in_the_background(client: TestClient, ended: Ended) -> None:
    assert client.get("/api/map?kind=umap").json()["can"]
    work = client.post("/api/map/umap").json()["work"]
    assert client.post("/api/map/umap").json()["work"] == work  # not twice
    assert ended(work, 400)["state"] == "done"
    assert np.isfinite(points_of(client, kind="umap")).all()
    assert not client.get("/api/map?kind=umap").json()["missing"]


def test_only_the_maps_that_were_looked_at_last_are_kept() -> None:
    recent, made = Recent(), Made(ts.pca_map(small_space()))
    keys = [Wanted("plane", f"random:0:{i}", "", False) for i in range(8)]
    for key in keys[:6]:
        recent.put(key, made)
    assert recent.get(keys[0]) is made  # looked at again
    for key in keys[6:]:
        recent.put(key, made)
    assert [recent.get(key) is not None for key in keys] == [True] + [False] * 2 + [True] * 5
