"""The map: where every token lies, what the picture keeps, and which tokens are truly near."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import numpy as np

from tokensphere.analysis.map.kept import neighbors_kept, shared_neighbors
from tokensphere.analysis.map.neighbors import TokenNeighbors
from tokensphere.analysis.map.umap import has_umap, umap_map, umap_steps
from tokensphere.analysis.nearest import Search
from tokensphere.display import printable
from tokensphere.errors import InputError
from tokensphere.web.axes import axis
from tokensphere.web.endpoint import Asked, Reply
from tokensphere.web.lists import shown_token
from tokensphere.web.mapped import Made, Recent, Wanted, find, the_map
from tokensphere.web.session import Session

NEAREST = 10
BYTES = "application/octet-stream"


def about(session: Session, asked: Asked) -> dict[str, Any]:
    """What a map is of; of UMAP that nobody has made what it takes."""
    wanted = Wanted.of(asked)
    made = find(session, wanted)
    how = _how(session, wanted)
    if made is None:
        work = session.kept(("umap", wanted))
        running = work is not None and work.state in ("waiting", "running")
        return {"missing": True, "can": has_umap(), "work": work.id if running else None, "how": how}
    head = made.map.head()
    return {
        "missing": False,
        "kind": made.map.kind,
        "axes": [printable(text) for text in made.map.axes],
        "n_tokens": head["n_tokens"],
        "facts": made.map.facts,
        "how": how,
    }


def points(session: Session, asked: Asked) -> Reply:
    """The places of all tokens: x and y of each in turn, float32; NaN of those that are not there."""
    return Reply(the_map(session, asked).map.points.astype("<f4").tobytes(), BYTES)


def tokens(session: Session, _: Asked) -> Reply:
    """How all tokens are shown, a line each, so that the page can say what the pointer is on."""
    vocabulary = session.space.vocabulary
    shown = session.keep(
        "shown tokens", lambda: "\n".join(map(vocabulary.visible, range(len(vocabulary)))).encode()
    )
    return Reply(shown, "text/plain; charset=utf-8")


def kept(session: Session, asked: Asked) -> dict[str, Any]:
    """Which share of true neighbours a map keeps."""
    wanted = Wanted.of(asked)
    made = the_map(session, asked)
    found = session.keep(
        ("kept", wanted),
        lambda: neighbors_kept(
            session.space, made.map, k=_nearest(session), centered=wanted.centered, on_map=made.near
        ),
    )
    return {**found.to_dict(), "text": found.text}


def near(session: Session, asked: Asked) -> dict[str, Any]:
    """A token's true neighbours, which of them the map keeps, and what lies beside it there instead."""
    space, wanted, made = session.space, Wanted.of(asked), the_map(session, asked)
    vocabulary = space.vocabulary
    if asked.has("token"):
        id = vocabulary.id(asked.text("token"))
    else:
        id = asked.whole("id", None, 0, len(space) - 1)
    if not made.map.there[id]:
        raise InputError(
            f"token '{vocabulary.visible(id)}' (id {id}) has no direction, so it is on no map"
        )
    k = _nearest(session)
    true, cosine = _true(session, wanted).of(np.array([id]), k)
    on_map = made.near.of(np.array([id]), k)
    both = shared_neighbors(true, on_map)[0].tolist()
    listed = zip(true[0].tolist(), cosine[0].tolist(), both, strict=True)
    return {
        "token": shown_token(vocabulary, id),
        "near": [
            {**shown_token(vocabulary, one), "cosine": value, "kept": keeps}
            for one, value, keeps in listed
        ],
        "on_map": [shown_token(vocabulary, one) for one in on_map[0].tolist()],
    }


def listed(session: Session, asked: Asked) -> dict[str, Any]:
    """The tokens nearest to a direction, and the true neighbours of each, to be lit on the map."""
    centered = asked.flag("centered")
    made, _ = axis(session, asked.text("list"), centered)
    settings = replace(asked.settings(), k=min(asked.whole("k", 10, 1, 200), _nearest(session, 200)))
    found = Search(session.space, made, settings)
    ids = found.all().ids[0]
    usable = ids[_true(session, Wanted("pca", "", "", centered)).scoring.usable[ids]]
    true, _ = _true(session, Wanted("pca", "", "", centered)).of(usable, _nearest(session))
    lit = np.setdiff1d(true, ids)
    return {
        "title": printable(made.names[0].title),
        "tokens": [shown_token(session.space.vocabulary, id) for id in ids.tolist()],
        "near": lit.tolist(),
    }


def make_umap(session: Session, asked: Asked) -> dict[str, Any]:
    """Start a map by UMAP, in the background; with its neighbours it is kept for the next time."""
    wanted = replace(Wanted.of(asked), kind="umap", x="", y="")
    space = session.space
    if not has_umap():
        raise InputError("a map by UMAP needs umap-learn: pip install 'tokensphere[umap]'")
    there = session.kept(("umap", wanted))
    if there is not None and there.state in ("waiting", "running"):
        return {"work": there.id}

    def do(watch: Any) -> None:
        made = umap_map(
            space, centered=wanted.centered, store=session.files("maps"), progress=watch.advance,
            told=watch.say,
        )  # fmt: skip
        session.keep("maps", Recent).put(wanted, Made(made))

    total = umap_steps(space, centered=wanted.centered)
    work = session.works.start("umap", do, total=total, title="a map by UMAP")
    session.put(("umap", wanted), work)
    return {"work": work.id}


def _true(session: Session, wanted: Wanted) -> TokenNeighbors:
    """What finds exact neighbours."""
    return session.keep(
        ("true neighbours", wanted.centered),
        lambda: TokenNeighbors(session.space, centered=wanted.centered),
    )


def _nearest(session: Session, most: int = NEAREST) -> int:
    """How many neighbours are looked at: 10, where there are so many tokens."""
    usable = int(np.count_nonzero(session.space.moments.center().usable))
    return max(1, min(most, usable - 1))


def _how(session: Session, wanted: Wanted) -> dict[str, str]:
    """The command and the Python that give the same."""
    model = session.given.model_from
    load = f"ts.load({model!r})" if model else "ts.load()"
    more = ", centered=True" if wanted.centered else ""
    lines = ["import tokensphere as ts", f"space = {load}"]
    if wanted.kind == "plane":
        x, y = (axis(session, text, wanted.centered)[1] for text in (wanted.x, wanted.y))
        lines[0] = "import numpy as np\nimport tokensphere as ts"
        lines += [f"x = {x}", f"y = {y}", f"found = ts.plane_map(space, np.concatenate([x, y]){more})"]
    else:
        lines += [f"found = ts.{wanted.kind}_map(space{more})"]
    lines += ["found.points  # (n, 2)", f"print(ts.neighbors_kept(space, found{more}).text)"]
    words = ["tokensphere", "explore", *(["--model", model] if model else [])]
    return {"command": shlex.join(words), "python": "\n".join(lines)}
