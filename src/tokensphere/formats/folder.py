"""Which file of a folder holds the model.

Of the usual names the first is taken, else the one model that there is: files that are parts of
one are counted together. Where the model lies in a folder inside, sentence-transformers'
``modules.json`` leads there; of others the message names those that hold one.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from tokensphere.errors import SourceError
from tokensphere.formats import unread
from tokensphere.formats.files import is_there, system_told
from tokensphere.formats.parts import parts_in

# Where a folder holds several of these, the first is taken.
IN_FOLDER = (
    "model.safetensors", "model.safetensors.index.json", "model.bin", "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)  # fmt: skip
# Then those of the first pattern that any name fits; there must be but one model of them.
_PATTERNS = (
    "*.safetensors.index*.json", "*.safetensors", "*.gguf", "*.bin.index*.json", "pytorch_model*.bin",
    "adapter_model.bin", "consolidated.*.pth",
)  # fmt: skip
_SHOWN = ("*.safetensors", "*.gguf", "consolidated.*.pth")
# What lies beside a model, or is another form of it: taken only where it is alone.
_BESIDES = ("adapter_model*", "consolidated*", "mmproj*", "*imatrix*", "diffusion_pytorch_model*")
_CHECKPOINT = re.compile(r"checkpoint-(\d{1,12})")
_LONGEST = 2**20


def model_file(folder: Path) -> Path:
    """The file of the model in a folder; the first or the index of several.

    Raises
    ------
    SourceError
        there is none, or more than one model
    """
    with system_told(f"cannot open {folder}"):
        inside = sorted(folder.iterdir())
    found = models_of([file.name for file in inside if file.is_file()], folder)
    if len(found) == 1:
        return folder / found[0]
    if found:
        shown = ", ".join(found[:5])
        raise SourceError(f"{folder} holds several models ({shown}); name one of the files")
    return _further_in(folder, [file for file in inside if file.is_dir()])


def models_of(names: list[str], where: object) -> list[str]:
    """The files of models among those of a folder, the first file or the index of each; one as a rule.

    Parameters
    ----------
    names : of all files of the folder, wherever it lies
    where : the folder, for messages

    Raises
    ------
    SourceError
        one of a model's several files is missing
    """
    if usual := [name for name in IN_FOLDER if name in names][:1]:
        return usual
    for pattern in _PATTERNS:
        if found := _models([name for name in names if fnmatchcase(name, pattern)], where):
            return found
    return []


def _models(names: list[str], where: object) -> list[str]:
    """One name for each model, the first of its files."""
    main = [name for name in names if not any(fnmatchcase(name, other) for other in _BESIDES)]
    taken = main or names
    if not main and all(name.startswith("consolidated.") and name.endswith(".pth") for name in names):
        return names[:1]
    return list(dict.fromkeys(parts_in(names, name, where)[0] for name in taken))


def _further_in(folder: Path, folders: list[Path]) -> Path:
    """The model of a folder inside, if something says which."""
    module = _first_module(folder)
    if module is not None:
        return model_file(module)
    numbers = {int(found[1]): sub for sub in folders if (found := _CHECKPOINT.fullmatch(sub.name))}
    if numbers:
        names = ", ".join(numbers[number].name for number in sorted(numbers)[-5:])
        last = numbers[max(numbers)]
        raise SourceError(
            f"{folder} holds no model but a Trainer's checkpoints ({names}); name one, like {last}"
        )
    holding = [sub for sub in folders if _holds_model(sub)]
    if holding:
        names = ", ".join(sub.name for sub in holding[:5])
        likely = next((sub for sub in holding if sub.name.startswith("text_encoder")), holding[0])
        raise SourceError(
            f"{folder} holds no model itself, but its folders do ({names}); name one, like {likely}"
        )
    for name in IN_FOLDER:
        is_there(folder / name)
    looked = ", ".join((*IN_FOLDER, *_SHOWN))
    raise SourceError(f"{folder} holds no model (looked for {looked}){unread.in_folder(folder)}")


def _holds_model(folder: Path) -> bool:
    with suppress(OSError):
        names = [file.name for file in folder.iterdir()]
        return any(fnmatchcase(name, pattern) for name in names for pattern in (*IN_FOLDER, *_PATTERNS))
    return False


def _first_module(folder: Path) -> Path | None:
    """The folder of the first of sentence-transformers' modules, which has the embedding."""
    file = folder / "modules.json"
    with suppress(OSError):
        if file.is_file() and file.stat().st_size <= _LONGEST:
            path = first_module(file.read_bytes())
            return folder / path if path and (folder / path).is_dir() else None
    return None


def first_module(raw: bytes) -> str | None:
    """The folder that sentence-transformers' ``modules.json`` names first, if that is one inside."""
    with suppress(ValueError, RecursionError):
        modules = json.loads(raw)
        module = modules[0] if isinstance(modules, list) and modules else None
        path = module.get("path") if isinstance(module, dict) else None
        if isinstance(path, str) and re.fullmatch(r"[\w.-]*\w[\w.-]*", path):
            return path
    return None
