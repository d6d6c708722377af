"""Which dictionaries there are in a folder or repository, and what is known of each, unread."""

from __future__ import annotations

import operator
import posixpath
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

from tokensphere.directions.named import natural
from tokensphere.errors import FormatError, MissingExtraError, SourceError, check_choice
from tokensphere.formats.files import json_object
from tokensphere.formats.foreign import optional
from tokensphere.formats.tensors import TensorInfo
from tokensphere.saes import models
from tokensphere.saes.hooks import Place, place_of
from tokensphere.saes.layouts import LAYOUTS, Layout, Matrix
from tokensphere.saes.shelf import Shelf

Vectors = Literal["decoder", "encoder"]
VECTORS: tuple[Vectors, ...] = ("decoder", "encoder")


@dataclass(frozen=True)
class Dictionary:
    """A learnt dictionary that was found: which tensor has its vectors, and what they belong to.

    Attributes
    ----------
    layout : how it is laid out
    path : of its folder (or file, where a folder has several), below that of the shelf
    file, tensor : where the vectors are
    shape, axes : of the tensor, and what its axes count, see :class:`~tokensphere.saes.layouts.Matrix`
    model : the Hub's name of the model, or None if that is not told
    told : the model as the configuration spells it, if it does
    place : where the vectors live; None if that is not told
    """

    layout: Layout
    path: str
    file: str
    tensor: str
    shape: tuple[int, ...]
    axes: str
    model: str | None
    told: str | None
    place: Place | None

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON, with the layout's name."""
        return {**asdict(self), "layout": self.layout.name}

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Dictionary:
        """What :meth:`to_dict` made; of other content any error of Python."""
        layout = next(one for one in LAYOUTS if one.name == facts["layout"])
        place = facts["place"] and Place(**facts["place"])
        shape = tuple(map(operator.index, facts["shape"]))
        path, file, tensor, axes = (
            str.__str__(facts[name]) for name in ("path", "file", "tensor", "axes")
        )
        if len(axes) != len(shape) or not {"f", "d"} <= set(axes):
            raise ValueError("axes and shape do not fit")
        return cls(layout, path, file, tensor, shape, axes, facts["model"], facts["told"], place)

    @property
    def d(self) -> int:
        """Dimensions of its vectors."""
        return self.shape[self.axes.index("d")]

    @property
    def features(self) -> int:
        """How many it has."""
        return self.shape[self.axes.index("f")]


def dictionaries(shelf: Shelf, vectors: Vectors = "decoder", below: str = "") -> list[Dictionary]:
    """All dictionaries of a shelf, in natural order of their paths; empty if there are none.

    Parameters
    ----------
    shelf : the files
    vectors : which of a dictionary's two matrices
    below : only those in this folder, or this file; ``*`` stands for anything

    Raises
    ------
    InputError
        there are no such vectors
    SourceError, FormatError, MissingExtraError
        a dictionary cannot be read, or is none that its layout allows
    """
    check_choice("vectors", vectors, VECTORS)
    found: list[Dictionary] = []
    for folder in _folders(shelf, below):
        found += Folder(shelf, folder, below).dictionaries(vectors)
    return sorted(found, key=lambda one: natural(one.path))


def _folders(shelf: Shelf, below: str) -> list[str]:
    """The folders that could hold one: those of all files, also the one above ``checkpoints``."""
    names = [file for file in shelf.files if _within(file, below)]
    folders = {posixpath.dirname(file) for file in names}
    folders |= {posixpath.dirname(one) for one in folders if posixpath.basename(one) == "checkpoints"}
    return sorted(folders)


def _within(file: str, below: str) -> bool:
    """Whether a file is the one that is meant, or in such a folder; ``*`` stands for anything."""
    pattern = ".*".join(map(re.escape, below.split("*")))
    return not below or re.fullmatch(f"{pattern}(?:/.*)?", file, re.DOTALL) is not None


def likely(shelf: Shelf, below: str = "") -> list[str]:
    """Paths of what by the names of files could be dictionaries, in natural order; reads no content."""
    found: set[str] = set()
    for folder in _folders(shelf, below):
        own = Folder(shelf, folder, below)
        for layout in LAYOUTS:
            fitting = [file for file in own.files if re.fullmatch(layout.weights, file)]
            if fitting and layout.weights != r".*\.pt":
                one = re.fullmatch(layout.weights, fitting[0])
                numbered = one is not None and one.groupdict().get("i") is not None
                found |= {posixpath.join(folder, file) for file in fitting} if numbered else {folder}
                break
    return sorted(found, key=natural)


_WEIGHTS, _CONFIG = "sae_weights.safetensors", "cfg.json"  # SAELens's, which tell it by their names
_TENSORS = (".safetensors", ".gguf", ".pt", ".pth", ".bin", ".npz", ".npy")


def missing_half(shelf: Shelf) -> str | None:
    """What a folder lacks of a dictionary of which one of two files is there; None of other folders."""
    if shelf.has(_WEIGHTS) and not shelf.has(_CONFIG):
        return f"it has {_WEIGHTS} of a dictionary, but not its {_CONFIG}"
    if shelf.has(_CONFIG) and not any(file.endswith(_TENSORS) for file in shelf.files):
        return f"it has the {_CONFIG} of a dictionary, but not its weights ({_WEIGHTS})"
    return None


@dataclass(frozen=True)
class Folder:
    """One folder of a shelf, which may hold dictionaries.

    Attributes
    ----------
    shelf : of the folder
    path : its path, ``""`` for the topmost
    below : only files in this folder, or this file
    """

    shelf: Shelf
    path: str
    below: str = ""

    @cached_property
    def files(self) -> list[str]:
        """Paths below this folder, those in it and in ``checkpoints``."""
        start = f"{self.path}/" if self.path else ""
        names = (
            file.removeprefix(start)
            for file in self.shelf.files
            if file.startswith(start) and _within(file, self.below)
        )
        return [name for name in names if "/" not in name or name.startswith("checkpoints/")]

    def dictionaries(self, vectors: Vectors) -> list[Dictionary]:
        """Those that lie in this folder: of the first layout that fits."""
        for layout in LAYOUTS:
            fitting = [file for file in self.files if re.fullmatch(layout.weights, file)]
            once = (
                fitting if "(?P<i>" in layout.weights or layout.config.startswith("{") else fitting[-1:]
            )
            if every := [one for file in once for one in self._of_file(layout, file, vectors)]:
                return every
        return []

    def _of_file(self, layout: Layout, file: str, vectors: Vectors) -> Iterator[Dictionary]:
        """What one file has, if it is of this layout."""
        found = re.fullmatch(layout.weights, file)
        number = found and found.groupdict().get("i")
        config = self._config(layout.config, file)
        if layout.config and config is None and not layout.optional:
            return
        if any(_value(config or {}, key) is None for key in layout.must):
            return
        tensors = self.shelf.tensors(self._whole(file))
        wanted = _matching(layout.decoder, tensors, number)
        if not wanted:
            return
        _check_bias(f"{self._whole(file)} of {self.shelf.name}", layout, tensors, wanted)
        if vectors == "encoder":
            file, tensors, wanted = self._encoder(layout, file, tensors, number)
        told = self._told(layout, config or {}, file)
        model = (models.hub_name(told) if told else None) or models.of_repository(self.shelf.repo)
        place = self._place(layout, config or {}, file, number, vectors)
        alone = number is None and not layout.config.startswith("{")
        for name, matrix, layer in wanted:
            yield Dictionary(
                layout=layout,
                path=self.path if alone else self._whole(file),
                file=self._whole(file),
                tensor=name,
                shape=tensors[name].shape,
                axes=matrix.axes,
                model=model,
                told=told,
                place=place if layer is None else place_of(place.hook if place else "", int(layer)),
            )

    def _whole(self, file: str) -> str:
        return posixpath.join(self.path, file)

    def _encoder(
        self, layout: Layout, file: str, tensors: Mapping[str, TensorInfo], number: str | None
    ) -> tuple[str, Mapping[str, TensorInfo], list[_Wanted]]:
        """The file that has the encoder, its tensors, and which of them it is."""
        where = f"{self._whole(file)} of {self.shelf.name}"
        for other in dict.fromkeys(matrix.file for matrix in layout.encoder):
            if other is not None:
                pattern = other.replace("{i}", number or "")
                file = next((one for one in self.files if re.fullmatch(pattern, one)), "")
                if not file:
                    continue
                tensors = self.shelf.tensors(self._whole(file))
            if wanted := _matching(layout.encoder, tensors, number):
                return file, tensors, wanted
        raise SourceError(
            f"{where}, of the layout of {layout.name}, has no encoder that is known; its tensors are"
            f" {', '.join(list(tensors)[:8])}: name one as FILE:TENSOR"
        )

    def _config(self, path: str, file: str) -> dict[str, Any] | None:
        """The configuration, or None if it is not there."""
        stem = file.rpartition(".")[0]
        path = path.replace("{stem}", stem)
        ways = [path] if not path.startswith("/") else [path[1:], f"..{path}"]
        for way in filter(None, ways):
            whole = posixpath.normpath(posixpath.join(self.path, way))
            if self.shelf.has(whole):
                return _parsed(self.shelf.small(whole), f"{whole} of {self.shelf.name}")
        return None

    def _told(self, layout: Layout, config: dict[str, Any], file: str) -> str | None:
        """The model as the files spell it."""
        if layout.model_in:
            ways = (layout.model_in, f"../{posixpath.basename(layout.model_in)}")
            config = next(filter(None, (self._config(way, file) for way in ways)), {})
        return _text(config, layout.model)

    def _place(
        self, layout: Layout, config: dict[str, Any], file: str, number: str | None, vectors: Vectors
    ) -> Place | None:
        """Where the vectors live, by the configuration or else by the names of folders."""
        hook = (_text(config, layout.hook_out) if vectors == "decoder" else None) or _text(
            config, layout.hook
        )
        layer = None if number is None else int(number)
        if layer is None and isinstance(told := _value(config, "trainer.layer"), int):
            layer = told
        path = posixpath.join(self.shelf.repo, self.path, file)
        by_path = _place_of_path(path, layer, vectors)
        if hook is None:
            return by_path
        if layer is None and by_path is not None:
            layer = by_path.layer
        place = place_of(hook, layer)
        # Gemma Scope 2 calls a folder "attn_out" whose dictionary is of what the heads put out.
        return by_path if by_path is not None and by_path.space == "heads" else place


_Wanted = tuple[str, Matrix, str | None]


def _matching(
    matrices: tuple[Matrix, ...], tensors: Mapping[str, TensorInfo], number: str | None
) -> list[_Wanted]:
    """The tensors of the first matrix that is there: name, what it is, and the layer in its name."""
    for matrix in matrices:
        pattern = matrix.name.replace("{i}", number or "")
        fits = ((re.fullmatch(pattern, name), info) for name, info in tensors.items())
        wanted = [
            (info.name, matrix, found.groupdict().get("i"))
            for found, info in fits
            if found and len(info.shape) == len(matrix.axes)
        ]
        if wanted:
            return sorted(wanted, key=lambda one: int(one[2] or 0))
    return []


_BIASES = ("b_dec", "decoder.bias", "b_D", "decoder_linear.bias")


def _check_bias(
    what: str, layout: Layout, tensors: Mapping[str, TensorInfo], wanted: list[_Wanted]
) -> None:
    """Refuse a decoder that lies otherwise than its layout says, where its bias tells."""
    for name, matrix, _ in wanted:
        d, shape = tensors[name].shape[matrix.axes.index("d")], tensors[name].shape
        told = [tensors[bias].shape for bias in _BIASES if bias in tensors]
        if any(len(one) == 1 and one[0] != d and one[0] in shape for one in told):
            raise FormatError(
                f"{what}: {name} has the shape {shape}, and the layout of {layout.name} has d = {d}, but"
                f" its bias has {told[0][0]} entries; name the tensor and its axis: FILE:{name} --axis N"
            )


def _place_of_path(path: str, layer: int | None, vectors: Vectors) -> Place | None:
    """What the names of repository and folders tell of the place."""
    parts = [part for part in re.split(r"/", path) if part]
    for part in reversed(parts):
        known = place_of(part)
        if known.space != "unknown" and known.layer is not None:
            return known
    words = "/".join(parts)
    number = layer
    if number is None and (found := next(filter(None, (one.search(words) for one in _LAYERS)), None)):
        number = int(found[1])
    for pattern, hook in _IN_NAMES:
        if re.search(pattern, words, re.IGNORECASE):
            hook = hook[vectors == "encoder"] if isinstance(hook, tuple) else hook
            return place_of(hook.format("?" if number is None else number), number)
    return None if number is None else Place("", number, "residual")


_LAYERS = (re.compile(r"layers?[_.]?(\d+)"), re.compile(r"(?<![A-Za-z0-9_])[Ll](\d+)[RMA]?(?![\w.]*\d)"))
# Words in names of repositories and folders, and the places that they mean.
_IN_NAMES: tuple[tuple[str, str | tuple[str, str]], ...] = (
    (r"transcoder|\bclt\b|cross.?layer", ("blocks.{}.hook_mlp_out", "blocks.{}.hook_mlp_in")),
    (r"gemma-scope-\w+-pt-att\b|gemma-scope-2-.*attn_out|hook_z|attn-saes", "blocks.{}.attn.hook_z"),
    (r"embedding|embed_tokens", "hook_embed"),
    (r"resid_post|-res\b|gemma-scope-\w+-(?:pt|it)-res|SAE-Res-|L\d+R\b", "blocks.{}.hook_resid_post"),
    (r"mlp_out|-mlp\b|L\d+M\b", "blocks.{}.hook_mlp_out"),
    (r"attn_out|L\d+A\b", "blocks.{}.hook_attn_out"),
)


def _value(config: dict[str, Any], key: str) -> Any:
    """What stands under a key with dots; None if nothing does."""
    value: Any = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(config: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    """The first of these that is a text."""
    values = (_value(config, key) for key in keys)
    return next((value for value in values if isinstance(value, str) and value), None)


def _parsed(raw: bytes, what: str) -> dict[str, Any]:
    """A configuration in JSON; or in YAML, of which nothing is known where PyYAML is not installed."""
    if what.partition(" of ")[0].endswith((".yaml", ".yml")):
        return _of_yaml(raw, what)
    return json_object(raw, what)


def _of_yaml(raw: bytes, what: str) -> dict[str, Any]:
    with suppress(MissingExtraError):
        yaml = optional("yaml", "")
        try:
            found = yaml.safe_load(raw)
        except Exception as error:  # whatever is wrong in it, with whatever PyYAML says
            raise FormatError(f"{what} is no valid YAML; download it again") from error
        return found if isinstance(found, dict) else {}
    return {}
