"""What the catalog says of its commits and files, as entries of the log and for comparison with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse import catalogs
from warehouse.connection import Lake
from warehouse.record.rows import noted

#: Author of the commits that keep checkpoints: alone they are no reason for another.
SEALER = "tongguan seal"


@dataclass(frozen=True)
class LiveFile:
    """A Parquet file of the lake: rows, or rows deleted. `path` is relative to the data folder."""

    id: int
    begin: int
    path: str
    bytes: int
    rows: int


def snapshots(con: duckdb.DuckDBPyConnection, after: int) -> list[dict[str, Any]]:
    """Commits with a greater number, in order: snapshot, time (UTC), author, message, run_id."""
    rows = con.execute(
        "SELECT snapshot_id, CAST(epoch_us(snapshot_time) AS VARCHAR), author, commit_message, "
        "commit_extra_info ->> '$.run_id' "
        f"FROM wh.snapshots() WHERE snapshot_id > {after} ORDER BY 1"
    ).fetchall()
    return [
        {"snapshot": number, "time_us": int(at), "author": author, "message": message, "run_id": run_id}
        for number, at, author, message, run_id in rows
    ]


def files(lake: Lake, after: int = -1) -> list[LiveFile]:
    """Files the catalog refers to, with a greater number, in the order in which they were added."""
    found, metadata = [], catalogs.metadata(lake.home, "wh")
    for table, key, rows in (
        ("ducklake_data_file", "data_file_id", "record_count"),
        ("ducklake_delete_file", "delete_file_id", "delete_count"),
    ):
        found += lake.con.execute(
            f"SELECT f.{key}, f.begin_snapshot, {_path('f')}, f.file_size_bytes, f.{rows} FROM {metadata}.{table} f "
            f"JOIN {metadata}.ducklake_table t USING (table_id) JOIN {metadata}.ducklake_schema s USING (schema_id) "
            f"WHERE f.{key} > {after} QUALIFY row_number() OVER (PARTITION BY f.{key} ORDER BY t.begin_snapshot DESC) = 1"
        ).fetchall()
    return [LiveFile(*row) for row in sorted(found)]


def gone(lake: Lake, after: int) -> dict[int, str]:
    """Files merged away before they were logged: number -> path."""
    rows = lake.con.execute(
        f"SELECT data_file_id, path FROM {catalogs.metadata(lake.home, 'wh')}.ducklake_files_scheduled_for_deletion "
        f"WHERE data_file_id > {after} ORDER BY 1"
    ).fetchall()
    return dict(rows)


def replaced(lake: Lake) -> list[str]:
    """Paths of files that nothing refers to any more and that wait for their readers before they are removed."""
    rows = lake.con.execute(
        f"SELECT path FROM {catalogs.metadata(lake.home, 'wh')}.ducklake_files_scheduled_for_deletion ORDER BY 1"
    ).fetchall()
    return [path for (path,) in rows]


def entries(lake: Lake, index: int, last: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """Entries for the commits since the last one logged; none where only checkpoints were kept since.

    Only files that are new since are hashed. A file whose own commit was logged before (merging gives a new
    file the number of an old commit) stands in the newest entry, with the rows that every table then has.
    """
    # In this order, since others may commit meanwhile: a file seen here belongs to a commit seen after it, one
    # that is replaced in between stands in both lists, and one that is too late for both is in the next seal.
    after = last["file_id"] if last else -1
    live, lost = files(lake, after), gone(lake, after)
    new = snapshots(lake.con, last["snapshot"] if last else -1)
    if all(each["author"] == SEALER for each in new):
        return
    numbers = {each["snapshot"] for each in new}
    newest = new[-1]["snapshot"]
    seen = after
    for at, commit in enumerate(new, index):
        own = [
            each for each in live if (each.begin if each.begin in numbers else newest) == commit["snapshot"]
        ]
        seen = max([seen, *(each.id for each in own)])
        is_last = commit["snapshot"] == newest
        yield {
            "index": at,
            **commit,
            "files": [
                {
                    "path": each.path,
                    "bytes": each.bytes,
                    "rows": each.rows,
                    "sha256": lake.home.storage.sha256(each.path),
                }
                for each in own
            ],
            # Merged away and replaced before this seal: their rows are in a file of these entries.
            "gone": list(lost.values()) if is_last else [],
            "file_id": max([seen, *lost]) if is_last else seen,
            **(noted(lake, newest, last) if is_last else {}),
        }


def _path(file: str) -> str:
    """Relative path of a file: schema, table and own part, each unless the next is absolute already."""
    return f"CASE WHEN {file}.path_is_relative THEN s.path || t.path || {file}.path ELSE {file}.path END"
