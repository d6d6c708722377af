"""Types of NumPy arrays, by what they hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]
Floats = npt.NDArray[np.floating]
Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Int16s = npt.NDArray[np.int16]
Int8s = npt.NDArray[np.int8]
Intps = npt.NDArray[np.intp]
Ints = npt.NDArray[np.integer]
Bools = npt.NDArray[np.bool_]
