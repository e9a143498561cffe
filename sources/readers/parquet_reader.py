"""Parquet: one document a row with a list `items`, or flat rows; columns native or text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from polars._typing import PolarsDataType

from sources.readers import flat, limits, sheet
from sources.readers.batch import Batch
from sources.readers.reading import Reading
from sources.readers.recognise import KIND_COLUMN, Layout, layout, nameable, one_kind
from sources.readers.refusal import RefusalError

_UNREADABLE = "the file is not whole Parquet; it may be cut off: send it again"


def read(path: Path) -> Reading:
    """The documents of a Parquet file. A column type that cannot hold a field refuses the file (F1)."""
    try:
        scan = pl.scan_parquet(path)
        schema = scan.collect_schema()
        rows = int(scan.select(pl.len()).collect().item())
        kinds = scan.select(pl.col(KIND_COLUMN).unique()).collect() if KIND_COLUMN in schema else None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RefusalError("F1", _UNREADABLE) from error
    names = list(schema)
    kind = one_kind(sheet.kinds_in(kinds)) if kinds is not None and rows else None
    if "items" not in schema:
        found, template = sheet.understand(names, kind)
    else:
        sheet.check_header(names)
        found, template = layout(names, kind, _nested(schema["items"])), None
    for name in found.head:
        _fits(name, schema[name])
    reading = Reading("parquet", found.contract, iter(()), lines=rows, template=template)
    reading.unknown.update(nameable(found.unknown))
    nested = "items" in schema
    reading.batches = _nested_batches(path, rows, found) if nested or not found.items else _flat(path, found)
    return reading


def _nested(dtype: pl.DataType) -> list[str]:
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        for each in dtype.inner.fields:
            _fits(f"items.{each.name}", each.dtype)
        return [each.name for each in dtype.inner.fields]
    if dtype == pl.Null or (isinstance(dtype, pl.List) and dtype.inner == pl.Null):
        return []
    raise RefusalError("F1", "column items must be a list of structs, one an item; write it so")


def _fits(name: str, dtype: PolarsDataType) -> None:
    if dtype.is_nested() or dtype in (pl.Time, pl.Duration, pl.Object):
        raise RefusalError("F1", f"column {name} is a {dtype}, which no field can be; write it as text")


def _nested_batches(path: Path, rows: int, found: Layout) -> Iterator[Batch]:
    contract = found.contract
    wanted = [*found.head, *(["items"] if found.items else [])]
    for start in range(0, max(rows, 1), limits.BATCH_ROWS):
        frame = _collect(pl.scan_parquet(path).slice(start, limits.BATCH_ROWS).select(wanted))
        numbers = pl.int_range(start + 1, start + frame.height + 1, dtype=pl.Int64, eager=True)
        head = frame.select(
            numbers.alias("row_no"),
            numbers.alias("line_no"),
            **{field: pl.col(name) for name, field in found.head.items()},
        )
        items = None
        if found.items:
            owned = frame.select(numbers.alias("row_no"), "items")
            items = (
                owned.filter(pl.col("items").list.len() > 0)
                .explode("items")
                .filter(pl.col("items").is_not_null())
                .select(
                    "row_no",
                    **{field: pl.col("items").struct.field(name) for name, field in found.items.items()},
                )
            )
        yield Batch(contract, head, items)


def _flat(path: Path, found: Layout) -> Iterator[Batch]:
    frame = _collect(pl.scan_parquet(path).select([*found.head, *found.items]))
    lines = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias("line_no")
    yield flat.grouped(frame.with_columns(lines), found)


def _collect(scan: pl.LazyFrame) -> pl.DataFrame:
    try:
        return scan.collect(engine="in-memory")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RefusalError("F1", _UNREADABLE) from error
