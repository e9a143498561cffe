"""Parquet: one document a row with a list `items`, or flat rows; columns native or text.

Read through Arrow, which tells damaged files by an exception (Polars 2.1 panics on some).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from sources.readers import flat, limits, sheet
from sources.readers.batch import Batch
from sources.readers.names import nameable
from sources.readers.reading import Reading
from sources.readers.recognise import KIND_COLUMN, Layout, layout, one_kind
from sources.readers.refusal import RefusalError


def read(path: Path) -> Reading:
    """The documents of a Parquet file. A column type that cannot hold a field refuses the file (F1)."""
    with _whole():
        file = pq.ParquetFile(path, memory_map=True)
        schema = _empty(file).schema
        rows: int = file.metadata.num_rows
    names = list(schema)
    kinds = {
        each
        for frame in (_frames(file, [KIND_COLUMN]) if KIND_COLUMN in schema else ())
        for each in sheet.kinds_in(frame)
    }
    kind = one_kind(kinds) if kinds else None
    nested = "items" in schema
    if nested:
        sheet.check_header(names)
        found, template = layout(names, kind, _nested(schema["items"])), None
    else:
        found, template = sheet.understand(names, kind)
    for name in (*found.head, *([] if nested else found.items)):
        _fits(name, schema[name])
    reading = Reading("parquet", found.contract, iter(()), lines=rows, template=template)
    reading.unknown.update(nameable(found.unknown) if template is None else found.unknown)
    reading.batches = _documents(file, found) if nested or not found.items else _flat(file, found)
    return reading


def _nested(dtype: pl.DataType) -> list[str]:
    """Fields of the structs in `items`."""
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        for each in dtype.inner.fields:
            _fits(f"items.{each.name}", each.dtype)
        return [each.name for each in dtype.inner.fields]
    if dtype == pl.Null or (isinstance(dtype, pl.List) and dtype.inner == pl.Null):
        return []
    raise RefusalError("F1", "column items must be a list of structs, one an item; write it so")


def _fits(name: str, dtype: object) -> None:
    if isinstance(dtype, pl.List | pl.Struct | pl.Array | pl.Time | pl.Duration | pl.Object):
        raise RefusalError("F1", f"column {name} is a {dtype}, which no field can be; write it as text")


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
        yield _empty(file).select(columns)
        return
    with _whole():
        for batch in file.iter_batches(limits.BATCH_ROWS, columns=columns, use_threads=False):
            batch.validate(full=True)  # texts that are not UTF-8 would only be met after the reader
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
            yield frame.select(columns)


def _empty(file: pq.ParquetFile) -> pl.DataFrame:
    """The columns without rows. (`Schema.empty_table` would import pandas.)"""
    return pl.DataFrame(pl.from_arrow(pa.Table.from_batches([], schema=file.schema_arrow)))


@contextmanager
def _whole() -> Iterator[None]:
    """Arrow's complaints about the file as a refusal."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise RefusalError("F1", "the file is not whole Parquet; it may be cut off: send it again") from error
