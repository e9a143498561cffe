"""Tables drawn in tests: columns parted by `|`, a header, one row a line.

Empty cells are null. `HH:MM[:SS[.mmm]]` in a `_at` column is that time on DAY; `+1 HH:MM` a day later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl

from transforms.inputs import ITEMS, NEEDED, schema_of

DAY = date(2026, 11, 11)
ZONE = "test"
_TIME = re.compile(r"(?:([+-]\d+) )?(\d+):(\d+)(?::(\d+)(?:\.(\d+))?)?$")


def at(text: str) -> datetime:
    found = _TIME.match(text)
    assert found, f"not a time: {text!r}"
    days, hours, minutes, seconds, millis = found.groups()
    return datetime(DAY.year, DAY.month, DAY.day) + timedelta(
        days=int(days or 0),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds or 0),
        milliseconds=int((millis or "0").ljust(3, "0")),
    )


def rows(drawn: str) -> list[dict[str, str | None]]:
    lines = [[cell.strip() for cell in line.split("|")] for line in drawn.strip().splitlines()]
    header, *body = lines
    assert all(len(line) == len(header) for line in body), f"ragged table:\n{drawn}"
    return [{name: cell or None for name, cell in zip(header, line, strict=True)} for line in body]


def value(text: str | None, dtype: pl.DataType) -> object:
    if text is None:
        return None
    if isinstance(dtype, pl.Datetime):
        return at(text)
    if isinstance(dtype, pl.Date):
        return date.fromisoformat(text)
    if isinstance(dtype, pl.Decimal):
        return Decimal(text)
    if isinstance(dtype, pl.Boolean):
        return {"yes": True, "no": False}[text]
    if isinstance(dtype, pl.Float64):
        return float(text)
    if dtype.is_integer():
        return int(text)
    return text


def frame(drawn: str, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The drawn columns, typed by `schema`."""
    drawn_rows = rows(drawn)
    names = list(drawn_rows[0]) if drawn_rows else []
    return pl.DataFrame(
        [[value(row[name], schema[name]) for name in names] for row in drawn_rows],
        schema={name: schema[name] for name in names},
        orient="row",
    )


def documents(**tables: str) -> dict[str, pl.LazyFrame]:
    """Documents by table. Item columns are `item_<field>`, several items parted by a space."""
    return {table: _document(table, drawn) for table, drawn in tables.items()}


def _document(table: str, drawn: str) -> pl.LazyFrame:
    schema = schema_of(table)
    items = ITEMS.get(table, ())
    records = []
    for row_no, row in enumerate(rows(drawn), 1):
        typed = {name: value(row.get(name), schema[name]) for name in NEEDED[table] if name in row}
        lists = {
            name: [
                value(each, schema[f"item_{name}"].inner) for each in (row.get(f"item_{name}") or "").split()
            ]
            for name in items
        }
        longest = max((len(each) for each in lists.values()), default=0)
        padded = {name: each + [None] * (longest - len(each)) for name, each in lists.items()}
        nested = [dict(zip(padded, each, strict=True)) for each in zip(*padded.values(), strict=True)]
        records.append(
            {
                "zone": ZONE,
                "business_date": date.fromisoformat(row["business_date"])
                if row.get("business_date")
                else DAY,
                "file_hash": row.get("file_hash") or f"file{row_no:03}",
                **typed,
                **({"items": nested} if items else {}),
            }
        )
    full = {
        **{name: dtype for name, dtype in schema.items() if not name.startswith("item_")},
        **(
            {"items": pl.List(pl.Struct({name: schema[f"item_{name}"].inner for name in items}))}
            if items
            else {}
        ),
    }
    return pl.LazyFrame(records, schema=full)


def rates(drawn: str = "currency | valid_from | cny\n502 | 2026-11-01 | 7.1234") -> pl.LazyFrame:
    return frame(drawn, {"currency": pl.String(), "valid_from": pl.Date(), "cny": pl.Decimal(18, 8)}).lazy()


def expect(found: pl.LazyFrame | pl.DataFrame, drawn: str) -> None:
    """The drawn columns of `found` are the drawn rows, in any order."""
    frame_ = found.collect() if isinstance(found, pl.LazyFrame) else found
    schema = dict(frame_.schema)
    wanted = frame(drawn, schema)
    shown = frame_.select(wanted.columns)
    assert sorted(map(repr, shown.rows())) == sorted(map(repr, wanted.rows())), (
        f"found\n{shown}\nwanted\n{wanted}"
    )
