"""Columns of text made many at a time: fixed-width numbers written as bytes, names taken from pools."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from sources.simulator.chance import Ids, Ints

Bytes = NDArray[np.uint8]

_FOUR = np.array([list(f"{each:04d}".encode()) for each in range(10_000)], dtype=np.uint8)
_TWO_HEX = np.array([list(f"{each:02X}".encode()) for each in range(256)], dtype=np.uint8)


def digits(values: Ints, width: int) -> Bytes:
    """Whole numbers, zero-padded to `width`: one row of bytes a number."""
    groups, left = [], values
    for _ in range(-(-width // 4)):
        left, group = np.divmod(left, 10_000)
        groups.append(_FOUR[group])
    return np.concatenate(groups[::-1], axis=1)[:, -width:]


def codes(pool: Sequence[str], picks: Ints) -> Bytes:
    """ASCII texts of one width, taken from a pool, as rows of bytes."""
    return np.array([list(each.encode()) for each in pool], dtype=np.uint8)[picks]


def fixed(*parts: str | Bytes) -> pl.Series:
    """One text a row: constants and rows of bytes side by side."""
    rows = next(len(part) for part in parts if not isinstance(part, str))
    columns = [
        np.broadcast_to(np.frombuffer(part.encode(), dtype=np.uint8), (rows, len(part.encode())))
        if isinstance(part, str)
        else part
        for part in parts
    ]
    return _strings(np.concatenate(columns, axis=1))


def _strings(matrix: Bytes) -> pl.Series:
    rows, width = matrix.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int64)
    array = pa.Array.from_buffers(
        pa.large_string(),
        rows,
        [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix))],
    )
    return pl.Series(pl.from_arrow(array))


def guids(first: Ids, second: Ids) -> pl.Series:
    """Upper-case UUID texts (version 4 form) from 128 random bits."""
    raw = np.stack([first, second], axis=1).view(np.uint8).reshape(len(first), 16).copy()
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    hexes = _TWO_HEX[raw].reshape(len(first), 32)
    text = np.full((len(first), 36), ord("-"), dtype=np.uint8)
    for start, end, at in ((0, 8, 0), (8, 12, 9), (12, 16, 14), (16, 20, 19), (20, 32, 24)):
        text[:, at : at + end - start] = hexes[:, start:end]
    return _strings(text)


def taken(pool: Sequence[str | None] | pl.Series, picks: Ints) -> pl.Series:
    """Texts taken from a pool by position."""
    source = pool if isinstance(pool, pl.Series) else pl.Series(pool, dtype=pl.String)
    return source.gather(picks)


def decimals(units: Ints) -> pl.Series:
    """Decimal(19,5) from whole numbers of 1e-5, without passing through a float."""
    wide = np.empty((len(units), 2), dtype=np.int64)
    wide[:, 0] = units
    wide[:, 1] = units >> 63
    array = pa.Array.from_buffers(pa.decimal128(19, 5), len(units), [None, pa.py_buffer(wide)])
    return pl.Series(pl.from_arrow(array))


def money(fen: Ints) -> pl.Series:
    """Decimal(19,5) from fen (or cents)."""
    return decimals(fen * 1000)


def moments(at_ms: Ints) -> pl.Series:
    """Local timestamps from milliseconds since 1970 by the local clock; negative ones are null."""
    made = pl.Series(at_ms, dtype=pl.Int64).cast(pl.Datetime("ms"))
    return made.set(pl.Series(at_ms < 0), None) if bool((at_ms < 0).any()) else made


def nested(items: pl.DataFrame, counts: Ints) -> pl.Series:
    """List of structs a document, from its items lying one after another."""
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    struct = items.to_struct("items").to_arrow()
    # From buffers: pyarrow would import pandas, three seconds, to look at a numpy array.
    array = pa.Array.from_buffers(
        pa.large_list(struct.type), len(counts), [None, pa.py_buffer(offsets)], children=[struct]
    )
    return pl.Series("items", pl.from_arrow(array))
