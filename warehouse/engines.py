"""DuckDB engines kept for the next use: loading and checking the extensions costs more than most questions."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import duckdb
from duckdb_extensions import import_extension

from warehouse import sql
from warehouse.home import Home

EXTENSIONS = ("ducklake", "sqlite_scanner")
#: Both may be overridden by the environment; the defaults leave room for Polars in 2 GB.
MEMORY_LIMIT = ("TONGGUAN_MEMORY_LIMIT", "1200MB")
THREADS = "TONGGUAN_THREADS"
#: Engines that wait for their next use; more are closed.
KEPT = 2

Config = tuple[tuple[str, str], ...]


@dataclass
class Engine:
    """An in-memory DuckDB with the extensions loaded; used by one caller at a time."""

    base: duckdb.DuckDBPyConnection
    config: Config
    used: bool = False


_idle: list[Engine] = []
_guard = threading.Lock()


@contextmanager
def connection(home: Home, attach: str, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own with a database attached by the statement `attach` as `name`.

    Temporary tables and settings end with it. An engine that does not come back clean (a locked
    configuration, a database that cannot be detached) is closed and not used again.
    """
    engine = _take()
    con = _prepared(engine, home, attach)
    while con is None:  # only an engine used before may fail to be fit again
        engine.base.close()
        engine = _take()
        con = _prepared(engine, home, attach)
    try:
        yield con
    finally:
        con.close()
        _give_back(engine, name)


def _prepared(engine: Engine, home: Home, attach: str) -> duckdb.DuckDBPyConnection | None:
    con = engine.base.cursor()
    try:
        con.execute(f"SET temp_directory = {sql.literal(str(home.scratch))}")
        con.execute("SET TimeZone = 'Asia/Shanghai'")
        con.execute(attach)
    except duckdb.Error:
        con.close()
        if not engine.used:
            engine.base.close()
            raise
        return None
    engine.used = True
    return con


def _take() -> Engine:
    config = _config()
    with _guard:
        for place, engine in enumerate(_idle):
            if engine.config == config:
                return _idle.pop(place)
    base = duckdb.connect(config=dict(config))
    for each in EXTENSIONS:
        import_extension(each, con=base)
        base.load_extension(each)
    return Engine(base, config)


def _give_back(engine: Engine, name: str) -> None:
    try:
        engine.base.execute(f"DETACH {sql.name(name)}")
        others = engine.base.execute(
            "SELECT database_name FROM duckdb_databases() WHERE NOT internal AND database_name <> 'memory'"
        ).fetchall()
        made = engine.base.execute(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'memory' AND NOT internal "
            "UNION ALL SELECT view_name FROM duckdb_views() WHERE database_name = 'memory' AND NOT internal "
            "UNION ALL SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory'"
        ).fetchall()
        clean = not others and not made
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
        "memory_limit": os.environ.get(MEMORY_LIMIT[0]) or MEMORY_LIMIT[1],
        "preserve_insertion_order": "false",  # ORDER BY still holds; writing needs less memory
    }
    if os.environ.get(THREADS):
        config["threads"] = os.environ[THREADS]
    return tuple(sorted(config.items()))
