"""Temporary tables of a connection, filled by a query.

One that is dropped inside a transaction keeps its memory until the transaction ends.
"""

from __future__ import annotations

import duckdb


def fill(con: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    """Make (or replace) the temporary table `name` with the rows of a query."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")


def drop(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Free the memory of what is not looked at any more."""
    for name in names:
        con.execute(f"DROP TABLE {name}")
