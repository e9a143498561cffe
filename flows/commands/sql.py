"""`tongguan sql`: read-only questions to the live warehouse."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from flows import output
from flows.computing import linked_whole
from flows.errors import UsageProblem
from flows.options import HomeOption
from flows.settings import home_path
from flows.stages import BEIJING, now
from sources.zone import Zone
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
    frame = pl.DataFrame(answer)
    target = out or sys.stdout.buffer
    if form is Form.PARQUET:
        frame.write_parquet(target)
    elif form is Form.JSON:
        write = target.write_bytes if isinstance(target, Path) else target.write
        write(as_json(answer.to_pylist()))
    else:
        as_texts(frame).write_csv(target)


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
        moment = moment.astimezone(BEIJING).replace(tzinfo=None)
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
    """One JSON array; money and times as text, exactly as stored."""
    return (json.dumps(rows, default=str, ensure_ascii=False) + "\n").encode()


def as_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Nested columns as JSON text, since CSV has no nesting."""
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    return frame.with_columns(
        pl.Series(
            name,
            [
                None if value is None else json.dumps(value, default=str, ensure_ascii=False)
                for value in frame[name].to_list()
            ],
            pl.String,
        )
        for name in nested
    )
