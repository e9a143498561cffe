"""Parquet: one document a row with a list `items`, or flat rows; columns native or text.

Read through Arrow, which tells damaged files by an exception (Polars 2.1 panics on some).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from sources.readers import flat, limits, sheet
from sources.readers.batch import Batch
from sources.readers.names import nameable, told
from sources.readers.reading import Reading
from sources.readers.recognise import KIND_COLUMN, Layout, layout, one_kind
from sources.readers.refusal import RefusalError

#: Arrow's types that can hold a field: bytes, which must be text, and the others.
_BYTES = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_fixed_size_binary,
)
_TYPES = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_boolean),
    *(pa.types.is_integer, pa.types.is_float32, pa.types.is_float64, pa.types.is_null),
    *(pa.types.is_decimal32, pa.types.is_decimal64, pa.types.is_decimal128),
    *(pa.types.is_date, pa.types.is_timestamp),
)


def read(path: Path) -> Reading:
    """The documents of a Parquet file. A column type that cannot hold a field refuses the file (F1).

    Types are judged as Arrow names them, and only of columns that are read: Polars panics on some.
    """
    with _whole():
        file = pq.ParquetFile(path, memory_map=True)
        schema = file.schema_arrow
        rows: int = file.metadata.num_rows
    names: list[str] = list(schema.names)
    sheet.check_header(names)
    if KIND_COLUMN in names:
        _fits(KIND_COLUMN, schema.field(KIND_COLUMN).type)
    kinds = {
        each
        for frame in (_frames(file, [KIND_COLUMN]) if KIND_COLUMN in names else ())
        for each in sheet.kinds_in(frame)
    }
    kind = one_kind(kinds) if kinds else None
    nested = "items" in names
    if nested:
        found, template = layout(names, kind, _nested(schema.field("items").type)), None
    else:
        found, template = sheet.understand(names, kind)
    for name in (*found.head, *([] if nested else found.items)):
        _fits(name, schema.field(name).type)
    reading = Reading("parquet", found.contract, iter(()), lines=rows, template=template)
    reading.unknown.update(nameable(found.unknown) if template is None else found.unknown)
    reading.batches = _documents(file, found) if nested or not found.items else _flat(file, found)
    return reading


def _nested(dtype: pa.DataType) -> list[str]:
    """Fields of the structs in `items`."""
    if pa.types.is_null(dtype) or (_is_list(dtype) and pa.types.is_null(dtype.value_type)):
        return []
    inner = _item_type(dtype)
    fields = [inner.field(at) for at in range(inner.num_fields)]
    sheet.check_header([each.name for each in fields])
    for each in fields:
        _fits(f"items.{told(each.name)}", each.type)
    return [each.name for each in fields]


def _item_type(dtype: pa.DataType) -> pa.StructType:
    if _is_list(dtype) and pa.types.is_struct(dtype.value_type):
        struct: pa.StructType = dtype.value_type
        return struct
    raise RefusalError("F1", "column items must be a list of structs, one an item; write it so")


def _is_list(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_list(dtype) or pa.types.is_large_list(dtype))


def _fits(name: str, dtype: pa.DataType) -> None:
    """Refuses (F1) a column whose type no field can be."""
    if pa.types.is_dictionary(dtype):
        dtype = dtype.value_type
    if not any(test(dtype) for test in (*_BYTES, *_TYPES)):
        kind = re.split(r"[\[<(]", str(dtype), maxsplit=1)[0]
        raise RefusalError("F1", f"column {name} is a {kind}, which no field can be; write it as text")


def _readable(dtype: pa.DataType) -> pa.DataType:
    """The type to read a column as: bytes as text, times of any zone as the same times of UTC."""
    if any(test(dtype) for test in _BYTES):
        return pa.large_string()
    if pa.types.is_timestamp(dtype) and dtype.tz is not None:
        return pa.timestamp(dtype.unit, "UTC")
    if _is_list(dtype):
        return pa.large_list(_readable(dtype.value_type))
    if pa.types.is_struct(dtype):
        fields = (dtype.field(at) for at in range(dtype.num_fields))
        return pa.struct([(each.name, _readable(each.type)) for each in fields])
    return dtype


def _documents(file: pq.ParquetFile, found: Layout) -> Iterator[Batch]:
    contract, done = found.contract, 0
    for frame in _frames(file, [*found.head, *(["items"] if found.items else [])]):
        numbers = pl.int_range(done + 1, done + frame.height + 1, dtype=pl.Int64, eager=True)
        done += frame.height
        head = frame.select(
            numbers.alias("row_no"),
            numbers.alias("line_no"),
            **{field: pl.col(name) for name, field in found.head.items()},
        )
        items = None
        if found.items:
            items = (
                frame.select(numbers.alias("row_no"), "items")
                .filter(pl.col("items").list.len() > 0)
                .explode("items")
                .filter(pl.col("items").is_not_null())
                .select(
                    "row_no",
                    **{field: pl.col("items").struct.field(name) for name, field in found.items.items()},
                )
            )
        yield Batch(contract, head, items)


def _flat(file: pq.ParquetFile, found: Layout) -> Iterator[Batch]:
    frame = pl.concat(list(_frames(file, [*found.head, *found.items])))
    lines = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias("line_no")
    yield flat.grouped(frame.with_columns(lines), found)


def _frames(file: pq.ParquetFile, columns: list[str]) -> Iterator[pl.DataFrame]:
    """The rows of these columns in batches; one without rows where the file has none."""
    if not file.metadata.num_rows:
        yield _frame(pa.Table.from_batches([], schema=file.schema_arrow), columns)  # needs no pandas
        return
    with _whole():
        for batch in file.iter_batches(limits.BATCH_ROWS, columns=columns, use_threads=False):
            batch.validate(full=True)  # texts that are not UTF-8 would only be met after the reader
            yield _frame(pa.Table.from_batches([batch]), columns)


def _frame(table: pa.Table, columns: list[str]) -> pl.DataFrame:
    found = {}
    for name in columns:
        column = table.column(name)
        try:
            found[name] = column.cast(_readable(column.type))
        except pa.ArrowInvalid as error:
            raise RefusalError(
                "F7", f"column {name} holds bytes that are not UTF-8; write it as text in UTF-8"
            ) from error
    return pl.DataFrame(pl.from_arrow(pa.table(found)))


@contextmanager
def _whole() -> Iterator[None]:
    """Arrow's complaints about the file as a refusal."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise RefusalError("F1", "the file is not whole Parquet; it may be cut off: send it again") from error
