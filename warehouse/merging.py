"""Merging the small files that daily commits leave, so that a query opens as many after years as after weeks.

Every commit adds one Parquet file to each table it writes to. DuckLake merges files of neighbouring
commits into one that still answers for each of those snapshots: nothing published is altered, and what
could be read `AT (VERSION => ...)` still can. A file that grew past SMALL_BYTES is left alone, so that a
row is copied a few times in its life and not once a month for ever. The files that merging replaced stay for
readers that opened them; maintenance removes them by its policy and writes their names down before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from transforms.metric_tables import METRIC_TABLES
from warehouse import sql
from warehouse.connection import Lake
from warehouse.tables import TABLES

#: A table with more small files than this is merged.
MOST_FILES = 24
SMALL_BYTES = 1 << 20
#: Tables merged in one run: all of them fill up at the same pace, and no day shall pay for all.
TABLES_A_RUN = 4


@dataclass(frozen=True)
class Tidied:
    """What merging did: tables merged, as `schema.table`; and what failed, as a sentence."""

    merged: tuple[str, ...] = ()
    failed: str | None = None

    def sentence(self) -> str:
        """For the progress line."""
        if self.failed:
            return self.failed
        return f"small files of {', '.join(self.merged)} merged" if self.merged else "nothing to merge"


@dataclass(frozen=True)
class _Crowded:
    schema: str
    name: str
    files: int
    with_deletes: int

    @property
    def arguments(self) -> str:
        return f"'wh', {sql.literal(self.name)}, schema => {sql.literal(self.schema)}"


def due(lake: Lake) -> bool:
    """Whether `tidy` would merge anything."""
    return bool(_crowded(lake.con, _small_tables()))


def tidy(lake: Lake, run_id: str) -> Tidied:
    """Merge the most crowded of the small tables; nothing crowded leaves no snapshot.

    A merge that fails changes nothing and is said in `failed`; the day goes on, and the next one tries again.
    """
    chosen = _crowded(lake.con, _small_tables())[:TABLES_A_RUN]
    if not chosen:
        return Tidied()
    names = tuple(f"{each.schema}.{each.name}" for each in chosen)
    message = f"merge small files of {', '.join(names)}"
    try:
        if with_deletes := [each for each in chosen if each.with_deletes]:
            # Files with deleted rows are not merged; written anew without those rows they are.
            lake.commit("tongguan", message, run_id, lambda con: _rewrite(con, with_deletes))
        lake.commit("tongguan", message, run_id, lambda con: _merge(con, chosen))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        return Tidied(failed=f"{message} failed, nothing is lost and the next run tries again: {reason}")
    return Tidied(names)


def crowded(lake: Lake) -> list[str]:
    """Tables that wait to be merged, as `schema.table`, most crowded first."""
    return [f"{each.schema}.{each.name}" for each in _crowded(lake.con, _small_tables())]


def _small_tables() -> list[tuple[str, str]]:
    """Every table without partitions: the book-keeping, the quarantine, the vintages."""
    own = [(each.schema, each.name) for each in TABLES if not each.partition]
    return [*own, *(("vintages", name) for name in METRIC_TABLES)]


def _crowded(con: duckdb.DuckDBPyConnection, tables: Iterable[tuple[str, str]]) -> Sequence[_Crowded]:
    """The tables with more than MOST_FILES small files, most first."""
    counts = con.execute(
        "SELECT table_name FROM ducklake_table_info('wh') "
        f"WHERE file_count > {MOST_FILES} OR delete_file_count > {MOST_FILES}"
    ).fetchall()
    full = {name for (name,) in counts}
    found = []
    for schema, name in tables:
        if name not in full:
            continue
        row = con.execute(
            f"SELECT count(*), count(delete_file) FROM ducklake_list_files('wh', {sql.literal(name)}, "
            f"schema => {sql.literal(schema)}) WHERE data_file_size_bytes < {SMALL_BYTES}"
        ).fetchone()
        if row and row[0] > MOST_FILES:
            found.append(_Crowded(schema, name, row[0], row[1]))
    return sorted(found, key=lambda each: (-each.files, each.schema, each.name))


def _rewrite(con: duckdb.DuckDBPyConnection, tables: Sequence[_Crowded]) -> None:
    for each in tables:
        con.execute(f"CALL ducklake_rewrite_data_files({each.arguments}, delete_threshold => 0.0)").fetchall()


def _merge(con: duckdb.DuckDBPyConnection, tables: Sequence[_Crowded]) -> None:
    for each in tables:
        con.execute(
            f"CALL ducklake_merge_adjacent_files({each.arguments}, max_file_size => {SMALL_BYTES})"
        ).fetchall()
