"""Whatever one of `nearest`, `direction_test` and `survey` takes for directions, all take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import LABELS, SPACE, STORE, D
from tests.cases import case
from tests.directions import direction_files
from tokensphere.analysis.survey.job import SurveyJob
from tokensphere.directions.given import make_directions
from tokensphere.directions.named import Directions, Lazy, Name, natural
from tokensphere.errors import InputError, UnknownTokenError
from tokensphere.geometry.similarity import SearchSettings

pytestmark = pytest.mark.usefixtures("few_pairs")

M = 120  # enough for a survey
WHOLE = np.random.default_rng(5).integers(-9, 10, (M, D))  # exact in every type of number
RANDOM = ts.RandomDirections(D, M, first=1000, seed=4)
TOKENS = [SPACE.vocabulary.text(i) or "" for i in range(M)]
PAIRS = [(a, b) for a, b in zip(TOKENS, reversed(TOKENS), strict=True)]
SEARCH = SearchSettings(5)


class Tensor:
    """What a PyTorch tensor is to us: on some device, with a gradient, of bfloat16."""

    def __init__(self, values: npt.NDArray[Any], *steps: str) -> None:
        self.values, self.steps = values, steps

    def detach(self) -> Tensor:
        return Tensor(self.values, *self.steps, "detached")

    def cpu(self) -> Tensor:
        return Tensor(self.values, *self.steps, "here")

    def float(self) -> Tensor:
        return Tensor(self.values.astype(np.float32), *self.steps, "float")

    def numpy(self) -> npt.NDArray[Any]:
        assert "detached" in self.steps, "Can't call numpy() on Tensor that requires grad."
        if "here" not in self.steps or "float" not in self.steps:
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.values


class Readable:
    """Directions that are read in ranges, of two groups."""

    def __init__(self) -> None:
        self.names = [f"W[{i}]" for i in range(M)]
        self.groups, self.group_of = ("first", "last"), np.repeat([0, 1], [20, M - 20])

    def __len__(self) -> int:
        return M

    def block(self, low: int, high: int) -> npt.NDArray[Any]:
        return WHOLE[low:high].astype(np.float32)


def torch_tensor(change: Callable[[Any], Any]) -> Callable[[Path], Any]:
    def make(_: Path) -> Any:
        torch = pytest.importorskip("torch")
        return change(torch.tensor(WHOLE.astype(np.float32)))

    return make


def file_of(write: Callable[[Path], Path]) -> Callable[[Path], Any]:
    return lambda folder: ts.open_directions(write(folder), D)


def npy(folder: Path) -> Path:
    np.save(folder / "w.npy", WHOLE.astype(np.float32))
    return folder / "w.npy"


def npz(folder: Path) -> Path:
    np.savez(folder / "w.npz", w=WHOLE.astype(np.float64))
    return folder / "w.npz"


def safetensors(dtype: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        content = direction_files.safetensors({"w": WHOLE.astype(np.float32)}, dtype)
        (folder / "w.safetensors").write_bytes(content)
        return folder / "w.safetensors"

    return write


SUMS = [ts.TokenSum((a,), (b,), f"{a}−{b}") for a, b in PAIRS]


def written(tmp_path: Path) -> list[ts.TokenSum]:
    """The same sums from a file of expressions."""
    path = tmp_path / "sums.txt"
    path.write_text("".join(f'{a}−{b}: "{a}" - "{b}"\n' for a, b in PAIRS), encoding="utf-8")
    return ts.read_token_expressions(path)


# What is given, and the vectors that it stands for (of tokens: another way to give the same).
GIVEN: dict[str, tuple[Callable[[Path], Any], Any]] = {
    "float32": (lambda _: WHOLE.astype(np.float32), WHOLE),
    "float64": (lambda _: WHOLE.astype(np.float64), WHOLE),
    "float16": (lambda _: WHOLE.astype(np.float16), WHOLE),
    "int8": (lambda _: WHOLE.astype(np.int8), WHOLE),
    "other order of bytes": (lambda _: WHOLE.astype(">f8"), WHOLE),
    "other order of axes": (lambda _: np.asfortranarray(WHOLE.astype(np.float32)), WHOLE),
    "read-only": (lambda _: np.frombuffer(WHOLE.tobytes(), WHOLE.dtype).reshape(M, D), WHOLE),
    "a list of lists": (lambda _: WHOLE.tolist(), WHOLE),
    "a list of arrays": (lambda _: list(WHOLE.astype(np.float32)), WHOLE),
    "a vector": (lambda _: WHOLE[3].astype(np.float32), WHOLE[3:4]),
    "a tensor like PyTorch's": (lambda _: Tensor(WHOLE), WHOLE),
    "a tensor": (torch_tensor(lambda made: made), WHOLE),
    "a tensor with a gradient": (torch_tensor(lambda made: made.requires_grad_()), WHOLE),
    "a tensor of bfloat16": (torch_tensor(lambda made: made.bfloat16()), WHOLE),
    "random directions": (lambda _: RANDOM, RANDOM[:]),
    ".npy": (file_of(npy), WHOLE),
    ".npz": (file_of(npz), WHOLE),
    ".safetensors": (file_of(safetensors("F32")), WHOLE),
    ".safetensors of BF16": (file_of(safetensors("BF16")), WHOLE),
    "what is read in ranges": (lambda _: Readable(), WHOLE),
    "Directions": (lambda _: make_directions(SPACE, WHOLE), WHOLE),
    "Directions of a part": (lambda _: make_directions(SPACE, WHOLE).called(["x"] * M), WHOLE),
    "a token": (lambda _: TOKENS[3], [3]),
    "an id": (lambda _: np.int64(3), [TOKENS[3].encode()]),
    "a list of tokens": (lambda _: TOKENS, list(range(M))),
    "a tuple of ids": (lambda _: tuple(range(M)), [ts.TokenSum((token,)) for token in TOKENS]),
    "a sum": (lambda _: SUMS[3], SUMS[3:4]),
    "sums in a file": (written, SUMS),
    "Directions of tokens": (lambda _: make_directions(SPACE, SUMS, SEARCH), SUMS),
}


FUNCTIONS = ("nearest", "direction_test", "survey")


def found_by(given: Any) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The lists that each of the three finds."""
    yield "nearest", ts.nearest(SPACE, given, k=5).ids
    null = ts.NullSpec(draws=10)
    test = ts.direction_test(SPACE, given, null=null, search=SEARCH, labels=LABELS, store=STORE)
    yield "direction_test", test.ids
    if len(make_directions(SPACE, given, SEARCH)) == M:
        job = SurveyJob(SPACE, given, search=SEARCH, ks=(3,))  # of a survey the lists, without its rates
        yield "survey", next(iter(job.blocks(0))).ids[:, 0]
    else:
        with pytest.raises(InputError, match=r"[13] directions are too few for a survey"):
            ts.survey(SPACE, given, search=SEARCH)


@pytest.fixture(scope="module")
def expected() -> dict[str, npt.NDArray[Any]]:
    """Of the whole numbers and the random directions, from nothing but NumPy."""
    unit = SPACE.vectors / np.linalg.norm(SPACE.vectors.astype(np.float64), axis=1)[:, None]
    return {
        name: np.argsort(-(np.asarray(vectors, np.float64) @ unit.T), axis=1, kind="stable")[:, :5]
        for name, vectors in (("whole", WHOLE), ("random", RANDOM[:]))
    }


@pytest.mark.parametrize("what", GIVEN)
def test_whatever_one_takes_all_take(
    what: str, tmp_path: Path, expected: dict[str, npt.NDArray[Any]]
) -> None:
    make, same = GIVEN[what]
    given = make(tmp_path)
    if isinstance(same, list):
        wanted = dict(found_by(same))
    else:
        lists = expected["random" if what == "random directions" else "whole"]
        wanted = dict.fromkeys(FUNCTIONS, lists[3:4] if len(same) == 1 else lists)
    for by, ids in found_by(given):
        np.testing.assert_array_equal(ids, wanted[by], err_msg=by)
    if hasattr(given, "close"):
        given.close()


def test_tokens_are_the_vectors_that_stand_for_them() -> None:
    """The mean of unit rows, with the sign turned of those subtracted; own tokens are not found."""
    unit = SPACE.vectors / np.linalg.norm(SPACE.vectors.astype(np.float64), axis=1)[:, None]
    made = make_directions(SPACE, SUMS, SEARCH)
    vectors = np.stack([(unit[i] - unit[M - 1 - i]) / 2 for i in range(M)])
    np.testing.assert_allclose(made.read(0, M), vectors, atol=1e-15)
    assert made.own == tuple((i, M - 1 - i) for i in range(M))
    found = ts.nearest(SPACE, made, k=5).ids
    assert not any(set(ids) & {i, M - 1 - i} for i, ids in enumerate(found.tolist()))
    all_of_them = ts.survey(SPACE, made, search=SEARCH, ks=(3,)).records.ids[:, 0]
    np.testing.assert_array_equal(all_of_them, ts.nearest(SPACE, vectors, k=5).ids)


NOTHING: Any = "there are no directions; give one or more"
REFUSED: dict[str, tuple[Any, str]] = {
    "another width": (np.ones((M, D + 1)), "have 13 dimensions, but planted has 12"),
    "random of another width": (ts.RandomDirections(7, M), "have 7 dimensions, but planted has 12"),
    "Directions of another width": (
        make_directions(ts.EmbeddingSpace.from_arrays(np.eye(7), list("abcdefg")), np.eye(7)),
        "have 7 dimensions, but planted has 12",
    ),
    "no rows": (np.empty((0, D)), NOTHING),
    "an empty list": ([], NOTHING),
    "an empty list of lists": ([[]], NOTHING),
    "three axes": (np.ones((2, 2, D)), r"have the shape \(2, 2, 12\), but need \(d,\) or \(m, d\)"),
    "a number": (1.5, r"have the shape \(\)"),
    "rows of several lengths": ([[1.0, 2.0], [3.0]], "are no array"),
    "text in an array": (np.array([["a"] * D]), "must be real numbers"),
    "complex": (np.ones((M, D), complex), "must be real numbers"),
    "truths": (np.ones((M, D), bool), "must be real numbers"),
    "a dict": ({"a": 1}, "must be real numbers"),
    "tokens and vectors": (["t1", np.ones(D)], "mix tokens, sums of tokens and numbers"),
    "tokens and numbers": (["t1", 1.5], "mix tokens, sums of tokens and numbers"),
    "tokens and sums": (["t1", ts.TokenSum(("t2",))], "mix tokens, sums of tokens and numbers"),
    "a sum of nothing": (ts.TokenSum(()), "nothing to look for"),
    "a sum that cancels out": (ts.TokenSum(("t1",), ("t1",)), "cancel out"),
    "an unknown token": (["t1", "Paris"], "no token"),
    "a path": (Path("w.npy"), r"w\.npy is a path: open it with open_directions\(path, d=12\)"),
    "Directions of another search": (
        make_directions(SPACE, TOKENS, SearchSettings(5, centered=True)),
        "are sums of rows for cosine, centred: True; make them with the search",
    ),
}


def test_what_one_refuses_all_refuse() -> None:
    functions: list[Callable[[Any], Any]] = [
        lambda given: ts.nearest(SPACE, given, k=5),
        lambda given: ts.direction_test(SPACE, given, search=SEARCH, labels=LABELS),
        lambda given: ts.survey(SPACE, given, search=SEARCH, ks=(3,)),
        lambda given: make_directions(SPACE, given, SEARCH),
    ]
    for what, (given, message) in REFUSED.items():
        for function in functions:
            with case(what):
                kind = UnknownTokenError if what == "an unknown token" else InputError
                with pytest.raises(kind, match=message) as caught:
                    function(given)
                assert "\n" not in str(caught.value)


def test_what_cannot_be_looked_up_is_told_by_nearest_and_kept_by_the_test() -> None:
    bad = WHOLE.astype(np.float64)
    for value, message in ((np.nan, "NaN or infinite"), (np.inf, "NaN or infinite"), (0, "zero vector")):
        bad[3] = value
        with case(value):
            with pytest.raises(InputError, match=f"direction 3 .*{message}"):
                ts.nearest(SPACE, bad, k=5)
            null = ts.NullSpec(draws=10)
            test = ts.direction_test(SPACE, bad, null=null, search=SEARCH, labels=LABELS, store=STORE)
            assert test.testable.tolist() == [i != 3 for i in range(M)]


def test_a_survey_has_no_place_for_what_cannot_be_looked_up() -> None:
    bad = WHOLE.astype(np.float64)
    for value in (np.nan, np.inf, 0.0):
        bad[3] = value
        message = r"direction 3 (has a value that is|is the zero vector)"
        with case(value), pytest.raises(InputError, match=message):
            ts.survey(SPACE, bad, search=SEARCH, ks=(3,))


def test_a_number_of_directions_is_none_of_tokens() -> None:
    """A survey takes how many; elsewhere a number is an id."""
    found = ts.survey(SPACE, np.int64(M), search=SEARCH, ks=(3,))
    assert len(found) == M and found.settings.seed == 0
    with pytest.raises(InputError, match="3 directions are too few"):
        ts.survey(SPACE, 3)
    assert ts.nearest(SPACE, 3).names[0].title == "␣t1"
    with pytest.raises(InputError, match="must be real numbers"):
        ts.nearest(SPACE, True)


# Directions


def ranges_are_slices(made: Directions, whole: npt.NDArray[Any]) -> None:
    m = len(made)
    assert m == len(whole) == len(made.names) == len(made.titles)
    for low, high in ((0, m), (0, 1), (1, 2), (3, 8), (4, 4), (m - 1, m), (m, m)):
        np.testing.assert_array_equal(made.read(low, high), whole[low:high])
    for start, at_once in ((0, 7), (5, 1000), (3, 1), (m, 4)):
        blocks = list(made.blocks(start, at_once))
        assert [low for low, _, _ in blocks] == list(range(start, m, at_once))
        if blocks:
            np.testing.assert_array_equal(np.concatenate([some for _, some, _ in blocks]), whole[start:])
        own = tuple(tokens for _, _, some in blocks for tokens in some)
        assert own == made.own[start:]


def test_any_range_is_a_slice_of_all(tmp_path: Path) -> None:
    for what, (make, _) in GIVEN.items():
        if "tensor" in what and "like" not in what:
            continue  # not without PyTorch
        given = make(tmp_path)
        made = make_directions(SPACE, given, SEARCH)
        whole = made.read(0, len(made))
        with case(what):
            assert whole.dtype in (np.float32, np.float64)
            assert whole.shape == (len(made), made.d) == (len(made), D)
            ranges_are_slices(made, whole)
            both = made.both_ends()
            turned = np.stack([whole, -whole], 1).reshape(-1, D)
            ranges_are_slices(both, turned)
            assert both.ends == 2 and both.both_ends() is both and made.ends == 1
        if hasattr(given, "close"):
            given.close()


def test_names_are_those_of_what_was_given(tmp_path: Path) -> None:
    def titles(given: Any) -> list[str]:
        return list(make_directions(SPACE, given, SEARCH).titles)

    assert titles(WHOLE)[:2] == ["vector[0]", "vector[1]"] and titles(WHOLE[3]) == ["vector"]
    assert titles(RANDOM)[5] == "seed 4, index 1005"
    assert titles(["t1", " t2"]) == ["t1", "␣t2"]
    assert titles(ts.TokenSum(("t1", "t2"), ("t3",))) == ["t1 + t2 − t3"]
    assert titles(ts.TokenSum((), ("t3",))) == ["− t3"]
    assert titles([ts.TokenSum(("t1",), name="one"), ts.TokenSum(("t2",), (), "two")]) == [
        "one",
        "two",
    ]
    with ts.open_directions(npy(tmp_path), D) as file:
        assert titles(file)[:2] == list(file.names[:2])
    assert make_directions(SPACE, RANDOM).names[2].record == {"seed": 4, "index": 1002}
    assert make_directions(SPACE, WHOLE).names[2].record == {"vector": "vector", "row": 2}
    assert make_directions(SPACE, WHOLE[2]).names[0].record == {"vector": "vector", "row": None}


def test_other_names() -> None:
    made = make_directions(SPACE, WHOLE)
    named = made.called([f"feature {i}" for i in range(M)])
    assert named.titles[7] == "feature 7" and named.names[7].record == {"name": "feature 7"}
    assert made.titles[7] == "vector[7]" and named.about == made.about
    ranges_are_slices(named, WHOLE)
    with pytest.raises(InputError, match="1 names for 120 directions: need one for each"):
        made.called(["a"])


def test_groups_keep_the_order_in_which_they_are_met() -> None:
    made = make_directions(SPACE, WHOLE)
    assert made.groups == () and made.group_of is None
    grouped = made.grouped(["late"] * 20 + ["early"] * 50 + ["late"] * 50)
    assert grouped.groups == ("late", "early") and grouped.group_of is not None
    assert grouped.group_of.tolist() == [0] * 20 + [1] * 50 + [0] * 50
    with pytest.raises(InputError, match="2 groups for 120 directions: need one for each"):
        made.grouped(["a", "b"])
    read = make_directions(SPACE, Readable())
    assert read.groups == ("first", "last") and read.group_of is not None
    assert read.group_of.tolist() == [0] * 20 + [1] * (M - 20)


def test_the_opposite_of_each_stands_after_it_in_its_group_with_its_tokens() -> None:
    made = make_directions(SPACE, SUMS, SEARCH).grouped(["a", "b"] * (M // 2))
    both = made.both_ends()
    assert len(both) == 2 * M and both.groups == ("a", "b") and both.group_of is not None
    assert both.titles[6] == made.titles[3] and both.titles[7] == f"{made.titles[3]} (−)"
    assert both.names[7].record == {**made.names[3].record, "opposite": True}
    assert both.group_of[:4].tolist() == [0, 0, 1, 1]
    assert both.own[6] == both.own[7] == made.own[3]
    assert both.rows == made.rows == ("cosine", False)
    named = make_directions(SPACE, WHOLE[:2]).both_ends().called(["a", "b", "c", "d"])
    np.testing.assert_array_equal(named.read(0, 4), [WHOLE[0], -WHOLE[0], WHOLE[1], -WHOLE[1]])


def test_what_they_are_is_told_once_and_tells_them_apart() -> None:
    given = [
        WHOLE, WHOLE.astype(np.float32), 2 * WHOLE, WHOLE[:-1], WHOLE[0], TOKENS, TOKENS[:-1],
        SUMS, RANDOM, ts.RandomDirections(D, M, seed=4), ts.RandomDirections(D, M, first=1000),
    ]  # fmt: skip
    made = [make_directions(SPACE, one, SEARCH) for one in given]
    abouts = [one.about for one in made]
    assert all(abouts[i] != abouts[j] for i in range(len(given)) for j in range(i))
    assert all(one.about is one.about for one in made)
    assert [about["what"] for about in abouts[4:9]] == ["array", *["tokens"] * 3, "random directions"]
    assert make_directions(SPACE, WHOLE.copy()).about == abouts[0]


def test_directions_are_taken_as_they_are() -> None:
    made = make_directions(SPACE, WHOLE)
    assert make_directions(SPACE, made) is made
    tokens = make_directions(SPACE, TOKENS, SEARCH)
    assert make_directions(SPACE, tokens, SearchSettings(9, forms=True)) is tokens


def test_names_are_made_when_they_are_looked_at() -> None:
    made: list[int] = []

    def name(i: int) -> Name:
        made.append(i)
        return Name(f"d{i}", {})

    names = Lazy(10**12, name)
    assert len(names) == 10**12 and not made
    assert names[5].title == "d5" and names[-1].title == f"d{10**12 - 1}" and made == [5, 10**12 - 1]
    made.clear()
    assert [one.title for one in names[7:10]] == ["d7", "d8", "d9"] and made == [7, 8, 9]
    for wrong in (10**12, -(10**12) - 1):
        with pytest.raises(IndexError):
            names[wrong]
    million = make_directions(SPACE, ts.RandomDirections(D, 10**6))
    assert million.titles[999_999] == "seed 0, index 999999"
    assert million.both_ends().titles[1_999_999] == "seed 0, index 999999 (−)"


def test_names_are_sorted_as_people_count() -> None:
    names = ["W[10]", "W[2]", "V", "W[2,10]", "W[2,9]", "W[1]"]
    assert sorted(names, key=natural) == ["V", "W[1]", "W[2,9]", "W[2,10]", "W[2]", "W[10]"]
