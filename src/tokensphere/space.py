"""A space of token embeddings: the matrix, its vocabulary, and where both came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.above import ask
from tokensphere.errors import InputError
from tokensphere.geometry.given import real_array
from tokensphere.geometry.lens import Lens
from tokensphere.geometry.rows import RowMoments, Rows
from tokensphere.vocabulary import Kind, Vocabulary, given_tokens


@dataclass(frozen=True)
class Provenance:
    """What it takes to get the same matrix again.

    Attributes
    ----------
    model : name of the model, or of what the user gave
    source : where it was read from: a path, a repository, "memory"
    revision : commit or version, if the source has one
    tensor : name of the tensor in the file
    matrix : ``"input"`` (embedding) or ``"output"`` (unembedding)
    dtype : how the values are stored at the source
    sha256 : of the tensor's bytes as stored, in hexadecimal
    license : SPDX identifier, if known
    notes : what else a reader of a result should know, e.g. transformations
    lens : ``"logit"`` or ``"transformerlens"`` if the rows are those of such a lens, see
        :func:`tokensphere.load`
    """

    model: str
    source: str
    revision: str | None = None
    tensor: str | None = None
    matrix: str = "input"
    dtype: str = "float32"
    sha256: str | None = None
    license: str | None = None
    notes: tuple[str, ...] = field(default=())
    lens: Lens | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON; without a lens it says nothing of one."""
        known = asdict(self) | {"notes": list(self.notes)}
        if self.lens is None:
            del known["lens"]
        return known


class EmbeddingSpace:
    """Token embeddings of one model.

    Parameters
    ----------
    vectors : float32 array of shape (n, d), a row per id; not changed
    vocabulary : the n tokens
    provenance : where both came from
    """

    def __init__(
        self, vectors: npt.NDArray[np.float32], vocabulary: Vocabulary, provenance: Provenance
    ) -> None:
        if vectors.ndim != 2 or 0 in vectors.shape:
            raise InputError(
                f"the embeddings have the shape {vectors.shape}, but need (tokens, dimensions)"
            )
        if len(vectors) != len(vocabulary):
            raise InputError(
                f"{len(vectors)} rows of embeddings, but {len(vocabulary)} tokens: they must be as many"
            )
        self.vectors = vectors
        self.vocabulary = vocabulary
        self._provenance = provenance

    @classmethod
    def from_arrays(
        cls,
        vectors: Any,
        tokens: Sequence[str | bytes] | Mapping[str, int] | Mapping[bytes, int] | npt.NDArray[Any],
        *,
        name: str = "arrays in memory",
    ) -> EmbeddingSpace:
        """A space of vectors and tokens in memory.

        Parameters
        ----------
        vectors : array or PyTorch tensor of shape (n, d), converted to float32
        tokens : n exact tokens, a leading space being part of the token, as text or bytes; or a
            mapping from each to its row, 0 to n − 1
        name : how results call this model

        Raises
        ------
        InputError
            vectors and tokens do not fit, are no numbers or no tokens, or have no order
        """
        vocabulary = given_tokens(tokens)
        kind = str(getattr(vectors, "dtype", "")).removeprefix("torch.")
        matrix = real_array(vectors, "embeddings")
        kind = kind or str(matrix.dtype)
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite: no usable row
            matrix = np.ascontiguousarray(matrix, dtype=np.float32)
        return cls(matrix, vocabulary, Provenance(name, "memory", dtype=kind))

    def named(self, model: str, revision: str | None) -> EmbeddingSpace:
        """The same space under another name, of a revision; where it was read from stays."""
        about = replace(self._provenance, model=model, revision=revision)
        return EmbeddingSpace(self.vectors, self.vocabulary, about)

    @property
    def provenance(self) -> Provenance:
        """Where the matrix came from; the SHA-256 of the float32 rows if none was known."""
        if self._provenance.sha256 is None:
            digest = hashlib.sha256(np.ascontiguousarray(self.vectors).data).hexdigest()
            self._provenance = replace(self._provenance, sha256=digest)
        return self._provenance

    @property
    def lens(self) -> Lens | None:
        """The lens that it was loaded through, which says how it is searched; None for no such one."""
        return self._provenance.lens

    def key(self) -> dict[str, str | int | float | bool | None]:
        """What is computed from the space depends on this: its values and its vocabulary."""
        source = self.provenance
        return {
            "sha256": source.sha256,
            "tensor": source.tensor,
            "matrix": source.matrix,
            "notes": "; ".join(source.notes),
            "shape": "×".join(map(str, self.shape)),
            "vocabulary": self.vocabulary.digest,
            **({} if source.lens is None else {"lens": source.lens}),
        }

    @cached_property
    def rows(self) -> Rows:
        """The matrix with the norms and means of its rows, which are computed once."""
        return Rows.of(self.vectors, keep=self.is_token)

    @property
    def moments(self) -> RowMoments:
        """Norms and means of the rows."""
        return self.rows.moments

    @cached_property
    def is_token(self) -> npt.NDArray[np.bool_]:
        """True for rows that stand for a token, False for padding; shape (n,)."""
        return np.asarray(self.vocabulary.kinds != Kind.PADDING)

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """True for tokens whose row has a direction, shape (n,): finite, not of zero length."""
        return self.moments.usable

    @property
    def left_out(self) -> int:
        """Number of rows that take part in no result: padding, zero length, or not finite."""
        return int(len(self.vectors) - np.count_nonzero(self.usable))

    @property
    def shape(self) -> tuple[int, int]:
        """Tokens and dimensions, (n, d)."""
        n, d = self.vectors.shape
        return n, d

    def __len__(self) -> int:
        """Number of tokens, n."""
        return len(self.vectors)

    def __getitem__(self, token: str | bytes | int) -> npt.NDArray[np.float32]:
        """The row of a token, of shape (d,), a view; see :meth:`Vocabulary.id`.

        Raises
        ------
        UnknownTokenError
            the vocabulary has no such token; the message has those that come nearest
        """
        row: npt.NDArray[np.float32] = self.vectors[self.vocabulary.id(token)]
        return row

    def __iter__(self) -> Iterator[npt.NDArray[np.float32]]:
        """The rows in the order of the ids."""
        return iter(self.vectors)

    def __contains__(self, token: object) -> bool:
        """Whether the vocabulary has a token."""
        return token in self.vocabulary

    def save(self, path: str | Path) -> None:
        """Write the space to one file, from which :func:`tokensphere.load` gets the same again.

        Raises
        ------
        InputError
            the file cannot be written
        """
        ask("save", self, path)

    def to_gensim(self) -> Any:
        """The space as gensim's ``KeyedVectors``.

        Raises
        ------
        MissingExtraError
            gensim is not installed
        """
        return ask("gensim", self)

    def explore(self, *, height: int = 900, port: int = 0) -> Any:
        """Look at the space in a page: in a notebook, in a frame; it ends with the process.

        Parameters
        ----------
        height : of the frame, in pixels
        port : where the page is served on this machine; 0: any that is free

        Returns
        -------
        an object with the page's ``address``, and ``close()``

        Raises
        ------
        MissingExtraError
            Starlette or uvicorn is not installed
        InputError
            the port is taken
        """
        return ask("explore", self, height, port)

    def __repr__(self) -> str:
        n, d = self.shape
        return f"EmbeddingSpace({self._provenance.model!r:.200}, {n} tokens × {d} dimensions)"
