"""A file of word vectors -> words and vectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tokensphere.formats.compressed import content_of
from tokensphere.formats.words.archive import only_vectors
from tokensphere.formats.words.begin import looks_binary, read_begin
from tokensphere.formats.words.binary import read_binary
from tokensphere.formats.words.stream import Stream
from tokensphere.formats.words.text import read_text


@dataclass(frozen=True)
class WordVectors:
    """What a file of word vectors holds.

    Attributes
    ----------
    words : n words; bytes that are no UTF-8 are lone surrogates (PEP 383)
    vectors : float32 array of shape (n, d)
    binary : whether the numbers are stored as float32
    member : the name of the file inside, of an archive
    """

    words: list[str]
    vectors: npt.NDArray[np.float32]
    binary: bool
    member: str | None = None


def read_word_vectors(path: Path, *, binary: bool | None = None) -> WordVectors:
    """The words and vectors in a file.

    Parameters
    ----------
    path : text or binary file of word2vec, fastText (``.vec``) or GloVe; as it is, in gzip, bzip2 or
        xz, or in a zip archive in which nothing else can be word vectors
    binary : whether the numbers are stored as float32; by default the file's begin tells

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no such file; the message names the line or word where it goes wrong
    """
    member = only_vectors(path)
    with content_of(path, member) as file:
        stream = Stream(path, file)
        claimed, d = read_begin(stream)
        if binary is None:
            binary = claimed is not None and looks_binary(stream, d, member or path.name)
        if not binary:
            read_text(stream, claimed, d)
        elif claimed is None:
            raise stream.bad("a binary file must begin with its numbers of words and dimensions")
        else:
            read_binary(stream, claimed, d)
    vectors = np.frombuffer(stream.rows, np.float32).reshape(len(stream.words), -1)
    return WordVectors(stream.words, vectors, binary, member)
