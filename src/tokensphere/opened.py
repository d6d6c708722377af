"""What was saved, opened without knowing how it was asked for: the file says so itself."""

from __future__ import annotations

from pathlib import Path

from tokensphere.analysis.survey.again import survey_again
from tokensphere.analysis.survey.result import Survey
from tokensphere.errors import FormatError, InputError
from tokensphere.formats.files import at_home
from tokensphere.run import read_saved
from tokensphere.space import EmbeddingSpace


def open_survey(space: EmbeddingSpace, path: str | Path) -> Survey:
    """A survey that ``tokensphere survey --save`` or :func:`tokensphere.run.go_on` has kept.

    Of all directions and surrogates that are there; what its lists share is not kept
    (:func:`~tokensphere.name_survey` says it again).

    Parameters
    ----------
    space : the embeddings that were surveyed
    path : the Parquet file

    Raises
    ------
    InputError
        it holds no survey, or one of another model, by another version, or of too few directions
    FormatError
        it is damaged
    SourceError
        it cannot be read
    MissingExtraError
        pyarrow is not installed
    """
    path = at_home(Path(path))
    columns, about = read_saved(path, "survey")
    try:
        return survey_again(space, columns, about)
    except FormatError as error:
        raise FormatError(f"{path} is damaged: {error}; name another file") from error
    except InputError as error:
        raise InputError(f"{path} holds {error}") from error
