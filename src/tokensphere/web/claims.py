"""The post's six claims: measured in the background, kept, each with the numbers of a picture."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere._version import __version__
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.analysis.claims.surveyed import count_parts, with_survey
from tokensphere.analysis.claims.wordless import WordlessSpec
from tokensphere.errors import InputError
from tokensphere.web.claims_shown import shown
from tokensphere.web.endpoint import MOST_NEIGHBORS, Asked
from tokensphere.web.session import Session
from tokensphere.web.works import ENDED, Watch, Work

_VERSION = 1  # of what is kept
_MOST = 100_000  # directions
_CLUSTERS = (100, 300, 1000)
_NUMBERS = re.compile(r"\d{1,6}(,\d{1,6}){0,9}")


@dataclass(frozen=True)
class Wanted:
    """What is asked for of the claims."""

    directions: int
    seed: int
    clusters: tuple[int, ...]
    surrogates: int
    k: int


def wanted(asked: Asked) -> Wanted:
    """What a request asks for.

    Raises
    ------
    InputError
        a number is none, or out of its range
    """
    text = asked.text("clusters", "") or ",".join(map(str, _CLUSTERS))
    if text != "none" and not _NUMBERS.fullmatch(text):
        raise InputError(f"clusters is {text!r:.40}, but must be whole numbers with commas, or none")
    clusters = () if text == "none" else tuple(map(int, text.split(",")))
    return Wanted(
        asked.whole("n", 2000, 2, _MOST), asked.whole("seed", 0), clusters,
        asked.whole("surrogates", 5, 2, 100), asked.whole("k", 10, 1, MOST_NEIGHBORS),
    )  # fmt: skip


def claims(session: Session, asked: Asked) -> dict[str, Any]:
    """The claims, if they have been measured, and the work that is measuring them."""
    want = wanted(asked)
    work: Work | None = session.kept(("claims work", want))
    return {
        "work": None if work is None or work.state in ENDED else work.id,
        "result": _there(session, want),
        "how": how(session, want),
    }


def start(session: Session, asked: Asked) -> dict[str, Any]:
    """Measure them, in the background."""
    want = wanted(asked)
    work: Work | None = session.kept(("claims work", want))
    if work is None or work.state in ENDED:
        wordless = WordlessSpec(want.surrogates)
        parts = count_parts(session.space, session.labels, want.clusters, k=want.k, wordless=wordless)
        total = parts + 1  # and a survey
        work = session.works.start(
            "claims", lambda watch: _do(session, want, total, watch), total=total, title="the six claims"
        )
        session.put(("claims work", want), work)
    return work.to_dict()


def _do(session: Session, want: Wanted, total: int, watch: Watch) -> None:
    """The work itself; its result is kept when all of it is there."""
    number = 0

    def step(name: str) -> None:
        nonlocal number
        if number:
            watch.advance(1)
        number += 1
        watch.say(f"step {number} of {total}: {name}")

    how: dict[str, Any] = {"store": session.files("surrogates")}
    found = measure_geometry(
        session.space, n_directions=want.directions, seed=want.seed, clusters=want.clusters, k=want.k,
        labels=session.labels, wordless=WordlessSpec(want.surrogates), progress=step, **how,
    )  # fmt: skip
    step("a survey")
    found = with_survey(session.space, found, **how)
    watch.advance(1)
    record = shown(found)
    session.put(("claims", want), record)
    if (store := session.files("claims")) is not None:
        content = json.dumps(record, allow_nan=False).encode()
        store.put(_key(session, want), {"json": np.frombuffer(content, dtype=np.uint8)})


def _key(session: Session, want: Wanted) -> dict[str, Any]:
    about = {"what": "claims", "version": _VERSION, "tokensphere": __version__}
    asked = vars(want) | {"clusters": list(want.clusters)}
    return {**about, "space": session.space.key(), **asked}


def _there(session: Session, want: Wanted) -> dict[str, Any] | None:
    record: dict[str, Any] | None = session.kept(("claims", want))
    if record is None and (store := session.files("claims")) is not None:
        if (kept := store.get(_key(session, want))) is not None:
            record = json.loads(kept["json"].tobytes())
            session.put(("claims", want), record)
    return record


def how(session: Session, want: Wanted) -> dict[str, str]:
    """The command and the Python that give the same."""
    model = session.given.model_from
    words = ["tokensphere", "geometry", *(["--model", model] if model else [])]
    clusters = ",".join(map(str, want.clusters)) or "none"
    options = {
        "-n": (want.directions, 2000), "--seed": (want.seed, 0), "-k": (want.k, 10),
        "--clusters": (clusters, ",".join(map(str, _CLUSTERS))), "--surrogates": (want.surrogates, 5),
    }  # fmt: skip
    for name, (value, default) in options.items():
        words += [name, str(value)] if value != default else []
    load = f"space = ts.load({model!r})" if model else "space = ts.load()"
    python = [
        "import tokensphere as ts",
        "from tokensphere.analysis.claims.surveyed import with_survey",
        "from tokensphere.analysis.claims.wordless import WordlessSpec",
        load,
        "found = ts.measure_geometry(",
        f"    space, n_directions={want.directions}, seed={want.seed}, k={want.k},",
        f"    clusters={want.clusters!r}, wordless=WordlessSpec({want.surrogates}),",
        ")",
        "print(with_survey(space, found))",
    ]
    return {"command": shlex.join(words), "python": "\n".join(python)}
