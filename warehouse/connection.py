"""Opening the lake: one writer at a time, readers whenever they like, one way to commit."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import duckdb
from filelock import FileLock, Timeout

from warehouse import engines, migrations, sql
from warehouse.errors import WarehouseMissingError
from warehouse.home import Home

T = TypeVar("T")

#: A writer that finds the catalog busy (maintenance, another tool) tries again this often.
COMMIT_ATTEMPTS = 6
CATALOG_BUSY_MS = 20_000


class Lake:
    """An open warehouse: `con` is a DuckDB connection with the lake attached as `wh`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, home: Home, writable: bool) -> None:
        self.con = con
        self.home = home
        self.writable = writable

    @classmethod
    @contextmanager
    def write(cls, home: Home, waiting: Callable[[str], None] | None = None) -> Iterator[Lake]:
        """The warehouse for writing, created and migrated where needed.

        Writers queue on a lock file that frees itself when its holder dies; `waiting` is told whom
        one waits for.
        """
        home.prepare()
        with _writer_lock(home, waiting):
            _wal_catalog(home)
            with engines.connection(home, _attaching(home, read_only=False), "wh") as con:
                lake = cls(con, home, writable=True)
                migrations.apply(lake)
                yield lake

    @classmethod
    @contextmanager
    def read(cls, home: Home) -> Iterator[Lake]:
        """The warehouse for reading; never waits for a writer. Raises WarehouseMissingError."""
        with attached(home) as con:
            yield cls(con, home, writable=False)

    @contextmanager
    def transaction(self, author: str, message: str, run_id: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """The one way to commit: everything inside becomes one snapshot or nothing.

        Author, message and run id stand in the snapshot. A body that changes nothing leaves no
        snapshot. Rolls back on any error.
        """
        self.con.begin()
        try:
            self.con.execute(
                f"CALL wh.set_commit_message({sql.literal(author)}, {sql.literal(message)}, "
                f"extra_info => {sql.literal(json.dumps({'run_id': run_id}))})"
            )
            yield self.con
            self.con.commit()
        except BaseException:
            with suppress(duckdb.Error):  # a failed commit has already ended the transaction
                self.con.rollback()
            raise

    def commit(
        self, author: str, message: str, run_id: str, work: Callable[[duckdb.DuckDBPyConnection], T]
    ) -> T:
        """`transaction` around `work`, run again from the start where the catalog was busy."""
        for attempt in range(1, COMMIT_ATTEMPTS + 1):
            try:
                with self.transaction(author, message, run_id) as con:
                    return work(con)
            except duckdb.Error as error:
                if attempt == COMMIT_ATTEMPTS or not _passes(error):
                    raise
                time.sleep(min(5.0, 0.1 * 2**attempt) * random.uniform(0.5, 1.5))
        raise AssertionError("unreachable")

    def snapshot(self) -> int:
        """Number of the newest snapshot."""
        row = self.con.execute("SELECT max(snapshot_id) FROM wh.snapshots()").fetchone()
        return int(row[0]) if row else 0


@contextmanager
def attached(home: Home, name: str = "wh") -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the lake attached for reading under a name. Raises WarehouseMissingError."""
    if not home.catalog.exists():
        raise WarehouseMissingError(
            f"no warehouse in {home.path}: run `tongguan demo` or `tongguan run` first, or set TONGGUAN_HOME"
        )
    with engines.connection(home, _attaching(home, read_only=True, name=name), name) as con:
        yield con


def _passes(error: duckdb.Error) -> bool:
    """Whether the same work may succeed a moment later."""
    text = str(error).lower()
    return any(sign in text for sign in ("database is locked", "transaction conflict", "conflict on"))


@contextmanager
def _writer_lock(home: Home, waiting: Callable[[str], None] | None) -> Iterator[None]:
    lock = FileLock(home.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if waiting:
            waiting(f"waiting for the writer (process {_holder(home)}) to finish with {home.path}")
        lock.acquire()
    try:
        home.holder.write_text(str(os.getpid()))
        yield
    finally:
        home.holder.unlink(missing_ok=True)
        lock.release()


def _holder(home: Home) -> str:
    try:
        return home.holder.read_text() or "unknown"
    except FileNotFoundError:
        return "unknown"


def _wal_catalog(home: Home) -> None:
    """Readers get `database is locked` unless the catalog is in WAL mode; the mode stays in the file."""
    catalog = sqlite3.connect(home.catalog)
    try:
        catalog.execute("PRAGMA journal_mode=wal")
    finally:
        catalog.close()
    home.catalog.chmod(0o600)


def _attaching(home: Home, read_only: bool, name: str = "wh") -> str:
    # The data path is given anew each time so that a home can be moved or mounted elsewhere;
    # inlining small inserts into the catalog was measured slower than small files.
    options = [
        f"DATA_PATH {sql.literal(_slash(home.data))}",
        "OVERRIDE_DATA_PATH true",
        "DATA_INLINING_ROW_LIMIT 0",
        f"META_BUSY_TIMEOUT {CATALOG_BUSY_MS}",
    ]
    if read_only:
        options.append("READ_ONLY")
    return f"ATTACH {sql.literal(f'ducklake:sqlite:{home.catalog}')} AS {name} ({', '.join(options)})"


def _slash(path: Path) -> str:
    return f"{path}/"
