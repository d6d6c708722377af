"""A test of directions as a command, and in Python."""

from __future__ import annotations

import re
import shlex

from tokensphere.analysis.direction_test.job import CENTERED
from tokensphere.analysis.direction_test.null import NullSpec
from tokensphere.analysis.direction_test.statistics import BEST
from tokensphere.formats.files import at_home, exists
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.web.session import Given, Session
from tokensphere.web.tested import Tested


def how(session: Session, tested: Tested | None, statistic: str = BEST) -> dict[str, str]:
    """The command and the Python that do the same.

    Parameters
    ----------
    session : with the model, and how the directions were named
    tested : the test; None where there are no directions yet
    statistic : whose p sorts the directions
    """
    model = session.given.model_from
    of_model = ["--model", without_folder(model)] if model else []
    load = f"space = ts.load({without_folder(model)!r})" if model else "space = ts.load()"
    if tested is None:
        words = ["tokensphere", "explore", "--directions", "FILE:TENSOR", *of_model]
        python = f'{load}\ndirections = ts.open_directions("FILE:TENSOR", d=space.shape[1])'
        return {"command": shlex.join(words), "python": f"import tokensphere as ts\n{python}"}
    source = source_of(session.given)
    tokens = bool(tested.job.directions.own)
    words = ["tokensphere", "test", *(["--tokens", source] if tokens else [source]), *of_model]
    words += [*_null_options(tested), *_search_options(tested.wanted.search)]
    words += ["--both-ends"] * tested.wanted.both_ends
    words += ["--statistic", statistic] if statistic != BEST else []
    command = shlex.join([*words, "--save", "result.parquet"])
    opened = opening(session.given, source, "space.shape[1]")
    given = f"ts.read_token_expressions({source!r})" if tokens else opened
    return {"command": command, "python": _python(tested, load, given, statistic)}


def source_of(given: Given) -> str:
    """How the directions were named, without folders here; a dictionary of the Hub by its whole name."""
    spec = given.directions_from
    if given.sae and not exists(at_home(spec.partition("[")[0])):
        return spec
    return without_folder(spec) or "FILE"


def opening(given: Given, source: str, d: str) -> str:
    """The Python that opens directions of that name."""
    return f"ts.open_sae({source!r})" if given.sae else f"ts.open_directions({source!r}, d={d})"


def without_folder(spec: str) -> str:
    """``PATH:PATTERN`` without the folder, which is nobody's business.

    Examples
    --------
    >>> without_folder("/home/ann/sae.safetensors:W/dec"), without_folder("pairs.txt")
    ('sae.safetensors:W/dec', 'pairs.txt')
    >>> without_folder("openai-community/gpt2")
    'openai-community/gpt2'
    """
    at = spec.find(":", 2)  # behind the colon of a drive
    path, rest = (spec, "") if at < 0 else (spec[:at], spec[at:])
    if re.fullmatch(r"[^./\\~][^/\\]*/[^/\\.]+", path):  # a repository
        return spec
    return re.split(r"[\\/]", path)[-1] + rest


def _null_options(tested: Tested) -> list[str]:
    spec = tested.job.null.spec
    law = "frequency:norms" if spec.tenths == "norms" else str(spec.law)
    options = ["--null", "sample:FILE" if law == "sample" else law]
    if tested.wanted.null.draws != NullSpec().draws:
        options += ["--draws", str(tested.wanted.null.draws)]
    options += ["--extrapolate"] * spec.extrapolate
    return options + (["--seed", str(spec.seed)] if spec.seed else [])


def _search_options(search: SearchSettings) -> list[str]:
    options = ["-k", str(search.k)] if search.k != CENTERED.k else []
    options += ["--similarity", search.similarity] if search.similarity != "cosine" else []
    return options + ["--raw"] * (not search.centered) + ["--forms"] * search.forms


def _python(tested: Tested, load: str, given: str, statistic: str) -> str:
    spec, search = tested.job.null.spec, tested.wanted.search
    if tested.wanted.both_ends:
        given = f"ts.make_directions(space, {given}, search).both_ends()"
    null = [repr(spec.law), f"draws={tested.wanted.null.draws:_}"]
    null += [f"seed={spec.seed}"] * bool(spec.seed)
    null += [f"tenths={spec.tenths!r}"] * (spec.tenths != "ids")
    null += ["extrapolate=True"] * spec.extrapolate
    null += ["sample=sample"] * (spec.law == "sample")
    settings = ", ".join(f"{name}={value!r}" for name, value in search.to_dict().items() if value)
    lines = [
        "import tokensphere as ts", load, f"search = ts.SearchSettings({settings})",
        f"directions = {given}", f"null = ts.NullSpec({', '.join(null)})",
        "result = ts.direction_test(space, directions, null=null, search=search)",
        f"print(result.top(20, statistic={statistic!r}))",
    ]  # fmt: skip
    return "\n".join(lines)
