"""Numbered changes of the lake's schema, each applied once, in order, with its record.

A migration is a function of a connection in a module `m<number>_<name>.py`, registered with
`@migration(number, name)`. It and its row in ledger.migrations are one transaction.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import duckdb

from warehouse import sql
from warehouse.errors import NewerWarehouseError

if TYPE_CHECKING:
    from warehouse.connection import Lake

Migration = Callable[[duckdb.DuckDBPyConnection], None]
_REGISTRY: dict[int, tuple[str, Migration]] = {}


def migration(number: int, name: str) -> Callable[[Migration], Migration]:
    """Register a migration; a number used twice is an error."""

    def register(function: Migration) -> Migration:
        if number in _REGISTRY and _REGISTRY[number][1] is not function:
            raise ValueError(f"migration {number} is declared twice")
        _REGISTRY[number] = (name, function)
        return function

    return register


def registered() -> dict[int, tuple[str, Migration]]:
    """All migrations by number, in order."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_REGISTRY.items()))


def applied(con: duckdb.DuckDBPyConnection) -> set[int]:
    """Numbers already applied; none in an empty lake."""
    try:  # asking duckdb_tables() first is 20 times slower: it counts the rows of every table
        rows = con.execute("SELECT number FROM wh.ledger.migrations").fetchall()
    except duckdb.CatalogException:
        return set()
    return {number for (number,) in rows}


def apply(lake: Lake) -> list[int]:
    """Apply what is missing and say which; nothing missing leaves no snapshot.

    Raises NewerWarehouseError where a newer release has changed the lake: what this one wrote might not fit.
    """
    done = applied(lake.con)
    if unknown := done - registered().keys():
        raise NewerWarehouseError(
            f"a newer release has changed this warehouse (its migrations {sorted(unknown)} are unknown here): run that "
            "release, or go back to the backup taken before it (docs/operations/runbook.md, upgrade and rollback). "
            "Reading still works"
        )
    fresh = []
    for number, (name, function) in registered().items():
        if number in done:
            continue
        lake.commit(
            "tongguan",
            f"migration {number}: {name}",
            f"migration-{number}",
            _recorded(number, name, function),
        )
        fresh.append(number)
    return fresh


def _recorded(number: int, name: str, function: Migration) -> Migration:
    def work(con: duckdb.DuckDBPyConnection) -> None:
        function(con)
        con.execute(
            f"INSERT INTO wh.ledger.migrations VALUES ({number}, {sql.literal(name)}, current_localtimestamp())"
        )

    return work
