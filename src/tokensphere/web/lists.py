"""The start page: random directions, tokens, sums and vectors, each as a list and then as a card.

What only cards and files need is imported with the first of them: the lists need not wait for it.
"""

from __future__ import annotations

import re
import shlex
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.analysis.nearest import Neighbors, Search
from tokensphere.directions.given import make_directions
from tokensphere.directions.named import Directions
from tokensphere.directions.typed import read_typed
from tokensphere.display import printable
from tokensphere.errors import InputError
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.vocabulary import Kind
from tokensphere.web.endpoint import Asked
from tokensphere.web.session import Session

if TYPE_CHECKING:
    from tokensphere.analysis.card.result import Cards

MOST_LISTS = 24  # at once
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_SUFFIXES = (".npy", ".npz", ".safetensors", ".gguf", ".pt", ".pth", ".bin")


@dataclass(frozen=True)
class Named:
    """Directions that an address names.

    Attributes
    ----------
    directions : for :func:`nearest` and :func:`cards`
    count : how many
    arguments, python : the same on a command line and in Python
    what : the command
    """

    directions: Any
    count: int
    arguments: list[str]
    python: str
    what: str = "nearest"


def named(session: Session, asked: Asked) -> Named:
    """The directions that a request names: by seed and index, tokens, an uploaded vector, or a row.

    Raises
    ------
    InputError
        it names none, or such as there are not
    """
    space, given = session.space, session.given
    if asked.has("tokens"):
        text = asked.text("tokens")
        tokens = read_typed(space.vocabulary, text)
        if len(tokens.positive) == 1 and not tokens.negative:
            arguments = [f"id:{space.vocabulary.id(tokens.positive[0])}"]
        else:
            arguments = _as_arguments(space.vocabulary, tokens)
        python = f"ts.TokenSum({tokens.positive!r}, {tokens.negative!r})"
        return Named(tokens, 1, arguments, python)
    if asked.has("vector"):
        name = asked.text("vector")
        sent = session.kept(("vector", name))
        if sent is None:
            raise InputError("that vector was dropped on another page; drop the file here again")
        if asked.has("row"):
            sent = one_of(sent, asked.whole("row", None, 0, len(sent) - 1))
        return Named(sent, len(sent), ["--directions", "FILE.npy"], 'np.load("FILE.npy")')
    if asked.has("row"):
        if given.directions is None:
            raise InputError("no directions were given; start with --directions FILE")
        row = asked.whole("row", None, 0, len(given.directions) - 1)
        one = one_of(given.directions, row)
        source = given.directions_from or "FILE"
        return Named(one, 1, ["--directions", source], f"directions, row {row}")
    seed = asked.whole("seed", 0, 0, 2**63 - 1)
    first, count = asked.whole("index", 0, 0, 2**40), asked.whole("n", 1, 1, MOST_LISTS)
    drawn = RandomDirections(space.shape[1], count, first=first, seed=seed)
    arguments = ["-n", str(count), "--seed", str(seed), "--first", str(first)]
    python = f"ts.RandomDirections({space.shape[1]}, {count}, first={first}, seed={seed})"
    return Named(drawn, count, arguments, python, "random")


def one_of(directions: Directions, row: int) -> Directions:
    """One of some directions, with its name and its own tokens."""
    vectors = np.asarray(directions.read(row, row + 1))
    return Directions.held(
        vectors, [directions.names[row]], "row", own=directions.own[row : row + 1],
        weights=directions.weights[row : row + 1], rows=directions.rows,
    )  # fmt: skip


def lists(session: Session, asked: Asked) -> dict[str, Any]:
    """The nearest tokens of some directions, and how alike they are."""
    settings, of = asked.settings(), named(session, asked)
    found = Search(session.space, of.directions, settings).all()
    values = [None] * len(found)
    if settings.k > 1:
        coherence = session.keep("coherence", lambda: Coherence(session.space.rows))
        values = coherence.coherence(found.ids, [settings.k])[:, 0].tolist()
    return {
        "settings": settings.to_dict(),
        "lists": [{**_list(session, found, i), "coherence": value} for i, value in enumerate(values)],
        "how": _how(session, of, settings),
    }


def cards(session: Session, asked: Asked) -> dict[str, Any]:
    """The same beside what chance gives; or the work that finds out what that is."""
    settings, of = asked.settings(), named(session, asked)
    kind = "random" if isinstance(of.directions, RandomDirections) else _signature(session, of, settings)
    key = ("cards", settings, kind)
    if (maker := session.kept(key)) is None:
        return {"work": _start(session, key, settings, of).id}
    made: Cards = maker.of(of.directions)
    return {
        "settings": settings.to_dict(),
        "cards": [
            {
                **_list(session, card.neighbors, 0),
                **{
                    name: value
                    for name, value in card.to_dict().items()
                    if name in ("coherence", "chance", "shared", "verdict", "effects")
                },
            }
            for card in made
        ],
        "how": _how(session, of, settings, cards=True),
    }


def _signature(session: Session, of: Named, settings: SearchSettings) -> str:
    """What decides which null a direction has."""
    weights = make_directions(session.space, of.directions, settings).weights
    return str(sorted(weights[0])) if weights else "vector"


def _start(session: Session, key: Any, settings: SearchSettings, of: Named) -> Any:
    """Draw what chance gives, once."""
    from tokensphere.analysis.card.make import CardMaker
    from tokensphere.analysis.card.nulls import N_DRAWS

    def begin() -> Any:
        def draw(watch: Any) -> None:
            watch.say("drawing what chance gives")
            maker = CardMaker(
                session.space, settings, labels=session.labels, store=session.files("nulls"),
                blocks=session.files("surrogates"), progress=watch.advance,
            )  # fmt: skip
            if not isinstance(of.directions, RandomDirections):
                maker.of(of.directions)  # its null, too, is drawn once
            session.put(key, maker)

        return session.works.start("chance", draw, total=2 * N_DRAWS, title="what chance gives")

    work = session.keep(("work of", key), begin)
    if work.state in ("failed", "stopped"):
        session.forget(("work of", key))
        if work.error is not None:
            raise InputError(work.error)
        work = session.keep(("work of", key), begin)
    return session.works.get(work.id)


def _list(session: Session, found: Neighbors, which: int) -> dict[str, Any]:
    vocabulary = session.space.vocabulary
    name = found.names[which]
    ids, values = found.ids[which].tolist(), found.similarity[which].tolist()
    return {
        "title": printable(name.title),
        "direction": name.record,
        "neighbors": [
            {**shown_token(vocabulary, id), "rank": rank, "similarity": value}
            for rank, (id, value) in enumerate(zip(ids, values, strict=True), 1)
        ],
    }


def shown_token(vocabulary: Any, id: int) -> dict[str, Any]:
    """A token as the page shows it: its id, how it is written, and what kind it is if it is no text."""
    kind = Kind(int(vocabulary.kinds[id]))
    kinds = {} if kind is Kind.NORMAL else {"kind": kind.name.lower()}
    return {"id": id, "shown": vocabulary.visible(id), **kinds}


def _how(session: Session, of: Named, settings: SearchSettings, cards: bool = False) -> dict[str, str]:
    """The command and the Python that give the same."""
    model = session.given.model_from
    options = [f"-k {settings.k}"] if settings.k != 10 else []
    if settings.similarity != "cosine":
        options.append(f"--similarity {settings.similarity}")
    options += ["--centered"] * settings.centered + ["--forms"] * settings.forms
    words = ["tokensphere", of.what, *of.arguments]
    words += ["--model", model] if model else []
    command = " ".join([shlex.join(words), *options, *(["--name"] if cards else [])])
    search = ", ".join(
        f"{name}={value!r}" for name, value in settings.to_dict().items() if value not in (False,)
    )
    call = f"ts.cards(space, {of.python}, search=ts.SearchSettings({search}))"
    load = f"ts.load({model!r})" if model else "ts.load()"
    return {"command": command, "python": f"import tokensphere as ts\nspace = {load}\n{call}"}


def _as_arguments(vocabulary: Any, tokens: Any) -> list[str]:
    ids = {
        side: [vocabulary.id(one) for one in getattr(tokens, side)] for side in ("positive", "negative")
    }
    found = [part for id in ids["positive"] for part in ("--positive", f"id:{id}")]
    return found + [part for id in ids["negative"] for part in ("--negative", f"id:{id}")]


def take_vector(session: Session, asked: Asked) -> dict[str, Any]:
    """Vectors that were dropped as a file or pasted as numbers; known from then on by their values."""
    name = re.sub(r"[^\w.-]", "_", asked.text("name", "pasted"))[-80:]
    suffix = Path(name).suffix.lower()
    if asked.flag("pasted"):
        directions = _pasted(asked.body, session.space.shape[1])
    elif suffix in _SUFFIXES:
        directions = _read(asked.body, name, session.space.shape[1])
    else:
        raise InputError(f"{name} is no file of vectors; drop one of {', '.join(_SUFFIXES)}")
    vectors = np.array(directions.read(0, len(directions)))
    id = sha256(vectors.tobytes() + str(vectors.shape).encode()).hexdigest()[:16]
    held = replace(directions, read=lambda low, high: vectors[low:high])
    session.put(("vector", id), held)
    return {"id": id, "count": len(held), "name": name}


def _pasted(body: bytes, d: int) -> Directions:
    text = body.decode("utf-8", "replace")
    rest = _NUMBER.sub("", text)
    if strange := re.sub(r"[\s,;\[\]()]|array|dtype=|float|tensor", "", rest):
        raise InputError(f"{strange!r:.40} is no number; paste numbers with commas or spaces between")
    numbers = [float(found) for found in _NUMBER.findall(text)]
    if len(numbers) != d:
        raise InputError(f"{len(numbers):,} numbers were pasted, but a vector of this model has {d:,}")
    from tokensphere.directions.given import of_array

    return of_array(np.array(numbers))


def _read(body: bytes, name: str, d: int) -> Directions:
    from tokensphere.directions.file import open_directions
    from tokensphere.directions.given import _readable

    with TemporaryDirectory(prefix="tokensphere-") as folder, ExitStack() as files:
        path = Path(folder) / name
        path.write_bytes(body)
        source = files.enter_context(open_directions(str(path), d))
        found = _readable(source, d)
        vectors = np.array(found.read(0, len(found)))
        return Directions.held(vectors, list(found.names), "file", groups=found.groups,
                               group_of=found.group_of)  # fmt: skip


def complete(session: Session, asked: Asked) -> dict[str, Any]:
    """Tokens that begin with what is typed, or hold it."""
    from tokensphere.web.complete import completions

    found = completions(session.space.vocabulary, asked.text("text", ""), session.keep)
    return {"tokens": [shown_token(session.space.vocabulary, id) for id in found]}
