"""Files damaged as a whole: cut short, or holding bytes that are no text in any encoding in use."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sources.readers.recognise import KIND_COLUMN

#: Neither UTF-8 nor GB18030 knows it.
_NO_TEXT = b"\xff\xfe\xff"


def damage(path: Path, file_format: str, fault: str) -> None:
    """Damage a file in place so that no reader may take it as whole."""
    data = path.read_bytes()
    if fault == "truncated_file":
        path.write_bytes(data[: _cut(data, file_format)])
        return
    if file_format == "parquet":
        _parquet(path)
        return
    middle = _inside_a_line(data)
    path.write_bytes(data[:middle] + _NO_TEXT + data[middle:])


def _parquet(path: Path) -> None:
    """Write the kind of the middle document with bytes that are no text; everything else of the file is whole."""
    table = pq.read_table(path)
    values: list[bytes] = table.column(KIND_COLUMN).cast(pa.binary()).to_pylist()
    middle = len(values) // 2
    values[middle] += _NO_TEXT
    held = pa.array(values, pa.binary())
    text = pa.StringArray.from_buffers(len(held), *held.buffers()[1:])
    pq.write_table(table.set_column(table.column_names.index(KIND_COLUMN), KIND_COLUMN, text), path)


def _cut(data: bytes, file_format: str) -> int:
    """Three fifths of the file, in the first part of a line so that a line of too few fields is left."""
    if file_format in ("parquet", "xml"):
        return len(data) * 3 // 5
    start = data.rfind(b"\n", 0, max(len(data) * 3 // 5, 1)) + 1
    if file_format == "csv" and start == 0:
        return len(data) // 2
    return start + max((data.find(b"\n", start) - start) // 3, 1)


def _inside_a_line(data: bytes) -> int:
    """A place in the middle of the file, just before a digit: inside a value, never inside a character."""
    middle = len(data) // 2
    while middle < len(data) and not (48 <= data[middle] <= 57):
        middle += 1
    return min(middle, len(data) - 1)
