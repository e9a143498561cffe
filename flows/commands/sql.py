"""`tongguan sql`: read-only questions to the live warehouse."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any

import duckdb
import polars as pl
import pyarrow as pa
import typer

from flows import output, trouble
from flows.computing import linked_whole
from flows.errors import UsageProblem
from flows.options import HomeOption
from flows.settings import home_path
from sources.beijing import local, now
from sources.zone import Zone, ZoneError
from warehouse import Home, Lake, asof, corrections, query
from warehouse.errors import WarehouseError


class Form(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


#: More rows than anyone reads on a terminal; the others are counted, and every other format has them all.
SHOWN_ROWS = 200


def sql(
    statement: Annotated[
        str, typer.Argument(help="One SELECT (also WITH, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN).")
    ],
    form: Annotated[Form, typer.Option("--format", help="How to print the answer.")] = Form.TABLE,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to this file instead of standard output.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Answer as it would have been at this moment, Beijing time unless a time zone follows.",
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Ask the warehouse; works while a run writes, and can change nothing.

    Schemas: metrics, core, documents, ledger, quarantine, vintages. `SHOW ALL TABLES` lists what there is.
    With --as-of, published figures answer as they stood then, for ever; records from the lake's snapshot of
    then, or where it is no longer kept by linking again the documents loaded by then (minutes).

    Example: tongguan sql "SELECT flow, lists, value_cny FROM metrics.volume_daily WHERE mode = 'all' AND
    office = 'all' AND basis = 'released'" --format csv

    Example: tongguan sql --as-of 2026-10-05T09:00 "SELECT * FROM metrics.volume_daily"
    """
    if form is Form.PARQUET and out is None and sys.stdout.isatty():
        raise UsageProblem("Parquet is not for a terminal: give --out FILE or redirect standard output.")
    try:
        store = Home(home_path(home))
        if as_of is None:
            answer = query.run(store, statement)
        else:
            answer = asof.run(store, statement, parse_moment(as_of), link_again(store), say)
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    except ZoneError as error:
        raise UsageProblem(
            f"{error}. Records of then are computed by their zone's file: put it back, or ask published figures "
            "only (metrics, vintages)"
        ) from error
    answer = told_apart(answer, keep_bytes=form is Form.PARQUET)
    if form is Form.TABLE and out is None:
        rows = answer.slice(0, SHOWN_ROWS).to_pylist()
        numbers = [
            field.name
            for field in answer.schema
            if str(field.type).startswith(("int", "uint", "float", "double", "decimal"))
        ]
        output.table(f"{answer.num_rows:,} rows", rows, numbers)
        if answer.num_rows > SHOWN_ROWS:
            output.out.print(f"... and {answer.num_rows - SHOWN_ROWS:,} more; --format csv prints them all")
        return
    try:
        write(answer, form, out or sys.stdout.buffer)
    except pl.exceptions.PolarsError as error:
        raise UsageProblem(
            f"this answer cannot be written as {form}: {error}. Cast the column to VARCHAR in the question, or use "
            "another --format"
        ) from error
    except OSError as error:
        if out is None or trouble.full(error):
            raise
        raise UsageProblem(
            f"--out {out} cannot be written: {error.strerror or error}. Give a file in a folder that exists and may "
            "be written to"
        ) from error


def write(answer: pa.Table, form: Form, target: Path | IO[bytes]) -> None:
    """The answer as a file, or onto standard output."""
    if form is Form.JSON:
        text = as_json(answer.to_pylist())
        if isinstance(target, Path):
            target.write_bytes(text)
        else:
            target.write(text)
    elif form is Form.PARQUET:
        pl.DataFrame(answer).write_parquet(target)
    else:
        as_texts(pl.DataFrame(answer)).write_csv(target)


def told_apart(answer: pa.Table, *, keep_bytes: bool) -> pa.Table:
    """Every column under a name of its own (`a`, `a_1`), with what no file format takes as DuckDB writes it out.

    Those are intervals, and but for `keep_bytes` binary values; also where they are inside others.
    """
    names: list[str] = []
    for name in answer.column_names:
        own, number = name, 0
        while own in names:
            number += 1
            own = f"{name}_{number}"
        names.append(own)
    answer = answer.rename_columns(names)
    for at, field in enumerate(answer.schema):
        kinds = list(_kinds(field.type))
        if any(map(pa.types.is_interval, kinds)) or (not keep_bytes and any(map(_is_binary, kinds))):
            column = pa.table({"it": answer.column(at)})
            with duckdb.connect() as con:
                texts = con.from_arrow(column).project("CAST(it AS VARCHAR) AS it").to_arrow_table()
            answer = answer.set_column(at, field.name, texts.column(0))
    return answer


def _kinds(kind: pa.DataType) -> Iterator[pa.DataType]:
    """A type and those inside it."""
    yield kind
    for at in range(kind.num_fields):
        yield from _kinds(kind.field(at).type)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


def parse_moment(text: str) -> datetime:
    """A moment as local Beijing time; raises UsageProblem for anything but a date with a time, not ahead."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageProblem(
            f"--as-of {text!r} is no moment: write it as 2026-10-05T09:00 (Beijing time) or "
            "2026-10-05T01:00Z."
        ) from error
    if len(text.strip()) <= len("2026-10-05"):
        raise UsageProblem(f"--as-of {text!r} needs a time of day too: write it as {text}T09:00.")
    if moment.tzinfo:
        moment = local(moment)
    if moment > now():
        raise UsageProblem(f"--as-of {text!r} lies ahead: what is published until then is not known yet.")
    return moment


def link_again(store: Home) -> asof.Link:
    """What makes the core tables of one zone, by the rules, rates and corrections of today."""

    def link(zone: str, documents: Mapping[str, pl.LazyFrame]) -> Mapping[str, pl.DataFrame]:
        with Lake.read(store) as lake:
            in_force = corrections.in_force(lake, zone)
        return linked_whole(Zone.load(zone), documents, in_force)

    return link


def say(sentence: str) -> None:
    """On standard error, beside the answer."""
    output.err.print(sentence, markup=False, highlight=False)


def as_json(rows: list[dict[str, object]]) -> bytes:
    """One JSON array; money and times as text, exactly as stored, and null for what is no number (NaN, infinity)."""
    return (json_text(rows) + "\n").encode()


def json_text(value: object) -> str:
    """JSON as every reader takes it."""
    try:
        return json.dumps(value, default=str, ensure_ascii=False, allow_nan=False)
    except ValueError:  # JSON has no word for NaN and infinity
        return json.dumps(_finite(value), default=str, ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value


def as_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Nested columns as JSON text, since CSV has no nesting."""
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    return frame.with_columns(
        pl.Series(
            name,
            [None if value is None else json_text(value) for value in frame[name].to_list()],
            pl.String,
        )
        for name in nested
    )
