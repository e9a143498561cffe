"""The analysts' copy: figures, definitions and coverage in one plain DuckDB file that any client opens."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
from filelock import FileLock

from transforms.definitions import METRIC_TABLES
from warehouse import engines, periods, sql
from warehouse.connection import Lake
from warehouse.home import Home
from warehouse.schema import NEWEST, PROVISIONAL, VINTAGE_COLUMNS, figures_of, published_days

NAME = "analyst.duckdb"
#: What the copy holds: (schema, table) and the query that fills it.
_FILES = (
    "zone, file_hash, names, source, kind, format, rows_read, rows_accepted, rows_duplicate, rows_superseded, "
    "rows_quarantined, status, first_error, first_error_line, loaded_at"
)
CONTENT: dict[tuple[str, str], str] = {
    **{("metrics", name): f"SELECT * FROM wh.metrics.{name} ORDER BY ALL" for name in METRIC_TABLES},
    ("metrics", "definitions"): "SELECT * FROM wh.metrics.definitions",
    ("metrics", "vintages"): "SELECT * FROM wh.metrics.vintages ORDER BY ALL",
    ("metrics", "revisions"): "SELECT * FROM wh.metrics.revisions ORDER BY ALL",
    ("ledger", "coverage"): "SELECT * FROM wh.ledger.coverage ORDER BY ALL",
    ("ledger", "corrections"): "SELECT * FROM wh.ledger.corrections ORDER BY ALL",
    ("ledger", "files"): f"SELECT {_FILES} FROM wh.ledger.files ORDER BY ALL",
}
#: Longer than all figures together after some years; what a vintage revised does not change any more.
REVISIONS = ("metrics", "revisions")
#: Views of the copy, over its own tables.
VIEWS: dict[str, str] = {
    "published_days": published_days("metrics.vintages"),
    **{each.name: each.query for each in periods.views()},
}


def write(lake: Lake, home: Home) -> Path:
    """Write published/analyst.duckdb from the lake unless it is up to date; returns its path.

    Written beside, synced, then renamed: readers keep the copy they opened, and never see half of one.
    """
    with alone(home):
        return _write(lake, home)


def alone(home: Home) -> FileLock:
    """Held by who writes or copies the analysts' copy: zones may publish at the same time."""
    return FileLock(home.published / f".{NAME}.lock")


def _write(lake: Lake, home: Home) -> Path:
    target = home.published / NAME
    mark = home.published / f".{NAME}.snapshot"
    snapshot = f"{lake.snapshot()} {_views_digest()}"
    before = mark.read_text() if target.exists() and mark.exists() else ""
    if before == snapshot:
        return target
    temporary = home.published / f".{NAME}.{os.getpid()}"
    _remove_half_written(home)
    try:
        if target.exists():
            shutil.copyfile(target, temporary)
        _fill(lake.con, temporary, with_views=before.partition(" ")[2] != _views_digest())
        _sync(temporary)
        temporary.replace(target)
    finally:
        _remove_half_written(home)
    _sync(home.published)
    mark.write_text(snapshot)
    return target


def _remove_half_written(home: Home) -> None:
    """Copies of runs that died in between; with their logs, which DuckDB would play into another of that name.

    Under the lock: nobody else is writing one.
    """
    for each in home.published.glob(f".{NAME}.*"):
        if each.name.removeprefix(f".{NAME}.").split(".")[0].isdigit():
            each.unlink(missing_ok=True)


def _fill(con: duckdb.DuckDBPyConnection, path: Path, with_views: bool) -> None:
    """Bring a copy up to date, or write it whole where there is none."""
    con.execute(f"ATTACH {sql.literal(path)} AS copy_of_figures")
    try:
        con.begin()
        for schema in sorted({schema for schema, _ in CONTENT}):
            con.execute(f"CREATE SCHEMA IF NOT EXISTS copy_of_figures.{schema}")
        days = _changed_days(con)
        if days is not None:  # else the copy is written whole
            engines.fit(con, 0)
        for (schema, table), query in CONTENT.items():
            if days is not None and schema == "metrics" and table in METRIC_TABLES:
                _bring_up_to_date(con, table, days)
            elif days is not None and (schema, table) == REVISIONS:
                _append_revisions(con)
            else:
                con.execute(f"CREATE OR REPLACE TABLE copy_of_figures.{schema}.{table} AS {query}")
        if days is None or with_views:
            for view, query in VIEWS.items():
                con.execute(f"CREATE OR REPLACE VIEW copy_of_figures.metrics.{view} AS {query}")
        con.commit()
    except BaseException:
        with suppress(duckdb.Error):  # it may have ended already; what went wrong is what is to be told
            con.rollback()
        raise
    finally:
        with suppress(duckdb.Error):  # a full disk fails here too, after the error to tell
            con.execute("DETACH copy_of_figures")


def _views_digest() -> str:
    """Changes when any view does: making all of them anew takes a second, and they hardly ever change."""
    return hashlib.sha256(repr(sorted(VIEWS.items())).encode()).hexdigest()[:16]


def _changed_days(con: duckdb.DuckDBPyConnection) -> list[date] | None:
    """Business dates of `changed_days`: the vintages, with the columns of NEWEST, that the copy does not hold yet.

    So that the cost follows new figures. None where the copy is written whole: there is none, its columns
    differ, or it holds a vintage that the lake does not.
    """
    wanted = {name: {*each.schema, *VINTAGE_COLUMNS, PROVISIONAL} for name, each in METRIC_TABLES.items()}
    wanted["revisions"] = _columns(con, "wh.metrics.revisions")
    for name, columns in wanted.items():
        try:
            there = _columns(con, f"copy_of_figures.metrics.{name}")
        except duckdb.CatalogException:
            return None
        if there != columns:
            return None
    ours, theirs = "wh.metrics.vintages", "copy_of_figures.metrics.vintages"
    same = "USING (zone, business_date, vintage, published_at)"
    if con.execute(f"SELECT 1 FROM {theirs} ANTI JOIN {ours} {same} LIMIT 1").fetchone():
        return None  # the lake was restored from a backup that is older than the copy
    con.execute(
        "CREATE OR REPLACE TEMP TABLE new_vintages AS "
        f"SELECT zone, business_date, vintage FROM {ours} ANTI JOIN {theirs} {same}"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE changed_days AS FROM ({NEWEST}) ANTI JOIN (SELECT zone, business_date, "
        "max(vintage) AS vintage FROM copy_of_figures.metrics.vintages GROUP BY ALL) USING (zone, business_date, vintage)"
    )
    rows = con.execute("SELECT DISTINCT business_date FROM changed_days ORDER BY 1").fetchall()
    return [day for (day,) in rows]


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {each[0] for each in con.execute(f"SELECT * FROM {table} LIMIT 0").description or []}


def _append_revisions(con: duckdb.DuckDBPyConnection) -> None:
    """What the vintages that the copy did not hold have revised (`new_vintages` of `_changed_days`)."""
    rows = con.execute("SELECT DISTINCT business_date FROM new_vintages ORDER BY 1").fetchall()
    if not rows:
        return
    # The dates are named besides, so that only their data files are opened.
    con.execute(
        "INSERT INTO copy_of_figures.metrics.revisions BY NAME SELECT * FROM wh.metrics.revisions "
        f"WHERE business_date IN ({', '.join(sql.literal(day) for (day,) in rows)}) "
        "AND (zone, business_date, vintage) IN (SELECT (zone, business_date, vintage) FROM new_vintages) ORDER BY ALL"
    )


def _bring_up_to_date(con: duckdb.DuckDBPyConnection, table: str, days: Sequence[date]) -> None:
    if not days:
        return
    copy = f"copy_of_figures.metrics.{table}"
    con.execute(
        f"DELETE FROM {copy} WHERE (zone, business_date) IN (SELECT (zone, business_date) FROM changed_days)"
    )
    # The dates are named besides, so that only their data files are opened.
    con.execute(
        f"INSERT INTO {copy} BY NAME {figures_of(table, 'changed_days')} "
        f"WHERE business_date IN ({', '.join(sql.literal(day) for day in days)}) ORDER BY ALL"
    )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
