"""The warehouse as it stood at a moment: the same names, answering from what there was then.

Figures come from their vintages, which are kept for ever. Records come from the lake's own snapshots
while the one of that moment is kept, and else are made again from the documents loaded by then.

The lake is attached under another name, and a database called like the lake holds views that stand for
its tables, so that every question, and every view of the lake over another, means the past.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from warehouse import catalogs, query, rebuild, sql
from warehouse.connection import attached
from warehouse.home import Home
from warehouse.schema import SCHEMAS

#: The lake as it is, for the views to read.
LAKE = "lake_of_now"
_FIGURES = ("vintages", "metrics")
_RECORDS = tuple(each for each in SCHEMAS if each not in _FIGURES)
#: Questions that look at what there is, and so need every schema.
_ANYTHING = re.compile(r"\b(show|duckdb_\w+|information_schema)\b", re.IGNORECASE)

Say = Callable[[str], None]
#: Core tables by name, made from the documents of one zone (table name -> all versions).
Link = Callable[[str, Mapping[str, pl.LazyFrame]], Mapping[str, pl.DataFrame]]


def run(home: Home, statement: str, moment: datetime, link: Link, say: Say) -> pa.Table:
    """The answer to one question as it would have been at `moment` (local Beijing time).

    `say` is told which way records were found. Raises as `query.run`.
    """
    with standing(home, moment, statement, link, say) as con:
        return query.ask(con, statement)


@contextmanager
def standing(
    home: Home, moment: datetime, statement: str, link: Link, say: Say
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A locked-down connection in which the lake stands as it did; prepared for what `statement` names."""
    with (
        attached(home, LAKE) as con,
        tempfile.TemporaryDirectory(prefix="asof-", dir=home.scratch) as folder,
    ):
        con.execute(f"ATTACH {sql.literal(Path(folder) / 'then.duckdb')} AS wh")
        for schema in SCHEMAS:
            con.execute(f"CREATE SCHEMA wh.{schema}")
        words = None if _ANYTHING.search(statement) else _words(statement)
        schemas = [each for each in _RECORDS if words is None or each in words]
        if schemas:
            _records(con, home, moment, schemas, words, link, say)
        _figures(con, catalogs.metadata(home, LAKE), moment, words)
        con.execute("CHECKPOINT wh")
        query.lock_down(con, home)
        yield con


def _words(text: str) -> set[str]:
    """Everything in a text that can be a name; preparing a table nobody named only costs time."""
    return set(re.findall(r"\w+", text.lower()))


def _figures(con: duckdb.DuckDBPyConnection, metadata: str, moment: datetime, words: set[str] | None) -> None:
    """vintages.*, restricted to what was published by then, and the lake's own views over them.

    Only what the words name, and what that is made from: preparing every view takes seconds.
    """
    rows = con.execute(
        f"SELECT view_name, sql FROM {metadata}.ducklake_view v JOIN {metadata}.ducklake_schema s USING (schema_id) "
        "WHERE s.schema_name = 'metrics' AND v.end_snapshot IS NULL ORDER BY view_id"
    ).fetchall()
    views = {name: text.replace("{DUCKLAKE_CATALOG}", "wh") for name, text in rows}
    tables = _tables(con, metadata, "vintages", None)
    if words is not None:
        needed = set(words)
        while more := set().union(*(_words(views[each]) for each in views.keys() & needed)) - needed:
            needed |= more
        views = {name: text for name, text in views.items() if name in needed}
        tables = [each for each in tables if each in needed]
    for name in tables:
        by_then = f"WHERE published_at <= {sql.literal(moment)}"
        _view(con, "vintages", name, f"FROM {LAKE}.vintages.{sql.name(name)} {by_then}")
    while views:  # a view may read one that was made after it
        left, problem = {}, None
        for name, text in views.items():
            try:
                _view(con, "metrics", name, text)
            except duckdb.CatalogException as error:
                left[name], problem = text, error
        if problem and len(left) == len(views):
            raise problem
        views = left


def _records(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    moment: datetime,
    schemas: list[str],
    words: set[str] | None,
    link: Link,
    say: Say,
) -> None:
    version = snapshot_of(con, moment)
    if version is None:
        say(
            f"records as of {moment}: no snapshot of then is kept, so they are made again from the "
            "documents loaded by then, linked by today's rules and rates"
        )
        rebuild.records(con, LAKE, home.scratch, moment, schemas, link, say)
        return
    say(f"records as of {moment}: snapshot {version} of the lake")
    for schema in schemas:
        for name in _tables(con, catalogs.metadata(home, LAKE), schema, version):
            if words is not None and name not in words:
                continue
            source = f"{LAKE}.{schema}.{sql.name(name)}"
            _view(con, schema, name, f"FROM {source} AT (VERSION => {version})")


def snapshot_of(con: duckdb.DuckDBPyConnection, moment: datetime) -> int | None:
    """The snapshot that stood at `moment`; None where it, or the one that followed, is not kept.

    Without the next one nobody knows how long a snapshot stood.
    """
    rows = con.execute(
        f"SELECT snapshot_id, CAST(snapshot_time AS TIMESTAMP) FROM ducklake_snapshots({sql.literal(LAKE)})"
    ).fetchall()
    kept = {number for number, _ in rows}
    by_then = [number for number, at in rows if at <= moment]
    if not by_then:
        return None
    found = int(max(by_then))
    return found if found == max(kept) or found + 1 in kept else None


def _tables(con: duckdb.DuckDBPyConnection, metadata: str, schema: str, version: int | None) -> list[str]:
    """Tables of a schema of the lake, now or at a snapshot."""
    there = (
        "t.end_snapshot IS NULL"
        if version is None
        else f"t.begin_snapshot <= {version} AND coalesce(t.end_snapshot > {version}, true)"
    )
    rows = con.execute(
        f"SELECT DISTINCT table_name FROM {metadata}.ducklake_table t JOIN {metadata}.ducklake_schema s USING (schema_id) "
        f"WHERE s.schema_name = {sql.literal(schema)} AND {there} ORDER BY 1"
    ).fetchall()
    return [name for (name,) in rows]


def _view(con: duckdb.DuckDBPyConnection, schema: str, name: str, text: str) -> None:
    con.execute(f"CREATE VIEW wh.{schema}.{sql.name(name)} AS {text}")
