"""DuckDB engines kept for the next use: loading and checking the extensions costs more than most questions."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import duckdb
from duckdb_extensions import import_extension

from sources import beijing
from warehouse import sql
from warehouse.catalogs import Catalog
from warehouse.errors import CatalogUnreachableError, SharedSettingsError, WarehouseMissingError
from warehouse.home import Home

#: Loaded always; a catalog or a data path adds its own, which come as packages of the extra `shared`.
EXTENSIONS = ("ducklake",)
#: Both may be overridden by the environment; the defaults leave room for Polars in 2 GB.
MEMORY_LIMIT = ("TONGGUAN_MEMORY_LIMIT", "1200MB")
THREADS = "TONGGUAN_THREADS"
#: Rows that DuckDB gives to a thread at a time: statements over fewer gain nothing from a second thread, and
#: handing them over costs a third of the processor time of a small day (docs/decisions/0023).
ROWS_A_THREAD = 122_880
#: Engines that wait for their next use; more are closed.
KEPT = 2

Config = tuple[tuple[str, str], ...]


def fit(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Work with one thread until the connection is given back, where what follows reads so few rows."""
    if rows < ROWS_A_THREAD:
        con.execute("SET threads = 1")


@dataclass
class Engine:
    """An in-memory DuckDB with the extensions loaded; used by one caller at a time."""

    base: duckdb.DuckDBPyConnection
    config: Config
    used: bool = False
    loaded: set[str] = field(default_factory=set)


_idle: list[Engine] = []
_guard = threading.Lock()
#: What DuckLake says of a catalog, opened for reading, that nobody has come to fill.
_NO_LAKE = "creating a new DuckLake is explicitly disabled"


@contextmanager
def connection(home: Home, catalog: Catalog, attach: str, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own with a database attached by the statement `attach` as `name`.

    Temporary tables, settings and the secrets of the catalog and the data path end with it. An engine that
    does not come back clean (a locked configuration, a database that cannot be detached) is closed and not
    used again. Raises WarehouseMissingError, CatalogUnreachableError, SharedSettingsError.
    """
    secrets = {**catalog.secrets(), **home.storage.secrets()}
    engine = _take()
    con = _prepared(engine, home, catalog, secrets, attach)
    while con is None:  # only an engine used before may fail to be fit again
        engine.base.close()
        engine = _take()
        con = _prepared(engine, home, catalog, secrets, attach)
    try:
        yield con
    finally:
        con.close()
        _give_back(engine, name, secrets)


def _prepared(
    engine: Engine, home: Home, catalog: Catalog, secrets: Mapping[str, str], attach: str
) -> duckdb.DuckDBPyConnection | None:
    con = engine.base.cursor()
    try:
        _load(engine, (*EXTENSIONS, *catalog.extensions, *home.storage.extensions))
        con.execute(f"SET temp_directory = {sql.literal(str(home.scratch))}")
        con.execute(f"SET TimeZone = {sql.literal(beijing.NAME)}")
        for secret, options in secrets.items():
            con.execute(f"CREATE OR REPLACE TEMPORARY SECRET {sql.name(secret)} ({options})")
        con.execute(attach)
    except (duckdb.Error, SharedSettingsError) as error:
        con.close()
        if engine.used and isinstance(error, duckdb.Error):
            return None
        engine.base.close()
        if _NO_LAKE in str(error):
            raise half_made(catalog) from None
        if not catalog.shared or isinstance(error, SharedSettingsError):
            raise
        # Not `from error`: what DuckDB tells of a failed statement may hold more than it should.
        raise _why(catalog, str(error)) from None
    engine.used = True
    return con


def half_made(catalog: Catalog) -> WarehouseMissingError:
    """The first run, which was to make the lake, was stopped meanwhile."""
    return WarehouseMissingError(
        f"no whole warehouse in {catalog.where()} yet: the run that was making it was stopped; run it again"
    )


def _why(catalog: Catalog, reason: str) -> Exception:
    """A shared lake that cannot be attached, in a sentence."""
    if not catalog.exists():
        return WarehouseMissingError(
            f"no warehouse in {catalog.where()}: run `tongguan run` first, or check TONGGUAN_CATALOG"
        )
    told = catalog.scrubbed(reason)
    if "does not match existing data path" in told:
        return SharedSettingsError(
            f"TONGGUAN_DATA is not what the other machines of {catalog.where()} have: {told.splitlines()[0]}"
        )
    return CatalogUnreachableError(f"{catalog.where()} cannot be opened: {told}")


def _load(engine: Engine, extensions: Iterable[str]) -> None:
    fresh = [each for each in extensions if each not in engine.loaded]
    load(engine.base, fresh)
    engine.loaded.update(fresh)


def load(con: duckdb.DuckDBPyConnection, extensions: Iterable[str]) -> None:
    """Load extensions from their packages. Raises SharedSettingsError where one is not installed."""
    for each in extensions:
        try:
            import_extension(each, con=con)
        except ImportError as error:
            raise SharedSettingsError(
                f"the package duckdb-extension-{each.replace('_', '-')} is missing: install the extra `shared` "
                "(`uv sync --extra shared` with the other extras in use)"
            ) from error
        con.load_extension(each)
        if each == "sqlite_scanner":
            # Scans in parallel are cut by the greatest row number of the transaction's beginning: a reader that began
            # before small files were merged would miss the merged ones, without an error (docs/decisions/0024).
            con.execute("SET GLOBAL sqlite_disable_multithreaded_scans = true")


def _take() -> Engine:
    config = _config()
    with _guard:
        for place, engine in enumerate(_idle):
            if engine.config == config:
                return _idle.pop(place)
    return Engine(duckdb.connect(config=dict(config)), config)


def _give_back(engine: Engine, name: str, secrets: Iterable[str]) -> None:
    try:
        engine.base.execute(f"DETACH {sql.name(name)}")
        for each in secrets:
            engine.base.execute(f"DROP TEMPORARY SECRET {sql.name(each)}")
        others = engine.base.execute(
            "SELECT database_name FROM duckdb_databases() WHERE NOT internal AND database_name <> 'memory'"
        ).fetchall()
        made = engine.base.execute(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'memory' AND NOT internal "
            "UNION ALL SELECT view_name FROM duckdb_views() WHERE database_name = 'memory' AND NOT internal "
            "UNION ALL SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory'"
        ).fetchall()
        clean = not others and not made
        own = dict(engine.config).get("threads")
        engine.base.execute(f"SET threads = {own}" if own else "RESET threads")
        # Switching the cache off empties it: a file rewritten under its name must not give stale rows.
        engine.base.execute("SET enable_external_file_cache = false")
        engine.base.execute("SET enable_external_file_cache = true")
    except duckdb.Error:
        clean = False
    with _guard:
        if clean and len(_idle) < KEPT:
            _idle.append(engine)
            return
    with suppress(duckdb.Error):
        engine.base.close()


def _config() -> Config:
    config = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_persistent_secrets": "false",
        "memory_limit": os.environ.get(MEMORY_LIMIT[0]) or MEMORY_LIMIT[1],
        "preserve_insertion_order": "false",  # ORDER BY still holds; writing needs less memory
    }
    if os.environ.get(THREADS):
        config["threads"] = os.environ[THREADS]
    return tuple(sorted(config.items()))
