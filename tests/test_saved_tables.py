"""Saved tables that were changed are refused in one line, or mean the same; nothing else happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.analysis.direction_test import spaces
from tests.analysis.spaces import space_of, written
from tests.analysis.tables import overlapping
from tests.cases import case
from tests.damage import changed
from tests.mutations import Change, in_metadata, in_storage, in_values, unsigned
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.analysis.direction_test.null import NullSpec
from tokensphere.analysis.direction_test.saved import statistic_columns
from tokensphere.analysis.survey.job import SurrogateSpec, SurveyJob
from tokensphere.directions.given import make_directions
from tokensphere.errors import FormatError, TokensphereError
from tokensphere.formats.parquet import read_columns, read_table, write_columns
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.run import go_on, load

pytest.importorskip("pyarrow")

W = np.random.default_rng(3).standard_normal((30, spaces.D))
W[[5, 20]] = 0


def survey_job() -> Any:
    spec = SurrogateSpec(count=2)
    return SurveyJob(space_of(*written()), 100, search=SearchSettings(5), ks=(5,), surrogate=spec)


def direction_test_job() -> Any:
    return spaces.job_of(W, draws=50)


OTHER = "column: it was read, but as something else"


@dataclass(frozen=True)
class Saved:
    """A job that was done, its file, and what comes back from that."""

    job: Any
    path: Path
    columns: dict[str, Any]
    about: dict[str, Any]
    part: Any

    def load(self, path: Path) -> str | None:
        """The line with which a file is refused; None if it means the same, `OTHER` if it does not."""
        return self._outcome(lambda: load(self.job, path))

    def restore(self, columns: Any) -> str | None:
        """The same for columns."""
        return self._outcome(lambda: self.job.restore(columns))

    def _outcome(self, get: Callable[[], Any]) -> str | None:
        try:
            part = get()
        except TokensphereError as error:
            assert "\n" not in str(error) and len(str(error)) < 1500
            return str(error)
        pairs = zip(flat(part), flat(self.part), strict=True)
        return (
            None
            if all(a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True) for a, b in pairs)
            else OTHER
        )


def flat(part: Any) -> list[Any]:
    """All arrays of what was restored."""
    found = [value.values() if isinstance(value, dict) else [value] for value in vars(part).values()]
    return [array for arrays in found for array in arrays]


@pytest.fixture(scope="module", params=[survey_job, direction_test_job])
def saved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, few_pairs: None
) -> Saved:
    path = tmp_path_factory.mktemp("saved") / "x.parquet"
    job = request.param()
    go_on(job, save=path)
    columns, about = read_columns(path)
    return Saved(job, path, columns, about, load(job, path))


@pytest.mark.slow
def test_whatever_was_asked_for_comes_back(tmp_path: Path, few_pairs: None) -> None:
    """No good file is refused, of rows with equal and opposite and unusable ones."""
    rows, tokens = written()
    rows[20], rows[21], rows[22], rows[23] = rows[40], -rows[40], 0, np.nan
    space = space_of(rows, tokens)
    both = make_directions(space, rows[:9]).both_ends()
    given: list[Any] = [rows[20:50], [f"t{i}" for i in range(30, 60)], both]
    searches = [
        SearchSettings(4, similarity=similarity, centered=centered, forms=forms)
        for similarity in ("cosine", "dot") for centered in (False, True) for forms in (False, True)
    ]  # fmt: skip
    how: dict[str, Any] = {"null": NullSpec(draws=20), "labels": overlapping()}
    few: dict[str, Any] = {"surrogate": SurrogateSpec(count=1), "ks": (2, 9)}
    jobs: list[Any] = [
        DirectionTestJob(space, given[number % 3], search=search, **how)
        for number, search in enumerate(searches)
    ]
    jobs += [SurveyJob(space, 100, search=search, **few) for search in searches[:4]]
    for number, job in enumerate(jobs):
        path = tmp_path / f"{number}.parquet"
        with case(number):
            part = go_on(job, save=path).part
            assert Saved(job, path, {}, {}, part).load(path) is None


def changes_seen(saved: Saved, path: Path, changes: Iterable[Change]) -> None:
    for change in changes:
        unsigned(path, change.table, saved.path)
        with case(change.what, change.column):
            found = saved.load(path)
            ours = change.table.keys() == saved.columns.keys()  # another's column would be lost
            assert (change.same and ours) == (found is None)
            assert found is None or str(path) in found
            assert found is None or (repr(change.column) if change.column else "column") in found


def test_no_changed_value_goes_unseen(saved: Saved, tmp_path: Path) -> None:
    """Of each way to change a column, in one of them; in every column, one; and all changes of rows."""
    ways, columns, few = set[str](), set[str | None](), []
    for change in in_values(saved.columns):
        first_of_column = change.what != "missing" and change.column not in columns
        if first_of_column or change.column is None or change.what not in ways:
            few.append(change)
            ways.add(change.what)
            columns |= {change.column} if first_of_column else set()
    changes_seen(saved, tmp_path / "changed.parquet", few)


@pytest.mark.fuzz
def test_no_changed_value_of_any_column_goes_unseen(saved: Saved, tmp_path: Path) -> None:
    changes_seen(saved, tmp_path / "changed.parquet", in_values(saved.columns))


DEPENDENT = {"nearness", "cosine", "neighbor_similarity", "ids_shown"}  # columns that others tell
LISTS = ("neighbor_ids", "neighbor_similarity")
WITHIN = {f"{what} in row 4" for what in ("0", "-1e-300", "reversed", "one twice")}  # may be good, too


def test_what_no_run_could_have_written_is_refused_whoever_signed_it(saved: Saved) -> None:
    """The SHA-256 aside, columns that are taken are checked by themselves, and the row is told."""
    survey, taken = saved.job.what == "survey", {*saved.columns}
    if not survey:
        taken = {*statistic_columns(saved.job.search), *LISTS, "untestable"}
    for change in in_values(saved.columns):
        if change.column is None and not (survey or change.same):
            continue  # other directions, or fewer of them, are another good table
        if "largest" in str(change.column) and change.what == "-1 in row 4":
            continue  # a cosine may be
        with case(change.what, change.column):
            found = saved.restore(change.table)
            if change.same or change.column not in {*taken, None}:
                assert found is None
            elif change.what == "no rows":
                assert found == OTHER  # a job that has just begun
            elif change.what in WITHIN and change.column not in DEPENDENT:
                assert found is not None
            else:
                assert found != OTHER
                assert found is not None
                assert "row 4" in found or "in row 4" not in change.what


def test_other_programs_may_store_it_in_their_way(saved: Saved, tmp_path: Path) -> None:
    from pyarrow import parquet

    path, table = tmp_path / "changed.parquet", parquet.read_table(saved.path)
    ways: list[dict[str, Any]] = [
        {"compression": "none"}, {"compression": "snappy", "row_group_size": 7}, {"version": "1.0"},
    ]  # fmt: skip
    for how in ways:
        parquet.write_table(table, path, **how)
        with case(how):
            assert saved.load(path) is None
    for change in in_storage(table):
        try:
            parquet.write_table(change.table, path)
        except NotImplementedError:  # lists of one length with a null, in pyarrow 17
            continue
        with case(change.what, change.column):
            found = saved.load(path)
            assert change.same == (found is None)
            assert found is None or repr(change.column) in found


def test_what_a_file_says_of_itself_is_checked(saved: Saved, tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path, none = tmp_path / "changed.parquet", pa.table({"a": [0]})
    of_people = {*saved.job.table(saved.part).about}
    for what, metadata in in_metadata(parquet.read_schema(saved.path).metadata):
        if not any(f" has {name} = " in what for name in of_people):
            parquet.write_table(none.replace_schema_metadata(metadata), path)
            with case(what):
                assert saved.load(path) is not None


def bytes_changed(saved: Saved, path: Path, count: int) -> None:
    """Any bytes of the file: refused, or the same; never another number."""
    rng, whole = np.random.default_rng(5), saved.path.read_bytes()
    seen = [0, 0]
    for number in range(count):
        path.write_bytes(changed(whole, rng))
        with case(number=number):
            found = saved.load(path)
            assert found != OTHER
            seen[found is None] += 1
    assert seen[0]


def test_no_changed_byte_becomes_another_number(saved: Saved, tmp_path: Path) -> None:
    bytes_changed(saved, tmp_path / "changed.parquet", 60)


@pytest.mark.fuzz
def test_no_changed_byte_of_many_becomes_another_number(saved: Saved, tmp_path: Path) -> None:
    bytes_changed(saved, tmp_path / "changed.parquet", 5_000)


def test_a_file_cannot_hold_values_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path, zeros = tmp_path / "bomb.parquet", pa.array(np.zeros(10**6, dtype=np.int8))
    parquet.write_table(pa.table({"a": pa.DictionaryArray.from_arrays(zeros, pa.array([1.5]))}), path)
    read_table(path)  # so many are allowed to any file
    monkeypatch.setattr("tokensphere.formats.parquet._FREE", 10**5)
    assert path.stat().st_size < 7_000
    with pytest.raises(FormatError, match=r"far more values than so few bytes should"):
        read_table(path)


def test_a_row_and_what_should_be_there_are_told(saved: Saved, tmp_path: Path) -> None:
    name = "ids_dot" if saved.job.what == "survey" else "neighbor_ids"
    path, ids = tmp_path / "changed.parquet", saved.columns[name]

    def refused(place: tuple[int, int], value: int) -> str:
        changed = ids.copy()
        changed[place] = value
        write_columns(path, {**saved.columns, name: changed}, saved.about)
        return saved.load(path) or ""

    n, begin = len(saved.job.space), f"cannot go on from {path}: column '{name}' has"
    end = "; name another file, or begin anew (fresh)"
    assert refused((7, 1), n) == f"{begin} {n} in row 7, not between 0 and {n - 1}{end}"
    twice = refused((2, 1), int(ids[2, 0]))
    assert twice.startswith(f"{begin} [") and twice.endswith(f"in row 2, not without any twice{end}")
