"""The lake in memory: the same tables and statements without DuckLake, for tests of hundreds of small histories.

Only what DuckLake adds is left out: commit messages, partitions, the list of data files (so a first load is
searched like any other). The warehouse's own SQL runs as it is. A few tests run both ways, so that what is shown
here holds for the real lake too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest

from warehouse import Home, Lake, migrations
from warehouse.window import Batches


class _Connection:
    """A connection that passes over what a plain DuckDB database has no word for."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    def execute(self, statement: str, *parameters: object) -> duckdb.DuckDBPyConnection:
        if " SET PARTITIONED BY " in statement:
            return self.con
        return self.con.execute(statement, *parameters)

    def __getattr__(self, name: str) -> object:
        return getattr(self.con, name)


class MemoryLake(Lake):
    """A lake whose `wh` is a database in memory."""

    def __init__(self, home: Home) -> None:
        con = duckdb.connect(config={"threads": "1", "preserve_insertion_order": "false"})
        con.execute("SET TimeZone = 'Asia/Shanghai'")
        con.execute("SET python_enable_replacements = false")
        con.execute("ATTACH ':memory:' AS wh")
        super().__init__(_Connection(con), home)
        self.commits = 0
        migrations.apply(self)

    @contextmanager
    def transaction(
        self, author: str, message: str, run_id: str, *, alone: bool = False
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        self.con.begin()
        try:
            yield self.con
            self.con.commit()
        except BaseException:
            self.con.rollback()
            raise
        self.commits += 1

    def snapshot(self) -> int:
        return self.commits


@contextmanager
def in_memory(home: Home) -> Iterator[MemoryLake]:
    """A lake in memory; while it is open no load counts as a first one, which would read data files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Batches, "alone", lambda *_: False)
        yield MemoryLake(home)
