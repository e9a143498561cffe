"""Arrow arrays straight from numpy's memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def int64_array(values: npt.NDArray[np.int64], absent: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """An int64 array, null where `absent`. (`pa.array` would import pandas in every process.)"""
    present = None if absent is None else pa.py_buffer(np.packbits(~absent, bitorder="little").tobytes())
    buffers = [present, pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(pa.int64(), len(values), buffers)
