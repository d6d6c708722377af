"""The survey and the claims of a page: begun, watched, stopped, kept, opened and gone on with."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import tokensphere as ts
from tests.cases import case
from tests.web.serving import DOOR, small_space
from tokensphere.analysis.claims.rules import CLAIMS
from tokensphere.analysis.claims.surveyed import with_survey
from tokensphere.analysis.claims.wordless import WordlessSpec
from tokensphere.analysis.survey.bins import coherence_bins
from tokensphere.analysis.survey.job import SurrogateSpec, SurveyJob, name_survey, survey
from tokensphere.analysis.survey.result import Survey
from tokensphere.formats.parquet import read_columns
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.run import go_on
from tokensphere.views.terminal.survey import sentence
from tokensphere.web import claims_shown
from tokensphere.web.app import make_app
from tokensphere.web.session import Given, Session
from tokensphere.web.survey_shown import text_of

pytest.importorskip("pyarrow")
pytestmark = pytest.mark.usefixtures("few_pairs")
SMALL: dict[str, Any] = {"n": 120, "surrogates": 19, "k": 6, "seed": 4, "centered": 1}
Ended = Callable[..., dict[str, Any]]


def job_of(space: ts.EmbeddingSpace, n: int = 120, count: int = 19, **search: Any) -> SurveyJob:
    how = {"k": 6, "centered": True} | search
    spec = SurrogateSpec(count=count)
    return SurveyJob(
        space, RandomDirections(16, n, seed=4), search=SearchSettings(**how), surrogate=spec
    )


@pytest.fixture(scope="module")
def want(few_pairs: None) -> Survey:
    space = small_space()
    return survey(
        space,
        RandomDirections(16, 120, seed=4),
        search=SearchSettings(6, centered=True),
        ks=(5, 6, 10, 20),
    )


def client_of(session: Session) -> TestClient:
    base = f"http://127.0.0.1:{DOOR.port}"
    client = TestClient(make_app(session, DOOR), base_url=base, headers={"origin": base})
    client.cookies.set(DOOR.cookie, DOOR.secret)
    return client


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Session]]:
    """Starts of the page that keep things in one cache."""
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    begun: list[Session] = []

    def start(given: Given | None = None) -> Session:
        begun.append(Session(small_space(), given))
        return begun[-1]

    yield start
    for session in begun:
        session.works.close()


def until(client: TestClient, id: str) -> dict[str, Any]:
    for _ in range(2000):
        work: dict[str, Any] = client.get(f"/api/work/{id}").json()
        if work["state"] in ("done", "stopped", "failed"):
            return work
        time.sleep(0.02)
    raise AssertionError(work)


def done(client: TestClient, path: str, params: dict[str, Any]) -> dict[str, Any]:
    """Start work, wait until it has ended, and ask for its result."""
    work = until(client, client.post(f"{path}/start", params=params).json()["id"])
    assert work["state"] == "done", work
    found: dict[str, Any] = client.get(path, params=params).json()
    return found


def test_a_survey_is_the_library_s(client: TestClient, ended: Ended, want: Survey) -> None:
    """Nothing before it is asked for; then the sentence, rates, bins, lists and hubs of the library."""
    empty = client.get("/api/survey", params=SMALL).json()
    assert empty["result"] is empty["there"] is empty["work"] is None and not empty["complete"]
    work = client.post("/api/survey/start", params=SMALL).json()
    assert work["total"] == 120 * 20 and work["state"] in ("waiting", "running")
    assert client.get("/api/survey", params=SMALL).json()["work"] in (work["id"], None)
    last = ended(work["id"])
    assert last["state"] == "done" and last["done"] == last["total"]
    assert "beside 19 of 19 vocabularies" in last["said"]
    found = client.get("/api/survey", params=SMALL).json()
    result = found["result"]
    assert found["complete"] and found["there"] == {"n": 120, "surrogates": 19}
    assert result["sentence"] == sentence(want) and result["text"] == str(want)
    own = want.main.own
    assert own is not None and result["main"]["rate"] == own.at[0].rate
    assert result["main"]["interval"] == list(own.at[0].interval)
    (level,) = result["levels"]
    assert level["chance"] == 0.05 and len(level["rates"]) == len(want.rates) == 16
    for shown, rate in zip(level["rates"], want.rates, strict=True):
        assert rate.own is not None and shown["rate"] == rate.own.at[0].rate
        assert (shown["centered"], shown["forms"], shown["k"]) == (rate.centered, rate.forms, rate.k)
        assert shown["shown"] == (rate is want.main)
    bins = coherence_bins(want)
    assert result["bins"]["edges"] == bins.edges.tolist()
    assert result["bins"]["by_chance"] == bins.by_chance.tolist()
    for name, places in want.examples().items():
        assert [one["index"] for one in result["examples"][name]] == places.tolist()
    for hubs in (one for one in want.hubs if one.k == 6):
        (ranking,) = [one for one in result["hubs"]["rankings"] if one["name"] == hubs.ranking]
        assert [one["id"] for one in ranking["most"]] == hubs.ids.tolist()
        assert [one["share"] for one in ranking["most"]] == hubs.shares.tolist()
    assert result["naming"] is None


def test_every_list_is_in_one_bin(client: TestClient, want: Survey) -> None:
    done(client, "/api/survey", SMALL)
    bins, seen = coherence_bins(want), list[int]()
    for number in range(len(bins)):
        with case(number):
            asked = {**SMALL, "bin": number, "most": 3}
            found = client.get("/api/survey/lists", params=asked).json()
            assert found["count"] == bins.counts[number]
            lists = list(found["lists"])
            while len(lists) < found["count"]:
                rest = client.get("/api/survey/lists", params={**asked, "from": len(lists)}).json()
                lists += rest["lists"]
            values = [one["coherence"] for one in lists]
            assert values == sorted(values, reverse=True)
            for one in lists:
                place = one["index"]
                assert bins.which[place] == number and one["seed"] == 4
                assert [token["id"] for token in one["tokens"]] == want.ids(place).tolist()
                assert one["p"] == want.p_values[place] and one["shares"] is None
                seen.append(place)
    assert sorted(seen) == list(range(120))
    assert client.get("/api/survey/lists", params={**SMALL, "bin": 9999}).json()["count"] == 0


@pytest.mark.slow
def test_less_of_what_is_there_is_shown_at_once_and_more_goes_on(
    client: TestClient, session: Session
) -> None:
    done(client, "/api/survey", SMALL)
    fewer = client.get("/api/survey", params={**SMALL, "n": 100, "surrogates": 2}).json()
    assert fewer["complete"] and fewer["result"]["directions"] == 100
    assert fewer["result"]["surrogates"] == 2
    job = job_of(session.space, 100, 2)
    assert fewer["result"]["sentence"] == sentence(job.result(go_on(job).part))
    larger = {**SMALL, "n": 150}
    part = client.get("/api/survey", params=larger).json()
    assert not part["complete"] and part["result"]["directions"] == 120 < part["result"]["asked"] == 150
    whole = done(client, "/api/survey", larger)
    assert whole["complete"] and whole["result"]["directions"] == 150


@pytest.mark.slow
def test_what_lists_share_is_said_if_that_is_asked_for(client: TestClient, session: Session) -> None:
    done(client, "/api/survey", SMALL)
    asked = {**SMALL, "names": 1}
    assert not client.get("/api/survey", params=asked).json()["complete"]
    found = done(client, "/api/survey", asked)
    job = job_of(session.space)
    want = name_survey(session.space, job.result(go_on(job).part), labels=session.labels)
    assert found["complete"] and want.naming is not None
    naming = found["result"]["naming"]
    assert [one["rate"] for one in naming["groups"]] == [one.rate.share for one in want.naming.groups]
    assert sum(one["lists"] for one in naming["labels"]) == want.naming.names.has_theme.sum()
    for one in found["result"]["examples"]["most"]:
        assert one["shares"] == want.naming.short(one["index"])
    # without names it is the same survey, and with fewer directions another
    assert client.get("/api/survey", params=SMALL).json()["result"]["naming"] is None
    assert not client.get("/api/survey", params={**asked, "n": 110}).json()["complete"]


@pytest.mark.slow
def test_a_survey_goes_on_after_the_page_was_started_again(cached: Callable[..., Session]) -> None:
    """Also if it was stopped, and if its file is damaged."""
    asked = {**SMALL, "n": 4096 + 200, "surrogates": 30}
    with client_of(cached()) as client:
        id = client.post("/api/survey/start", params=asked).json()["id"]
        while client.get(f"/api/work/{id}").json()["done"] < 4096:
            time.sleep(0.01)
        assert client.post(f"/api/work/{id}/stop").status_code == 200
        assert until(client, id)["state"] == "stopped"
        part = client.get("/api/survey", params=asked).json()
        assert part["there"]["n"] >= 4096 and not part["complete"] and part["result"]["sentence"]
    with client_of(cached()) as client:
        again = client.get("/api/survey", params=asked).json()
        assert again["there"] == part["there"] and again["work"] is None
        assert again["result"] == part["result"]
        # what is damaged is begun anew
    with client_of(session := cached()) as client:
        (file,) = (Path(session.files("surveys").folder)).glob("*.parquet")  # type: ignore[union-attr]
        assert read_columns(file)[1]["what"] == "survey"
        file.write_bytes(file.read_bytes()[:-100])
        assert client.get("/api/survey", params=asked).json()["there"] is None
        few = {**asked, "n": 100, "surrogates": 1}
        assert done(client, "/api/survey", few)["there"] == {"n": 100, "surrogates": 1}


def test_a_survey_that_was_given_is_opened_without_its_settings(
    cached: Callable[..., Session], tmp_path: Path, want: Survey
) -> None:
    path = tmp_path / "mine.parquet"
    job = job_of(small_space())
    go_on(job, save=path)
    with client_of(cached(Given(survey=path))) as client:
        found = client.get("/api/survey", params={"given": 1}).json()
        assert found["which"] == {
            "seed": 4, "first": 0, "k": 6, "centered": True, "forms": False, "law": "blockwise",
            "surrogate_seed": 0, "n": 120, "surrogates": 19, "names": False, "given": True,
            "can_go_on": True,
        }  # fmt: skip
        assert found["complete"] and found["result"]["sentence"] == sentence(want)
        grown = done(client, "/api/survey", {"given": 1, "n": 140})
        assert grown["complete"] and grown["result"]["directions"] == 140
        assert len(read_columns(path)[0]["index"]) == 140
        assert str(tmp_path) not in json.dumps(grown)


def test_a_survey_of_given_directions_is_shown_but_cannot_be_gone_on_with(
    cached: Callable[..., Session], tmp_path: Path
) -> None:
    path, space = tmp_path / "mine.parquet", small_space()
    vectors = np.random.default_rng(0).standard_normal((110, 16))
    go_on(
        SurveyJob(space, vectors, search=SearchSettings(5), surrogate=SurrogateSpec(count=1)), save=path
    )
    with client_of(cached(Given(survey=path))) as client:
        found = client.get("/api/survey", params={"given": 1}).json()
        assert not found["which"]["can_go_on"] and found["result"]["directions"] == 110
        assert "open_survey" in found["how"]["python"]
        refused = client.post("/api/survey/start", params={"given": 1, "n": 200})
        assert refused.status_code == 400 and "go on where they are" in refused.json()["error"]


def test_a_given_file_that_does_not_fit_is_one_line(
    cached: Callable[..., Session], tmp_path: Path
) -> None:
    path = tmp_path / "other.parquet"
    go_on(job_of(small_space(seed=1)), save=path)
    with client_of(cached(Given(survey=path))) as client:
        refused = client.get("/api/survey", params={"given": 1})
        assert refused.status_code == 400
        message = refused.json()["error"]
        assert (
            "a survey of small (input matrix), not of small" in message and str(tmp_path) not in message
        )
    with client_of(cached()) as client:
        refused = client.get("/api/survey", params={"given": 1})
        assert refused.status_code == 400 and "--survey FILE.parquet" in refused.json()["error"]


def test_what_cannot_be_asked_for_is_one_line(client: TestClient) -> None:
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("survey", {"n": 99}, "n is 99, but must lie between 100"),
        ("survey", {"k": 1}, "k is 1"),
        ("survey", {"surrogates": "x"}, "surrogates is 'x', but must be a whole number"),
        ("survey", {"law": "none"}, "unknown law 'none'"),
        ("survey", {"n": 100_000, "surrogates": 900}, "tokensphere survey --save"),
        ("survey/lists", {"bin": 0}, "there is no such survey yet"),
        ("survey/lists", {}, "there is no such survey yet"),
        ("claims", {"clusters": "1;2"}, "clusters is '1;2'"),
        ("claims", {"surrogates": 1}, "surrogates is 1"),
    ]
    for path, params, message in wrong:
        with case(path, params):
            refused = client.get(f"/api/{path}", params=params)
            assert refused.status_code == 400 and message in refused.json()["error"]


def test_work_that_cannot_be_done_says_why(client: TestClient, ended: Ended) -> None:
    """The model has too few tokens of different forms."""
    space_of_few = {"n": 100, "surrogates": 0, "k": 200}
    done(client, "/api/survey", space_of_few)
    work = client.post("/api/claims/start", params={"n": 50, "clusters": "300"}).json()
    last = ended(work["id"])
    assert last["state"] == "failed" and "300 clusters are too many" in last["error"]


CLAIMED: dict[str, Any] = {"n": 200, "clusters": "4,8", "surrogates": 3, "k": 5}


def test_the_claims_are_the_command_line_s(cached: Callable[..., Session]) -> None:
    """Step by step; kept for the next start."""
    with client_of(session := cached()) as client:
        assert client.get("/api/claims", params=CLAIMED).json()["result"] is None
        work = client.post("/api/claims/start", params=CLAIMED).json()
        last = until(client, work["id"])
        assert last["state"] == "done" and last["done"] == last["total"] == 1 + 2 + 1 + 3 + 2 + 1
        assert last["said"] == "step 10 of 10: a survey"
        found = client.get("/api/claims", params=CLAIMED).json()["result"]
    space = session.space
    measured = ts.measure_geometry(
        space, n_directions=200, clusters=(4, 8), k=5, labels=session.labels, wordless=WordlessSpec(3)
    )
    want = with_survey(space, measured)
    assert found["text"] == str(want)
    for shown, claim in zip(found["claims"], want.claims, strict=True):
        assert (shown["claim"], shown["rule"]) == CLAIMS[claim.number]
        assert (shown["measured"], shown["verdict"]) == (claim.measured, claim.verdict)
    with client_of(cached()) as client:
        assert client.get("/api/claims", params=CLAIMED).json()["result"] == found
        assert client.get("/api/claims", params={**CLAIMED, "seed": 1}).json()["result"] is None


def test_a_picture_says_what_the_verdict_does() -> None:
    """An interval within the band holds, one outside fails, by the rules' own judgement."""
    rng = np.random.default_rng(0)
    labelled = (np.arange(900) % 30).tolist()
    middles = rng.standard_normal((30, 24))
    for spread in (0.5, 2.0, 50.0):
        rows = middles[np.array(labelled)] + spread * rng.standard_normal((900, 24))
        space = ts.EmbeddingSpace.from_arrays(rows.astype(np.float32), [f"t{i}" for i in range(900)])
        found = ts.measure_geometry(
            space, n_directions=300, clusters=(), labelling=labelled,
            wordless=WordlessSpec(4, "matched"),
        )  # fmt: skip
        record = claims_shown.shown(found)
        json.dumps(record, allow_nan=False)
        for claim in record["claims"][1:4]:
            for row in claim["picture"]["rows"]:
                low, high = row["interval"]
                inside = any(
                    a <= low + 1e-9 and (b is None or high <= b + 1e-9) for a, b in row["holds"]
                )
                with case(spread, claim["number"], row):
                    assert low <= row["value"] <= high
                    assert inside == row["verdict"].startswith("holds")


def test_a_model_s_folder_is_not_in_the_text(want: Survey) -> None:
    source = replace(want.provenance, model="/home/ann/models/mine.gguf")
    text = text_of(replace(want, provenance=source))
    assert "mine.gguf" in text and "/home/ann" not in text
