"""Sound files of every kind, and what a user does with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
from click.testing import CliRunner

import tokensphere as ts
from tests import files, small_model
from tests.directions.direction_files import FORMATS, whole_numbers
from tests.files.case import Case
from tokensphere.cli import main
from tokensphere.errors import TokensphereError
from tokensphere.sources.cache import entries, writer
from tokensphere.sources.layout.search import Found

_REPO, _COMMIT = "owner/name", "c" * 40


@dataclass(frozen=True)
class Seed:
    """A kind of file.

    Attributes
    ----------
    kind : what it is
    make : writes it into an empty folder, and gives what a user does with it
    """

    kind: str
    make: Callable[[Path], Callable[[], object]]


def tokensphere(*arguments: object) -> str:
    """What a command prints.

    Raises
    ------
    TokensphereError
        it ended with the status 1 or 2; the text is what it said
    """
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code:
        assert result.exit_code in (1, 2) and not result.stdout, result.output[:2000]
        said = result.stderr.removesuffix("\n")
        assert said.startswith("tokensphere: "), said[:2000]
        raise TokensphereError(said)
    return result.stdout


def _of_case(case: Case) -> Seed:
    def make(folder: Path) -> Callable[[], object]:
        want = case.make(folder)
        return lambda: ts.load(want.model, **want.options)

    return Seed(f"model: {case.what}", make)


def _model(folder: Path) -> Path:
    """A small model that is not damaged."""
    return small_model.write(folder.parent / "sound.gguf")


def _directions(form: str) -> Seed:
    def make(folder: Path) -> Callable[[], object]:
        model = _model(folder)
        path = FORMATS[form](folder, {"w": whole_numbers(4, 32), "b": whole_numbers(64, 32, seed=1)})
        return lambda: tokensphere("nearest", "--model", model, "--directions", f"{path}:w", "-k", 3)

    return Seed(f"directions: {form}", make)


def _text(kind: str, content: str, *command: str) -> Seed:
    """A text file that a command takes as its last argument."""

    def make(folder: Path) -> Callable[[], object]:
        model = _model(folder)
        (folder / "text.txt").write_text(content, encoding="utf-8")
        return lambda: tokensphere(*command, folder / "text.txt", "--model", model)

    return Seed(f"text: {kind}", make)


def _saved(kind: str, *command: str) -> Seed:
    """A result that was saved, and is continued with more."""

    def make(folder: Path) -> Callable[[], object]:
        model, path = _model(folder), folder / "result.parquet"
        np.save(
            folder.parent / "sound.npy", np.random.default_rng(0).standard_normal((40, small_model.D))
        )
        begin = [*command, "--model", model, "--save", path]
        if command[0] == "test":
            begin[1:1] = [folder.parent / "sound.npy"]
        tokensphere(*begin)
        return lambda: tokensphere(*begin, "--json")

    return Seed(f"saved: {kind}", make)


def _space(folder: Path) -> Callable[[], object]:
    ts.load(_model(folder)).save(folder / "space.safetensors")
    return lambda: ts.load(folder / "space.safetensors")


def _in_cache(kind: str, *command: str) -> Seed:
    """What a command keeps in the cache, which is read again by the same command."""

    def make(folder: Path) -> Callable[[], object]:
        os.environ["TOKENSPHERE_CACHE"] = str(folder)
        model = _model(folder)
        np.save(
            folder.parent / "sound.npy", np.random.default_rng(0).standard_normal((4, small_model.D))
        )
        run = [*command, "--model", model]
        if command[0] == "test":
            run[1:1] = [folder.parent / "sound.npy"]
        sound = tokensphere(*run)

        def again() -> None:
            assert tokensphere(*run) == sound, "what is computed does not depend on the cache"

        return again

    return Seed(f"cache: {kind}", make)


def _entry(folder: Path) -> Callable[[], object]:
    """A matrix of a repository that was fetched."""
    os.environ["TOKENSPHERE_CACHE"] = str(folder)
    matrix = np.arange(24, dtype="<f4").reshape(6, 4)
    tokens = (
        b'{"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5}}}'
    )
    writer.store(
        _REPO, None, _COMMIT, tensor="wte.weight", dtype="F32", shape=(6, 4), size=matrix.nbytes,
        fill=lambda write: write(0, matrix.tobytes()), files={"tokenizer.json": tokens},
    )  # fmt: skip
    found = Found("wte.weight", "ln_f.weight", "GPT-2", True, ("a note",))
    writer.record(_REPO, None, _COMMIT, found, matrix="input", tensor=None)
    assert entries.find(_REPO) is not None

    def read() -> None:
        tokensphere("cache", "list")
        tokensphere("cache", "list", "--json")
        space = ts.load(_REPO)
        assert space.shape == (6, 4)

    return read


def _seeds() -> Iterator[Seed]:
    for found in sorted(iter_modules(files.__path__), key=lambda module: module.name):
        if found.name.startswith("of_"):
            cases: list[Any] = import_module(f"tests.files.{found.name}").CASES
            yield from map(_of_case, cases)
    for form in FORMATS:
        if not form.startswith("torch"):
            yield _directions(form)
    words = '# sums\n" king" - " queen"\ndays: ␣one + ␣two - ␣three\n"king"\n'
    yield _text("expressions", words, "nearest", "--tokens")
    yield _text(
        "labels",
        "␣king\troyal\n␣queen\troyal\nParis\ttown\n",
        "name",
        "Paris",
        " king",
        " queen",
        "--labels",
    )
    yield _text("vocabulary", "\n".join(f"t{id}" for id in range(51)), "info", "--vocabulary")
    yield _saved("test", "test", "--draws", "99")
    yield _saved("survey", "survey", "-n", "100", "--surrogates", "2")
    yield Seed("saved: space", _space)
    yield _in_cache("nulls", "test", "--draws", "99")
    yield _in_cache("labels", "name", "Paris", " king", " queen")
    yield Seed("cache: entry", _entry)


SEEDS = list(_seeds())


def shares(seeds: list[Seed], n: int) -> list[int]:
    """How many of n cases each kind gets: all kinds of models together half, the others the rest."""
    models = sum(seed.kind.startswith("model:") for seed in seeds)
    others = len(seeds) - models
    each = n if not (models and others) else -(-n // 2)
    return [-(-each // (models if seed.kind.startswith("model:") else others)) for seed in seeds]
