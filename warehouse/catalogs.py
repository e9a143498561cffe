"""Where the catalog of the lake lies: an SQLite file in the home, or PostgreSQL for several machines.

`TONGGUAN_CATALOG=postgres://user@host:port/database` makes the installation shared (decision 0029); without it
the catalog is a file of the home. Everything that differs between the two is a method here.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import duckdb
from filelock import FileLock, Timeout

from warehouse import sql
from warehouse.home import Home

URL = "TONGGUAN_CATALOG"
#: How long a question waits for an SQLite catalog that another process holds.
BUSY_MS = 20_000

Waiting = Callable[[str], None]


class Turns(Protocol):
    """The right to write that a writer holds."""

    def turn(self, alone: bool) -> AbstractContextManager[None]:
        """Hold while one transaction runs; `alone`: no other transaction of the lake runs meanwhile."""
        ...

    def confirm(self) -> None:
        """Raise LockLostError where the right was lost, so that nothing is committed without it."""
        ...


class Catalog(Protocol):
    """What opening, locking and describing a catalog takes."""

    @property
    def extensions(self) -> tuple[str, ...]:
        """Extensions of DuckDB it needs."""
        ...

    @property
    def schema(self) -> str:
        """Schema of DuckLake's own tables inside the attached metadata database."""
        ...

    @property
    def shared(self) -> bool:
        """Whether machines share it."""
        ...

    def exists(self) -> bool:
        """Whether there is a lake to read. Raises CatalogUnreachableError."""
        ...

    def prepare(self) -> None:
        """What must be so before a writer attaches."""
        ...

    def secrets(self) -> dict[str, str]:
        """Secrets DuckDB needs to attach it: name -> the options of CREATE SECRET."""
        ...

    def attaching(self, read_only: bool, name: str) -> str:
        """The statement that attaches the lake under a name; bears no password."""
        ...

    def writing(self, zone: str | None, waiting: Waiting | None) -> AbstractContextManager[Turns]:
        """Wait for the right to write a zone (None: the whole lake), and hold it."""
        ...

    def alone(self, what: str) -> AbstractContextManager[bool]:
        """Whether no other machine does this now, nor will while the block runs; does not wait."""
        ...

    def forget_notes(self, con: duckdb.DuckDBPyConnection, kept: Sequence[str]) -> None:
        """Remove the statistics of tables and files on all columns but those with these names (warehouse.pruning)."""
        ...

    def where(self) -> str:
        """For people; bears no password."""
        ...

    def scrubbed(self, text: str) -> str:
        """A message of the catalog without its password."""
        ...

    def files(self) -> list[str]:
        """Local files a locked-down reader must be able to open."""
        ...


def of(home: Home) -> Catalog:
    """The catalog of a home. Raises SharedSettingsError where the environment names one that cannot be used."""
    url = os.environ.get(URL, "")
    if not url:
        return SqliteCatalog(home)
    from warehouse.postgres import PostgresCatalog  # its packages are an extra

    return PostgresCatalog.from_url(home, url)


def metadata(home: Home, name: str) -> str:
    """The schema with DuckLake's own tables of a lake attached as `name`."""
    return f"__ducklake_metadata_{name}.{sql.name(of(home).schema)}"


#: Catalogs that this process has put into WAL mode, by device and inode.
_in_wal_mode: set[tuple[int, int] | None] = set()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except FileNotFoundError:
        return None
    return (about.st_dev, about.st_ino)


class SqliteCatalog:
    """One directory, no server: one writer of the whole lake at a time."""

    extensions: tuple[str, ...] = ("sqlite_scanner",)
    schema = "main"
    shared = False

    def __init__(self, home: Home) -> None:
        self._home = home

    def exists(self) -> bool:
        """Whether the file is there."""
        return self._home.catalog.exists()

    def prepare(self) -> None:
        """Readers get `database is locked` unless the catalog is in WAL mode; the mode stays in the file.

        Once for a file in a process: this SQLite is not DuckDB's, and when it closes the file the process loses
        the locks that DuckDB holds on it for a thread that reads.
        """
        if _identity(self._home.catalog) in _in_wal_mode:
            return
        catalog = sqlite3.connect(self._home.catalog)
        try:
            catalog.execute("PRAGMA journal_mode=wal")
        finally:
            catalog.close()
        self._home.catalog.chmod(0o600)
        _in_wal_mode.add(_identity(self._home.catalog))

    def secrets(self) -> dict[str, str]:
        """None: it is a file."""
        return {}

    def attaching(self, read_only: bool, name: str) -> str:
        """The statement that attaches the lake under a name."""
        # The data path is given anew each time so that a home can be moved or mounted elsewhere;
        # inlining small inserts into the catalog was measured slower than small files.
        options = [
            f"DATA_PATH {sql.literal(self._home.storage.url)}",
            "OVERRIDE_DATA_PATH true",
            "DATA_INLINING_ROW_LIMIT 0",
            f"META_BUSY_TIMEOUT {BUSY_MS}",
        ]
        if read_only:
            options.append("READ_ONLY")
        return (
            f"ATTACH {sql.literal(f'ducklake:sqlite:{self._home.catalog}')} AS {name} ({', '.join(options)})"
        )

    @contextmanager
    def writing(self, zone: str | None, waiting: Waiting | None) -> Iterator[Turns]:
        """A lock file that frees itself when its holder dies; SQLite lets one write, so the zone makes no difference."""
        lock, turn = FileLock(self._home.lock), FileLock(self._home.turn)
        # Who waits holds the turn: without it a writer that comes back at once (a backfill) would find the lock
        # free before one that asks every 50 ms, again and again.
        told = not _at_once(turn)
        if told:
            self._tell(waiting, " and others who wait")
            turn.acquire()
        try:
            if not _at_once(lock):
                if not told:
                    self._tell(waiting)
                lock.acquire()
        finally:
            turn.release()
        try:
            self._home.holder.write_text(str(os.getpid()))
            yield _OnlyWriter()
        finally:
            self._home.holder.unlink(missing_ok=True)
            lock.release()

    def _tell(self, waiting: Waiting | None, others: str = "") -> None:
        if waiting:
            waiting(
                f"waiting for the writer (process {self._holder()}){others} to finish with {self._home.path}"
            )

    def _holder(self) -> str:
        try:
            return self._home.holder.read_text() or "unknown"
        except FileNotFoundError:
            return "unknown"

    @contextmanager
    def alone(self, what: str) -> Iterator[bool]:
        """No other machine has this lake; processes of this one lock files of the home."""
        yield True

    def forget_notes(self, con: duckdb.DuckDBPyConnection, kept: Sequence[str]) -> None:
        """Remove the statistics on other columns: of tables first, so that a kill in between leaves no wrong one."""
        for stats in ("ducklake_table_column_stats", "ducklake_file_column_stats"):
            con.execute(
                f"DELETE FROM __ducklake_metadata_wh.{stats} WHERE (table_id, column_id) NOT IN "
                "(SELECT (table_id, column_id) FROM __ducklake_metadata_wh.ducklake_column "
                f"WHERE parent_column IS NULL AND column_name IN ({sql.literals(kept)[1:-1]}))"
            )

    def where(self) -> str:
        """The file."""
        return str(self._home.catalog)

    def scrubbed(self, text: str) -> str:
        """As it is: a file has no password."""
        return text

    def files(self) -> list[str]:
        """The file and those SQLite keeps beside it."""
        return [f"{self._home.catalog}{suffix}" for suffix in ("", "-wal", "-shm", "-journal")]


def _at_once(lock: FileLock) -> bool:
    """Take a lock if it is free."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


class _OnlyWriter:
    """The lock file lets nobody else write at all."""

    @contextmanager
    def turn(self, alone: bool) -> Iterator[None]:
        """Nothing to wait for."""
        yield

    def confirm(self) -> None:
        """A lock on an open file cannot be lost while the process lives."""
