"""Taking an embedded lake to the shared place the environment names: every file, every snapshot, nothing recomputed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse import catalogs, engines, sql
from warehouse.catalogs import Catalog, SqliteCatalog, Waiting
from warehouse.errors import SharedSettingsError, WarehouseMissingError
from warehouse.home import Home
from warehouse.storage import Storage

_TARGET, _SOURCE = "target_tables", "source_tables"


@dataclass(frozen=True)
class Moved:
    """What was copied; the embedded lake stays as it is."""

    files: int
    bytes: int
    snapshots: int
    catalog: str
    data: str


def move(
    home: Home, waiting: Waiting | None = None, progress: Callable[[int, int], None] | None = None
) -> Moved:
    """Copy the data files and then, in one transaction, the catalog of the home to TONGGUAN_CATALOG and TONGGUAN_DATA.

    Both lakes are locked meanwhile. A copy that was interrupted goes on where it was; files are compared by size.
    Raises WarehouseMissingError where the home has no lake of its own, SharedSettingsError where the environment
    names no shared catalog, or one that holds a lake already.
    """
    old, new = SqliteCatalog(home), catalogs.of(home)
    if not new.shared:
        raise SharedSettingsError(
            f"{catalogs.URL} names no shared catalog: set it and TONGGUAN_DATA as docs/operations/shared.md says"
        )
    if not old.exists():
        raise WarehouseMissingError(f"there is no embedded warehouse in {home.path} to move")
    home.prepare()
    with old.writing(None, waiting), new.writing(None, waiting):
        files, size = _copy_files(home.data, home.storage, progress)
        attach = new.attaching(read_only=False, name="wh")  # makes DuckLake's tables where there are none
        with engines.connection(home, new, attach, "wh") as con:
            engines.load(con, old.extensions)
            snapshots = _copy_catalog(con, home, new)
    return Moved(files, size, snapshots, new.where(), home.storage.url)


def _copy_files(data: Path, storage: Storage, progress: Callable[[int, int], None] | None) -> tuple[int, int]:
    files = sorted(each for each in data.rglob("*") if each.is_file())
    total = 0
    for done, path in enumerate(files, 1):
        relative, size = path.relative_to(data).as_posix(), path.stat().st_size
        if storage.size(relative) != size:
            storage.put(path, relative)
        total += size
        if progress:
            progress(done, len(files))
    return len(files), total


def _copy_catalog(con: duckdb.DuckDBPyConnection, home: Home, catalog: Catalog) -> int:
    con.execute(f"ATTACH {sql.literal(home.catalog)} AS {_SOURCE} (TYPE sqlite, READ_ONLY)")
    con.execute(
        f"ATTACH '' AS {_TARGET} (TYPE postgres, SECRET tongguan_catalog, SCHEMA {sql.literal(catalog.schema)})"
    )
    schema = f"{_TARGET}.{sql.name(catalog.schema)}"
    try:
        if con.execute(f"SELECT 1 FROM {schema}.ducklake_table LIMIT 1").fetchone():
            raise SharedSettingsError(
                f"{catalog.where()} holds a warehouse already: name another schema or database"
            )
        con.begin()
        for table, columns in _tables(con).items():
            cast = ", ".join(
                f"CAST({sql.name(each)} AS {kind}) AS {sql.name(each)}" for each, kind in columns.items()
            )
            con.execute(f"DELETE FROM {schema}.{sql.name(table)}")
            con.execute(
                f"INSERT INTO {schema}.{sql.name(table)} BY NAME SELECT {cast} FROM {_SOURCE}.{sql.name(table)}"
            )
        con.execute(
            f"UPDATE {schema}.ducklake_metadata SET value = {sql.literal(home.storage.url)} WHERE key = 'data_path'"
        )
        con.commit()
        row = con.execute(f"SELECT count(*) FROM {schema}.ducklake_snapshot").fetchone()
        return int(row[0]) if row else 0
    finally:
        con.execute(f"DETACH {_SOURCE}")
        con.execute(f"DETACH {_TARGET}")


def _tables(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """DuckLake's own tables with their columns and the types PostgreSQL has for them."""
    rows = con.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        f"WHERE database_name = {sql.literal(_TARGET)} AND table_name LIKE 'ducklake%' "
        "ORDER BY table_name, column_index"
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return found
