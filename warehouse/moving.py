"""Taking an embedded lake to the shared place the environment names: every file, every snapshot, nothing recomputed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse import catalogs, engines, sql
from warehouse.catalogs import Catalog, SqliteCatalog, Waiting
from warehouse.errors import SharedSettingsError, WarehouseMissingError
from warehouse.home import Home
from warehouse.storage import URL, Folder, Storage

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
    home: Home,
    waiting: Waiting | None = None,
    progress: Callable[[int, int], None] | None = None,
    data: Path | None = None,
) -> Moved:
    """Copy the data files and then, in one transaction, the catalog of the home to TONGGUAN_CATALOG and TONGGUAN_DATA.

    `data`: the folder the files lie in, where that is not the home's own. Both lakes are locked meanwhile. A copy
    that was interrupted goes on where it was; files are compared by size. Raises WarehouseMissingError where the home
    has no lake of its own or a file that its catalog names is in neither place, SharedSettingsError where the
    environment names no shared catalog, or one that holds a lake already.
    """
    source = home.data if data is None else data.absolute()
    old, new = SqliteCatalog(home), catalogs.of(home)
    if not new.shared:
        raise SharedSettingsError(
            f"{catalogs.URL} names no shared catalog: set it and TONGGUAN_DATA as docs/operations/shared.md says"
        )
    if not old.exists():
        raise WarehouseMissingError(f"there is no embedded warehouse in {home.path} to move")
    home.prepare()
    with old.writing(None, waiting), new.writing(None, waiting):
        _all_there(home, source)
        files, size = _copy_files(source, home.storage, progress)
        attach = new.attaching(read_only=False, name="wh")  # makes DuckLake's tables where there are none
        with engines.connection(home, new, attach, "wh") as con:
            engines.load(con, old.extensions)
            snapshots = _copy_catalog(con, home, new)
    return Moved(files, size, snapshots, new.where(), home.storage.url)


def _all_there(home: Home, source: Path) -> None:
    """Every file the catalog names lies in the folder, or was copied already: else the moved lake would lack it."""
    here, there = Folder(source), home.storage
    for path, size in _named(home.catalog):
        if here.size(path) != size and there.size(path) != size:
            raise WarehouseMissingError(
                f"the catalog of {home.path} names the data file {path} ({size:,} bytes), and it lies neither in {source} "
                f"nor in {there.url}; nothing was moved. If {URL} named another folder until now, give that one as --data; "
                "else put the file back from the backup"
            )


def _named(catalog: Path) -> list[tuple[str, int]]:
    """Files of rows and of deletions that a catalog refers to, with their bytes."""
    path = "CASE WHEN f.path_is_relative THEN s.path || t.path || f.path ELSE f.path END"
    with closing(sqlite3.connect(f"{catalog.as_uri()}?mode=ro", uri=True)) as con:
        return con.execute(
            " UNION ".join(
                f"SELECT {path}, f.file_size_bytes FROM {table} f "
                "JOIN ducklake_table t USING (table_id) JOIN ducklake_schema s USING (schema_id)"
                for table in ("ducklake_data_file", "ducklake_delete_file")
            )
            + " ORDER BY 1"
        ).fetchall()


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
    except BaseException:
        with suppress(duckdb.Error):  # it may have ended already; what went wrong is what is to be told
            con.rollback()
        raise
    finally:
        for each in (_SOURCE, _TARGET):
            with suppress(duckdb.Error):  # a lost server fails here too, after the error to tell
                con.execute(f"DETACH {each}")


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
