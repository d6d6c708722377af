"""What was saved, opened without knowing how it was asked for: the file says so itself."""

from __future__ import annotations

from pathlib import Path

from tokensphere.analysis.direction_test.reopened import SavedTest
from tokensphere.analysis.direction_test.result import WHAT, DirectionTest
from tokensphere.analysis.survey.again import survey_again
from tokensphere.analysis.survey.result import Survey
from tokensphere.analysis.watched import Watch, watched
from tokensphere.errors import FormatError, InputError
from tokensphere.formats.files import at_home
from tokensphere.labels.table import LabelTable
from tokensphere.run import read_saved
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore


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


def open_test(
    space: EmbeddingSpace,
    path: str | Path,
    *,
    labels: LabelTable | None = None,
    store: DrawStore | None = None,
    progress: Watch = None,
) -> DirectionTest:
    """A test that ``tokensphere test --save`` or :meth:`DirectionTest.save` has kept.

    Its nulls are drawn again, which takes as long as it did, unless a store has them. The file does not
    have the directions' vectors.

    Parameters
    ----------
    space : the embeddings that it was made with
    path : the Parquet file
    labels : that it was made with, by default those that come with tokensphere
    store : where the draws of the nulls are kept, by default the memory of this process
    progress : called with the number of draws done since the last call; True shows a bar

    Raises
    ------
    InputError
        it holds no test, or one of another model, with other labels, or by another version; or its null
        cannot be drawn without the directions, or the sample, that it is made of
    FormatError
        it is damaged
    SourceError
        it cannot be read
    MissingExtraError
        pyarrow is not installed
    """
    path = at_home(Path(path))
    columns, about = read_saved(path, WHAT)
    saved = SavedTest(space, columns, about, labels=labels, store=store, name=str(path))
    with watched(progress, "draws", saved.draws) as advance:
        saved.prepare(advance)
    return saved.result(saved.there)
