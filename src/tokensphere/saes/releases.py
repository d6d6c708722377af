"""The table of public releases of dictionaries that comes with the package.

``data/saes.json.gz`` holds for each release its repository, model, layout and the dictionaries in it. It
is made by ``scripts/make_releases.py`` from SAELens's ``pretrained_saes.yaml``, of which it keeps names
and places.
"""

from __future__ import annotations

import difflib
import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tokensphere.errors import InputError
from tokensphere.records import Record

FILE = "saes.json.gz"
_SHOWN = 6


@dataclass(frozen=True)
class Listed(Record):
    """A dictionary of a release.

    Attributes
    ----------
    id : what it is called there
    path : of its folder or file in the repository
    """

    id: str
    path: str


@dataclass(frozen=True)
class Release(Record):
    """A release of dictionaries.

    Attributes
    ----------
    name : without the id of one
    repo : of the Hub
    model : the Hub's name of the model
    layout : as the table of its source calls it
    saes : the dictionaries
    """

    name: str
    repo: str
    model: str
    layout: str
    saes: tuple[Listed, ...]


@dataclass(frozen=True)
class Table:
    """All releases, and where they were read."""

    source: str
    releases: tuple[Release, ...]


@cache
def table() -> Table:
    """The table, read once."""
    raw = (files("tokensphere.data") / FILE).read_bytes()
    content = json.loads(gzip.decompress(raw))
    releases = tuple(
        Release(name, repo, model, layout, tuple(Listed(id, path or id) for id, path in saes))
        for name, repo, model, layout, saes in content["releases"]
    )
    return Table(content["source"], releases)


def named(name: str) -> tuple[Release, tuple[Listed, ...]]:
    """The release and the dictionaries that ``RELEASE/ID`` means; in an id ``*`` stands for anything.

    Raises
    ------
    InputError
        there is no such release, or none of its dictionaries is called so

    Examples
    --------
    >>> release, (one,) = named("gpt2-small-res-jb/blocks.8.hook_resid_pre")
    >>> release.repo, one.path
    ('jbloom/GPT2-Small-SAEs-Reformatted', 'blocks.8.hook_resid_pre')
    """
    known = {release.name: release for release in table().releases}
    wanted, slash, id = name.partition("/")
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.4)
        meant = f"did you mean {' or '.join(near)}?" if near else "'tokensphere saes WORD' searches them"
        raise InputError(f"there is no release {wanted!r:.100} in the table; {meant}")
    release = known[wanted]
    shown = ", ".join(one.id for one in release.saes[:_SHOWN])
    more = f", … ({len(release.saes):,} in all)" if len(release.saes) > _SHOWN else ""
    if not slash or not id:
        one = f"sae:{wanted}/{release.saes[0].id}"
        raise InputError(
            f"{wanted} is a release of dictionaries: name one, as {one}, or all with 'sae:{wanted}/*';"
            f" it has {shown}{more}"
        )
    pattern = re.compile(".*".join(map(re.escape, id.split("*"))), re.DOTALL)
    found = tuple(one for one in release.saes if pattern.fullmatch(one.id))
    if not found:
        ids = [one.id for one in release.saes]
        near = difflib.get_close_matches(id, ids, n=3, cutoff=0.5)
        meant = f"did you mean {' or '.join(near)}?" if near else f"it has {shown}{more}"
        raise InputError(f"release {wanted} has no dictionary {id!r:.100}; {meant}")
    return release, found


def list_saes(*words: str) -> list[Release]:
    """The public releases of which name, repository, model or layout has all of these words.

    A release of which only some dictionaries have a word in their id comes with these alone. The table
    comes with the package and asks no network; case does not matter.

    Parameters
    ----------
    words : none for all releases

    Examples
    --------
    >>> [release.name for release in list_saes("gpt2", "hook_z")]
    ['gpt2-small-hook-z-kk']
    """
    wanted = [word.lower() for word in words]
    found = []
    for release in table().releases:
        about = f"{release.name} {release.repo} {release.model} {release.layout}".lower()
        rest = [word for word in wanted if word not in about]
        saes = tuple(one for one in release.saes if all(word in one.id.lower() for word in rest))
        if saes:
            found.append(Release(release.name, release.repo, release.model, release.layout, saes))
    return found
