"""What is asked of every model of an atlas: all who work in its folder must ask the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tokensphere.analysis.survey.job import LEAST, VERSION, SurrogateSpec
from tokensphere.errors import MOST, FormatError, InputError, check_whole
from tokensphere.formats.files import exists, system_told
from tokensphere.formats.whole import whole_file
from tokensphere.geometry.surrogate import DEFAULT_LAW, SurrogateLaw
from tokensphere.records import Record

FILE = "atlas.json"
SCHEMA = 1
_LISTS = (5, 10, 20)  # lengths whose coherence is measured, as a survey's
_LEAST_SURROGATES = 19  # that can tell 5 %


@dataclass(frozen=True)
class AtlasSettings(Record):
    """What the counts of an atlas depend on besides the model.

    Attributes
    ----------
    seed : of the directions, which are those of :class:`.RandomDirections` in each model's own width
    block : directions of a unit of work, at least 100
    k : length of the lists whose rates and hubs are told, 2 or more; coherence is counted of 5, 10 and
        20, too
    surrogate, surrogate_seed, surrogates : the vocabularies with no words, at least 19
    """

    seed: int = 0
    block: int = 20_000
    k: int = 10
    surrogate: SurrogateLaw = DEFAULT_LAW
    surrogate_seed: int = 0
    surrogates: int = 19

    def __post_init__(self) -> None:
        check_whole("the seed", self.seed)
        check_whole("the number of directions of a unit", self.block, LEAST, MOST)
        check_whole("k", self.k, 2, MOST)
        check_whole("the number of surrogates", self.surrogates, _LEAST_SURROGATES, MOST)
        self.spec  # noqa: B018  checks the others

    @property
    def spec(self) -> SurrogateSpec:
        """The vocabularies with no words."""
        return SurrogateSpec(self.surrogate, self.surrogate_seed, self.surrogates)

    @property
    def ks(self) -> tuple[int, ...]:
        """Lengths of lists whose coherence is measured, ascending."""
        return tuple(sorted({*_LISTS, self.k}))

    @property
    def key(self) -> dict[str, Any]:
        """What the counts of a unit depend on besides its model and its place."""
        return {"schema": SCHEMA, "survey": VERSION, **self.to_dict()}


def begin(folder: Path, settings: AtlasSettings) -> None:
    """Make the folder of an atlas, or see that it is one of the same settings.

    Raises
    ------
    InputError
        it is of other settings, or holds something else; or it cannot be made
    """
    with system_told(f"cannot make the folder {folder}", kind=InputError):
        folder.mkdir(parents=True, exist_ok=True)
    if not exists(folder / FILE):
        there = next((path.name for path in folder.iterdir() if not path.name.startswith(".")), None)
        if there is not None and not exists(folder / FILE):  # else another process was quicker
            raise InputError(
                f"{folder} is no atlas, but not empty (it has {there!r:.100}); name a new folder"
            )
        with whole_file(folder / FILE) as file:
            file.write(json.dumps({"what": "atlas", **settings.key}, indent=1).encode())
    found = read_settings(folder)
    for field in fields(AtlasSettings):
        ours, theirs = getattr(settings, field.name), getattr(found, field.name)
        if ours != theirs:
            raise InputError(
                f"the atlas {folder} was begun with {field.name} {theirs}, not {ours}; ask the same, or"
                " name another folder"
            )


def read_settings(folder: Path) -> AtlasSettings:
    """The settings of an atlas.

    Raises
    ------
    InputError
        the folder is no atlas, or one of another version
    FormatError
        what it says of itself is damaged
    """
    if not exists(folder / FILE):
        raise InputError(f"{folder} is no atlas: it has no {FILE}; name the folder that --out named")
    with system_told(f"cannot read {folder / FILE}"):
        content = (folder / FILE).read_bytes()
    try:
        found = json.loads(content)
        what, schema, survey = (found.pop(name) for name in ("what", "schema", "survey"))
    except (ValueError, KeyError, AttributeError) as error:
        raise FormatError(f"{folder / FILE} is damaged; begin a new atlas in another folder") from error
    if (what, schema, survey) != ("atlas", SCHEMA, VERSION):
        raise InputError(
            f"{folder} was begun by another version of tokensphere: use that, or name a new folder"
        )
    try:
        return AtlasSettings(**found)
    except (TypeError, InputError) as error:
        raise FormatError(f"{folder / FILE} is damaged: {error}; begin a new atlas") from error
