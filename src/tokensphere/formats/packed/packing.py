"""What a packed matrix is: how it is read, or why it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokensphere.errors import SourceError
from tokensphere.formats.files import damaged
from tokensphere.formats.floats import plain_values
from tokensphere.formats.stored import Stored
from tokensphere.formats.tensors import TensorFile, TensorInfo

FLOATS = ("F32", "F16", "BF16", "F64")
INSTEAD = "use a version of the model in F32, BF16 or F16, or a GGUF"


@dataclass(frozen=True)
class Packing:
    """How one matrix is packed.

    Attributes
    ----------
    info : the matrix as it is meant: its name, its shape, and as type how it is packed
    tensors : names of the tensors that it is stored in, the values first
    known : where the rule comes from, ``config.json`` say
    read : gives the matrix from the open file; None if it cannot be read
    problem : why it cannot be read
    """

    info: TensorInfo
    tensors: tuple[str, ...]
    known: str = ""
    read: Callable[[TensorFile], Stored] | None = None
    problem: str = ""

    @property
    def note(self) -> str:
        """What a reader of a result should know."""
        return f"quantised: {self.info.dtype} ({self.known})"

    def refusal(self, where: str) -> SourceError:
        """The error of a matrix that cannot be read."""
        values, *beside = self.tensors
        scales = f" with the scales {beside[0]!r:.200}" if beside else ""
        return SourceError(
            f"tensor {values!r:.200} of {where} is quantised{scales} ({self.info.dtype}),"
            f" {self.problem}; {INSTEAD}"
        )


def floats_of(file: TensorFile, name: str) -> npt.NDArray[np.float32]:
    """A small tensor of floats or integers beside the values, in its own shape.

    Raises
    ------
    FormatError
        one of them is no number
    """
    info = file.tensors[name]
    flat = plain_values(file.raw(name), info.dtype, info.shape).float32()
    if not np.isfinite(flat).all():
        raise damaged(file.path, f"has scales {name!r:.200} that are no numbers")
    return flat.reshape(info.shape)
