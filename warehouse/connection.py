"""Opening the lake: one writer at a time, readers whenever they like, one way to commit."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import duckdb

from warehouse import catalogs, engines, migrations, pruning, sql
from warehouse.errors import WarehouseMissingError
from warehouse.home import Home

T = TypeVar("T")
log = logging.getLogger(__name__)
_known_as_migrated: set[str] = set()

#: A writer that finds the catalog busy, or loses against another transaction, tries again this often.
COMMIT_ATTEMPTS = 6
#: From this attempt on a shared lake lets no other transaction run beside it.
ALONE_FROM = 3
#: What SQLite, DuckLake and PostgreSQL say when somebody else was quicker.
_PASSING = (
    *("database is locked", "transaction conflict", "conflict on", "exceeded the maximum retry count"),
    *("could not serialize access", "deadlock detected", "duplicate key value"),
)


class Lake:
    """An open warehouse: `con` is a DuckDB connection with the lake attached as `wh`."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, home: Home, turns: catalogs.Turns | None = None
    ) -> None:
        self.con = con
        self.home = home
        self._turns = turns
        self._committed = False

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing."""
        return self._turns is not None

    @classmethod
    @contextmanager
    def write(
        cls, home: Home, waiting: Callable[[str], None] | None = None, *, zone: str | None = None
    ) -> Iterator[Lake]:
        """The warehouse for writing one zone (None: all of it), created and migrated where needed.

        Writers of one zone queue, on a lock that frees itself when its holder dies; in a shared installation
        those of different zones do not, in an embedded one all of them do. Whoever reads and writes in
        several transactions that belong together does so inside one block. `waiting` is told whom one waits for.
        """
        home.prepare()
        catalog = catalogs.of(home)
        if zone is not None and catalog.shared and not (catalog.exists() and _migrated(home)):
            with cls.write(home, waiting):
                pass  # made and migrated with the whole lake to itself
        with catalog.writing(zone, waiting) as turns:
            catalog.prepare()
            with engines.connection(
                home, catalog, catalog.attaching(read_only=False, name="wh"), "wh"
            ) as con:
                lake = cls(con, home, turns)
                migrations.apply(lake)
                yield lake
                if lake._committed:
                    pruning.forget_the_rest(lake)

    @classmethod
    @contextmanager
    def read(cls, home: Home) -> Iterator[Lake]:
        """The warehouse for reading; never waits for a writer.

        Raises WarehouseMissingError, also where the first run was stopped before it had made all tables.
        """
        with attached(home) as con:
            lake = cls(con, home)
            if not _complete(lake):
                raise engines.half_made(catalogs.of(home))
            yield lake

    @contextmanager
    def transaction(
        self, author: str, message: str, run_id: str, *, alone: bool = False
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """The one way to commit: everything inside becomes one snapshot or nothing.

        Author, message and run id stand in the snapshot. A body that changes nothing leaves no
        snapshot. Rolls back on any error. `alone`: no other transaction runs meanwhile. Raises LockLostError
        before the commit where the right to write was lost on the way.
        """
        if self._turns is None:
            raise PermissionError("the warehouse was opened for reading")
        with self._turns.turn(alone):
            self.con.begin()
            try:
                self.con.execute(
                    f"CALL wh.set_commit_message({sql.literal(author)}, {sql.literal(message)}, "
                    f"extra_info => {sql.literal(json.dumps({'run_id': run_id}))})"
                )
                yield self.con
                self._turns.confirm()
                self.con.commit()
                self._committed = True
            except BaseException:
                with suppress(duckdb.Error):  # a failed commit has already ended the transaction
                    self.con.rollback()
                raise

    def commit(
        self,
        author: str,
        message: str,
        run_id: str,
        work: Callable[[duckdb.DuckDBPyConnection], T],
        *,
        alone: bool = False,
    ) -> T:
        """`transaction` around `work`, run again from the start where the catalog was busy or another was quicker.

        What `work` found before it began must be what only the holder of this lock changes. `alone`: it changes what
        writers of other zones change too.
        """
        for attempt in range(1, COMMIT_ATTEMPTS + 1):
            try:
                with self.transaction(author, message, run_id, alone=alone or attempt >= ALONE_FROM) as con:
                    return work(con)
            except duckdb.Error as error:
                if attempt == COMMIT_ATTEMPTS or not _passes(error):
                    raise
                log.info("%s: another was quicker, beginning again (attempt %s)", message, attempt)
                time.sleep(min(5.0, 0.1 * 2**attempt) * random.uniform(0.5, 1.5))
        raise AssertionError("unreachable")

    def snapshot(self) -> int:
        """Number of the newest snapshot."""
        row = self.con.execute("SELECT max(snapshot_id) FROM wh.snapshots()").fetchone()
        return int(row[0]) if row else 0


def _migrated(home: Home) -> bool:
    """Whether every migration this code knows is applied; asked once a process, since none is ever taken back."""
    if catalogs.of(home).where() in _known_as_migrated:
        return True
    with attached(home) as con:
        return _all_applied(home, migrations.applied(con))


def _all_applied(home: Home, done: set[int]) -> bool:
    if not migrations.registered().keys() <= done:
        return False
    _known_as_migrated.add(catalogs.of(home).where())
    return True


def _complete(lake: Lake) -> bool:
    """Whether it has all its tables, be it those of an older release: not so where migrations are missing and
    were all that was ever committed."""
    if catalogs.of(lake.home).where() in _known_as_migrated:
        return True
    done = migrations.applied(lake.con)
    return _all_applied(lake.home, done) or lake.snapshot() > len(done)


def ready(home: Home) -> bool:
    """Whether the lake is there with all its tables: a first run that was killed leaves half of one."""
    try:
        return catalogs.of(home).exists() and _migrated(home)
    except (duckdb.Error, WarehouseMissingError):
        return False  # who opens it for writing then makes the rest of it, or is told what is wrong


def required(home: Home) -> None:
    """Raise WarehouseMissingError where there is no lake: opening one for writing would make it."""
    catalog = catalogs.of(home)
    if not catalog.exists():
        raise _missing(home, catalog)


@contextmanager
def attached(home: Home, name: str = "wh") -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the lake attached for reading under a name.

    Raises WarehouseMissingError, CatalogUnreachableError, SharedSettingsError.
    """
    catalog = catalogs.of(home)
    if not catalog.shared and not catalog.exists():
        raise _missing(home, catalog)
    home.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with engines.connection(home, catalog, catalog.attaching(read_only=True, name=name), name) as con:
        yield con


def _missing(home: Home, catalog: catalogs.Catalog) -> WarehouseMissingError:
    if catalog.shared:
        return WarehouseMissingError(
            f"no warehouse in {catalog.where()}: run `tongguan run` first, or check {catalogs.URL}"
        )
    return WarehouseMissingError(
        f"no warehouse in {home.path}: run `tongguan demo` or `tongguan run` first, or set TONGGUAN_HOME"
    )


def _passes(error: duckdb.Error) -> bool:
    """Whether the same work may succeed a moment later."""
    text = str(error).lower()
    return any(sign in text for sign in _PASSING)
