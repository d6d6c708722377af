"""Models that Ollama has pulled, by their names: ``ollama:llama3.2`` or ``ollama:llama3.2:1b``.

    $OLLAMA_MODELS, or ~/.ollama/models, or /usr/share/ollama/.ollama/models
        manifests/registry.ollama.ai/library/<name>/<tag>    JSON: the layers, each with type and digest
        blobs/sha256-<digest>                                the layers; that of the model is a GGUF file

Nothing is pulled here; Ollama does that.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.formats.files import at_home, exists, json_object, read_bytes

PREFIX = "ollama:"
_HOST, _OWNER, _TAG = "registry.ollama.ai", "library", "latest"
_PART = re.compile(r"[A-Za-z0-9_][\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
_LAYER = "application/vnd.ollama.image."
_MOST = 2**22  # bytes of a manifest
_SERVICE = Path("/usr/share/ollama/.ollama/models")  # of Linux' installer


@dataclass(frozen=True)
class Pulled:
    """A model of Ollama on this machine.

    Attributes
    ----------
    name : name and tag
    file : the GGUF file
    digest : of that file, as the manifest has it: ``sha256:…``
    """

    name: str
    file: Path
    digest: str


def find(model: str) -> Pulled:
    """The file of ``ollama:[[host/]owner/]name[:tag]``.

    Raises
    ------
    InputError
        that is no name of Ollama's
    SourceError
        there is no such model here, or it is not one GGUF file
    FormatError
        its manifest is damaged
    """
    given = model.removeprefix(PREFIX)
    path, colon, tag = given.partition(":")
    parts = path.split("/")
    if not 1 <= len(parts) <= 3 or not all(map(_PART.fullmatch, (*parts, tag if colon else _TAG))):
        raise InputError(f"{model!r:.200} is no name of a model of Ollama; write ollama:name:tag")
    parts = [*(_HOST, _OWNER)[: 3 - len(parts)], *parts]
    for root in _roots():
        manifest = _same(root / "manifests", (*parts, tag or _TAG))
        if manifest is not None and manifest.is_file():
            short = parts[2] if parts[:2] == [_HOST, _OWNER] else given.partition(":")[0]
            return _pulled(root, manifest, f"{short}:{manifest.name}")
    raise SourceError(_not_there(model, parts))


def _roots() -> list[Path]:
    if own := os.environ.get("OLLAMA_MODELS"):
        return [at_home(own)]
    return [at_home("~/.ollama/models"), _SERVICE]


def names() -> list[str]:
    """The models here, as ``name:tag``, with owner and host where they are not Ollama's own."""
    found = []
    for root in _roots():
        with suppress(OSError):
            for manifest in sorted((root / "manifests").glob("*/*/*/*")):
                host, owner, name, tag = manifest.parts[-4:]
                own = host == _HOST and owner == _OWNER
                found.append(f"{name}:{tag}" if own else f"{host}/{owner}/{name}:{tag}")
    return found


def _same(folder: Path, parts: tuple[str, ...]) -> Path | None:
    """The path of these parts, with or without regard to case, as Ollama takes names."""
    for part in parts:
        exact = folder / part
        if not exists(exact):
            with suppress(OSError):
                exact = next((at for at in folder.iterdir() if at.name.lower() == part.lower()), exact)
        folder = exact
    return folder if exists(folder) else None


def _not_there(model: str, parts: list[str]) -> str:
    have = names()
    alike = [name for name in have if name.partition(":")[0].rpartition("/")[2] == parts[2]]
    listed = ", ".join((alike or have)[:6])
    has = f"it has {listed}" if listed else f"looked in {', '.join(map(str, _roots()))}"
    return (
        f"Ollama has no model {model!r:.200} here ({has}); pull it with 'ollama pull', or name another"
    )


def _pulled(root: Path, manifest: Path, name: str) -> Pulled:
    layers = json_object(read_bytes(manifest, most=_MOST), str(manifest)).get("layers")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise FormatError(f"{manifest} is no manifest of Ollama (no list of layers); pull {name} again")
    of_type = {kind: [layer for layer in layers if layer.get("mediaType") == _LAYER + kind]
               for kind in ("model", "adapter", "tensor")}  # fmt: skip
    if of_type["adapter"]:
        raise SourceError(
            f"{name} of Ollama is a model with an adapter, which is not applied here; name the model"
            " that it was made from"
        )
    if len(of_type["model"]) != 1:
        stored = "tensor by tensor" if _has_tensors(layers) else f"in {len(of_type['model'])} layers"
        raise SourceError(
            f"{name} of Ollama is stored {stored}, not as one GGUF file; use the Hub's version"
        )
    return _blob(root, manifest, name, of_type["model"][0])


def _has_tensors(layers: list[dict[str, Any]]) -> bool:
    return any(str(layer.get("mediaType")).startswith(_LAYER + "tensor") for layer in layers)


def _blob(root: Path, manifest: Path, name: str, layer: dict[str, Any]) -> Pulled:
    digest = _DIGEST.fullmatch(str(layer.get("digest")))
    if digest is None:
        raise FormatError(f"{manifest} has no digest of the model's layer; pull {name} again")
    file = root / "blobs" / f"sha256-{digest[1]}"
    if not file.is_file():
        raise SourceError(
            f"{file} is missing, the file of {name}; pull it again with 'ollama pull {name}'"
        )
    size = layer.get("size")
    if isinstance(size, int) and file.stat().st_size != size:
        raise SourceError(
            f"{file} of {name} has {file.stat().st_size:,} bytes, but its manifest says"
            f" {size:,}; pull it again"
        )
    return Pulled(name, file, f"sha256:{digest[1]}")
