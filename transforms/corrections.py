"""Declared corrections applied to documents on their way into lists and figures; what is stored stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import and_, or_

import polars as pl

from sources.contracts import CONTRACTS_BY_TABLE
from transforms.inputs import Documents

Value = str | int | Decimal | datetime | date
#: Tables whose documents are lists.
LIST_TABLES = {"I": "import_lists", "E": "export_lists"}


@dataclass(frozen=True)
class Correction:
    """Drop the documents of a table it selects, or set columns of theirs.

    Selected are documents with a business date from `first` to `last` (`undated`: or none) of which every
    column of `fields` holds one of its values. `values`: what is set; None drops.
    """

    table: str
    first: date
    last: date
    undated: bool
    fields: Mapping[str, Sequence[Value]] = field(hash=False)
    values: Mapping[str, Value] | None = field(hash=False)

    @property
    def moved_to(self) -> date | None:
        """The business date an override gives its documents."""
        time = (self.values or {}).get(CONTRACTS_BY_TABLE[self.table].business_column)
        return time.date() if isinstance(time, datetime) else time if isinstance(time, date) else None

    @property
    def drops(self) -> bool:
        """Whether it leaves its documents out."""
        return self.values is None


def corrected(documents: Documents, corrections: Sequence[Correction]) -> dict[str, pl.LazyFrame]:
    """The documents by table name with every correction applied, in the order given.

    A frame must have the columns its corrections select by (`selecting`). All corrections look at the
    documents as they are stored, so none hides documents from another; of two that set the same column the
    later one holds. A document whose business time is set bears the business date of it.
    """
    tables = {each.table for each in corrections}
    return {
        table: _applied(frame, [each for each in corrections if each.table == table])
        if table in tables
        else frame
        for table, frame in documents.items()
    }


def selecting(corrections: Iterable[Correction]) -> dict[str, tuple[str, ...]]:
    """Columns the corrections select by, by table; besides the business date."""
    found: dict[str, dict[str, None]] = {}
    for each in corrections:
        found.setdefault(each.table, {}).update(dict.fromkeys(each.fields))
    return {table: tuple(columns) for table, columns in found.items()}


def lost_lists(documents: Documents, lists: pl.LazyFrame) -> pl.LazyFrame:
    """Lists (flow, ebc_code, order_no) that the stored documents hold and that corrections left nothing of."""
    key = ("flow", "ebc_code", "order_no")
    known = [
        documents[table].select(pl.lit(flow).alias("flow"), "ebc_code", "order_no")
        for flow, table in LIST_TABLES.items()
        if table in documents
    ]
    empty = pl.LazyFrame(schema=dict.fromkeys(key, pl.String()))
    return pl.concat([empty, *known]).unique().join(lists, on=key, how="anti").sort(key)


def _applied(frame: pl.LazyFrame, corrections: Sequence[Correction]) -> pl.LazyFrame:
    marks = [f"_correction_{number}" for number in range(len(corrections))]
    marked = frame.with_columns(
        _selected(each).fill_null(False).alias(mark) for each, mark in zip(corrections, marks, strict=True)
    )
    there = frame.collect_schema()
    for each, mark in zip(corrections, marks, strict=True):
        if each.drops:
            marked = marked.filter(~pl.col(mark))
        else:
            written = _written(each)
            marked = marked.with_columns(
                pl.when(mark).then(_literal(name, value, there)).otherwise(pl.col(name)).alias(name)
                for name, value in written.items()
                if name in there
            )
    return marked.drop(marks)


def _selected(correction: Correction) -> pl.Expr:
    within = pl.col("business_date").is_between(correction.first, correction.last)
    if correction.undated:
        within |= pl.col("business_date").is_null()
    schema = CONTRACTS_BY_TABLE[correction.table].schema
    tests = (
        reduce(or_, (pl.col(name) == pl.lit(value).cast(schema[name]) for value in values))
        for name, values in correction.fields.items()
    )
    return reduce(and_, tests, within)


def _written(correction: Correction) -> dict[str, Value]:
    """The columns set, with the business date that follows from them."""
    moved = {"business_date": correction.moved_to} if correction.moved_to else {}
    return {**(correction.values or {}), **moved}


def _literal(name: str, value: Value, schema: pl.Schema) -> pl.Expr:
    return pl.lit(value).cast(schema[name])
