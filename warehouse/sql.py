"""Small helpers for composing SQL: names and literals quoted in one place.

Values go in as quoted literals, not as parameters: the first parameter bound in a process makes DuckDB
import pandas, which takes longer than most of the queries (measured 1-2.6 s).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def qualified(dotted: str) -> str:
    """A quoted schema and table from `schema.table`."""
    return ".".join(name(part) for part in dotted.split("."))


def names(identifiers: Iterable[str], prefix: str = "") -> str:
    """Quoted identifiers, comma separated, each with an optional table prefix."""
    return ", ".join(prefix + name(each) for each in identifiers)


def literal(value: str | Path | date | datetime | None) -> str:
    """A text, date or timestamp literal."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"


def literals(values: Iterable[str | Path | date]) -> str:
    """A list literal."""
    return "[" + ", ".join(literal(each) for each in values) + "]"


def parquet(paths: Iterable[str | Path]) -> str:
    """A scan over exactly these Parquet files."""
    return f"read_parquet({literals(paths)}, hive_partitioning = false)"
