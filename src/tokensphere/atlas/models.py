"""The list of models: a line each, with what is to be known of it.

    # comments and empty lines are none
    openai-community/gpt2            family=gpt2 tied=yes
    EleutherAI/pythia-70m@step1000   step=1000
    ./my-model.gguf                  matrix=output
    smollm2-135m-instruct            control=shuffled

After the name come words ``name=value``: how it is loaded (`LOADED`), a control made of it, or whatever
else one knows of it, which the report compares rates with.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from tokensphere.atlas.controls import CONTROLS
from tokensphere.display import told
from tokensphere.errors import FormatError, InputError, check_choice
from tokensphere.formats.files import at_home, exists, system_told

LOADED = ("matrix", "revision", "tensor", "vocabulary", "fold_norm")
_WORD = re.compile(r"([a-z][a-z0-9_]*)=(.*)", re.DOTALL)
_SUFFIXES = (
    ".safetensors", ".gguf", ".npy", ".npz", ".bin", ".pt", ".pth", ".txt", ".vec", ".json", ".parquet",
)  # fmt: skip
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class Model:
    """One model of an atlas.

    Attributes
    ----------
    name : what :func:`tokensphere.load` takes
    loaded : how it is loaded, by `LOADED`
    control : what is made of its matrix, one of `CONTROLS`; None: nothing
    tags : what else is said of it, which changes nothing of its results
    """

    name: str
    loaded: Mapping[str, Any] = field(default_factory=dict)
    control: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def spec(self) -> dict[str, Any]:
        """What the results depend on."""
        return {"model": self.name, "control": self.control, **self.loaded}

    @cached_property
    def id(self) -> str:
        """The name of its folder."""
        short = re.sub(r"[^A-Za-z0-9.-]+", "-", self.name.rstrip("/").rpartition("/")[2])[:40].strip(
            "-."
        )
        text = json.dumps(self.spec, sort_keys=True)
        return f"{short or 'model'}-{sha256(text.encode()).hexdigest()[:10]}"

    @property
    def title(self) -> str:
        """How people call it, as short as tells it apart."""
        path = at_home(self.name)
        shown = path.name if path.is_absolute() else self.name
        more = [f"{key} {value}" for key, value in self.loaded.items() if key in ("matrix", "revision")]
        return ", ".join([shown, *more, *([self.control] if self.control else [])])

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {
            "name": self.name, "loaded": dict(self.loaded), "control": self.control,
            "tags": dict(self.tags),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Model:
        """The way back."""
        return cls(found["name"], found["loaded"], found["control"], found["tags"])


def titles(models: Iterable[Model]) -> dict[str, str]:
    """Titles that tell models apart, by their ids: with the folder, or the id, where it must be."""
    listed = list(models)
    found = {model.id: model.title for model in listed}
    for longer in (_with_folder, lambda model: f"{model.title} ({model.id[-10:]})"):
        counts = Counter(found.values())
        found |= {one.id: longer(one) for one in listed if counts[found[one.id]] > 1}
    return found


def _with_folder(model: Model) -> str:
    path = at_home(model.name)
    return f"{path.parent.name}/{model.title}" if path.is_absolute() else model.title


def read_models(path: Path) -> list[Model]:
    """The models of a list.

    Raises
    ------
    SourceError
        it cannot be read
    FormatError
        it is no text, or names no model
    InputError
        a line says what cannot be; the message names it
    """
    path = at_home(path)
    with system_told(f"cannot read the list of models {path}"):
        content = path.read_bytes()
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path} is no list of models: it is no text in UTF-8; give a line each"
        ) from error
    found: dict[str, Model] = {}
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
            if words:
                model = parse_model(words, path.parent)
                if model.id in found:
                    raise InputError(f"{told(model.title)} is there a second time; leave one out")
                found[model.id] = model
        except ValueError as error:  # InputError is one, too
            raise InputError(f"{path.name}, line {number}: {error}") from error
    if not found:
        raise FormatError(f"{path} names no model; give a line each, e.g. openai-community/gpt2")
    return list(found.values())


def as_models(models: Iterable[str | Path | Model] | str | Path) -> list[Model]:
    """Models as they are given: a list's path, or names.

    Raises
    ------
    InputError
        none, or one twice
    """
    if isinstance(models, (str, Path)):
        return read_models(Path(models))
    found = [one if isinstance(one, Model) else parse_model([str(one)], Path()) for one in models]
    if not found:
        raise InputError("an atlas of no models; name at least one")
    if len({model.id for model in found}) < len(found):
        raise InputError("a model is there a second time; leave one out")
    return found


def parse_model(words: list[str], beside: Path) -> Model:
    """A line of the list.

    Parameters
    ----------
    words : the name, and what follows
    beside : folder that the path of a model is looked for in first
    """
    name, loaded, tags = words[0], dict[str, Any](), dict[str, str]()
    control = None
    for word in words[1:]:
        if (match := _WORD.fullmatch(word)) is None:
            raise InputError(f"{word!r:.100} is no name=value, as in family=gpt2 or matrix=output")
        key, value = match.groups()
        if key == "control":
            check_choice("control", value, CONTROLS)
            control = value
        elif key == "fold_norm":
            check_choice("fold_norm", value.lower(), _YES)
            loaded[key] = _YES[value.lower()]
        elif key == "matrix":
            check_choice("matrix", value, ("input", "output"))
            loaded[key] = value
        elif key in LOADED:
            loaded[key] = value
        else:
            tags[key] = value
    name = _absolute(name, beside)
    if "vocabulary" in loaded:
        loaded["vocabulary"] = _absolute(loaded["vocabulary"], beside)
    return Model(name, loaded, control, tags)


def _absolute(name: str, beside: Path) -> str:
    """A path from wherever it is looked for later; the name of anything else as it is.

    A file that is not there may come: what looks like one is taken for one beside the list.
    """
    path = at_home(name)
    for one in (beside / path, path):
        if exists(one):
            return os.path.abspath(one)  # noqa: PTH100  without ".."; links stay
    looks = name.startswith((".", "/", "~")) or path.suffix.lower() in _SUFFIXES
    return os.path.abspath(beside / path) if looks and name.strip(".") else name  # noqa: PTH100
