"""From new documents to lists that are up to date: what to compute again, and storing the result."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from sources.contracts import CONTRACTS, CONTRACTS_BY_TABLE
from transforms.inputs import NEEDED
from warehouse import annual, engines, numbers, orphans, relist, sql, touched
from warehouse.connection import Lake
from warehouse.links import LINKS
from warehouse.schema import document_table
from warehouse.search import Search
from warehouse.window import Batches, OfDay, Window, extents


@dataclass(frozen=True)
class LinkInputs:
    """Everything `transforms.lists.build` needs to compute the touched lists again.

    `documents` by table name: all versions of every document of every touched list, and every new document
    whether a list claims it or not; perhaps others that belong to no list given. `folder` holds files for
    the way until `store`.
    """

    documents: dict[str, pl.LazyFrame]
    batches: Batches
    window: Window
    folder: Path
    #: The same documents for SQL: rows by kind.
    scans: dict[str, str]


def gather(
    lake: Lake,
    zone: str,
    more: Mapping[str, Sequence[str]] | None = None,
    ids: Sequence[str] | None = None,
    day: date | None = None,
) -> LinkInputs | None:
    """Documents of every list that batches not linked yet touch; None where no batch waits.

    `more`: columns to hand over besides those the transforms read, by table. `ids`: these batches instead
    of the ones that wait; `day`: instead of them the documents of this business date, linked or not.
    """
    more = more or {}
    batches = _wanted(lake.con, zone, ids, day)
    if batches is None:
        return None
    window = batches.window(extents(lake.con, zone))
    engines.fit(lake.con, batches.documents(lake.con) + window.lists(lake.con))
    folder = lake.home.scratch / f"link-{batches.ids[0]}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if batches.alone(lake.con, window):
        # A first load: every document there is belongs to it, so nothing needs to be looked for.
        stored = extents(lake.con, zone)
        scans = {
            kind: window.over(document_table(CONTRACTS[kind]), stored[kind])
            for kind in LINKS
            if kind in stored
        }
        return LinkInputs(_everything(lake, window, more), batches, window, folder, scans)
    search = Search(lake.con, window, batches)
    search.touch()
    files = search.fetch(folder, more)
    documents = {table: pl.scan_parquet(path) for table, path in files.items()}
    scans = {CONTRACTS_BY_TABLE[table].kind: sql.parquet([path]) for table, path in files.items()}
    return LinkInputs(documents, batches, search.window, folder, scans)


def _wanted(
    con: duckdb.DuckDBPyConnection, zone: str, ids: Sequence[str] | None, day: date | None
) -> Batches | None:
    if day is not None:
        return OfDay.stored(con, zone, day)
    return Batches.waiting(con, zone) if ids is None else Batches.named(con, zone, ids)


def store(
    lake: Lake,
    zone: str,
    run_id: str,
    inputs: LinkInputs,
    lists: pl.DataFrame | Path,
    events: pl.DataFrame | Path,
    reconciliation: pl.DataFrame | Path,
    orphaned: pl.DataFrame,
    gone: pl.DataFrame | None = None,
    reason: str = touched.LATE_DATA,
) -> int:
    """Replace the lists that changed, with their events and their reconciliation; returns how many.

    `orphaned`: the documents given that no list claims, which replace what is stored of them.

    In the same transaction the batches become linked, the dates whose figures may change are noted in
    ledger.touched_dates for `reason`, core.partitions is brought up to date, and the index of lists is
    added to. `gone`: lists (flow, ebc_code, order_no) that corrections left no document of; they are taken
    out.
    """
    paths = {
        name: _handed_over(frame, inputs.folder / f"core-{name}.parquet")
        for name, frame in (
            ("lists", lists),
            ("list_events", events),
            ("reconciliation", reconciliation),
        )
    }

    if gone is not None and gone.height:
        paths[relist.GONE] = _handed_over(gone, inputs.folder / "core-gone.parquet")

    numbers.learn(lake.con, zone, inputs.scans, inputs.batches.new(), paths["lists"])

    def work(con: duckdb.DuckDBPyConnection) -> int:
        changed = relist.replace(con, inputs.window, run_id, paths, reason)
        annual.apply(con, lake, zone, run_id, reason)
        around = inputs.batches.window(extents(con, zone))
        orphans.replace(con, lake, around, run_id, inputs.documents, orphaned, reason)
        numbers.keep(con)
        inputs.batches.settle(con)
        return changed

    changed = lake.commit("tongguan", f"{zone}: link lists", run_id, work)
    shutil.rmtree(inputs.folder, ignore_errors=True)
    return changed


def _everything(lake: Lake, window: Window, more: Mapping[str, Sequence[str]]) -> dict[str, pl.LazyFrame]:
    """The stored files of the zone as they are: nothing is copied."""
    frames, options = {}, lake.home.storage.polars()
    for table in NEEDED:
        files = lake.con.execute(
            "SELECT data_file, delete_file "
            f"FROM ducklake_list_files('wh', {sql.literal(table)}, schema => 'documents')"
        ).fetchall()
        if not files:
            continue
        if any(deleted for _, deleted in files):
            raise AssertionError(f"documents.{table} is append-only but has deleted rows")
        inside = pl.col("business_date").is_null()
        if window.first and window.last:
            inside |= pl.col("business_date").is_between(window.first, window.last)
        needed = [
            *NEEDED[table],
            *more.get(table, ()),
            *(["items"] if CONTRACTS_BY_TABLE[table].items else []),
        ]
        frames[table] = (
            # Merged files bear a column of DuckLake's own.
            pl.scan_parquet(
                [path for path, _ in files],
                hive_partitioning=False,
                extra_columns="ignore",
                storage_options=options,
            )
            .filter((pl.col("zone") == window.zone) & inside)
            .select(*dict.fromkeys(("zone", "business_date", "file_hash", *needed)))
        )
    return frames


def _handed_over(frame: pl.DataFrame | Path, path: Path) -> Path:
    """Nested columns pass by Parquet: handing a frame over directly is many times slower."""
    if isinstance(frame, Path):
        return frame
    frame.write_parquet(path, compression="lz4")
    return path
