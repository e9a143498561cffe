"""Read-only questions to the live warehouse, also while a run writes.

One SELECT-like statement, over the lake only: the connection is read-only and may open nothing but the
data folder and the catalog, and only functions that read are let through. (DuckDB itself would allow
`COPY ... TO` inside the data folder and the lake's maintenance functions, which delete files.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

from warehouse import catalogs, sql
from warehouse.connection import Lake
from warehouse.errors import QueryFailedError, QueryRefusedError
from warehouse.home import Home

#: Table functions a question may use; everything else in the function list of DuckDB opens files,
#: changes settings or maintains the lake.
TABLE_FUNCTIONS = frozenset(
    {
        *("range", "generate_series", "unnest", "repeat"),
        *("snapshots", "ducklake_snapshots", "table_changes", "table_insertions", "table_deletions"),
        *("duckdb_tables", "duckdb_columns", "duckdb_views", "duckdb_schemas", "duckdb_functions"),
        *("duckdb_keywords", "pragma_table_info", "pragma_version"),
    }
)
PRAGMAS = re.compile(
    r"\s*pragma\s+(table_info\s*\(\s*'[\w.\"]+'\s*\)|show_tables|version)\s*;?\s*", re.IGNORECASE
)
_EXPLAIN = re.compile(r"\s*explain\s+(analyze\s+)?(\([^)]*\)\s*)?", re.IGNORECASE)


def run(home: Home, statement: str) -> pa.Table:
    """The answer to one question. Names work as in the lake: documents.import_lists, core.lists, metrics.volume_daily.

    Raises QueryRefusedError for anything but one statement that only reads, QueryFailedError with DuckDB's
    explanation where it cannot be answered, WarehouseMissingError where there is nothing to ask.
    """
    with Lake.read(home) as lake:
        lock_down(lake.con, home)
        return ask(lake.con, statement)


def ask(con: duckdb.DuckDBPyConnection, statement: str) -> pa.Table:
    """One question on a connection that is locked down."""
    check(con, statement)
    try:
        return con.execute(statement).to_arrow_table()
    except duckdb.PermissionException as error:
        raise QueryRefusedError(
            "a question may read the warehouse only, no files or other databases"
        ) from error
    except duckdb.Error as error:
        raise QueryFailedError(str(error).strip()) from error


def check(con: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Raise QueryRefusedError unless this is one statement that only reads."""
    try:
        statements = duckdb.extract_statements(statement)
    except duckdb.Error as error:
        raise QueryFailedError(str(error).strip()) from error
    if len(statements) != 1:
        raise QueryRefusedError(
            f"one statement at a time: this has {len(statements)} "
            "(a PIVOT counts as several unless it lists its values with IN)"
        )
    kind = statements[0].type
    if kind == duckdb.StatementType.EXPLAIN:
        check(con, _EXPLAIN.sub("", statement, count=1))
        return
    if kind != duckdb.StatementType.SELECT:
        raise QueryRefusedError(
            f"{kind.name} is not allowed: ask with SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN"
        )
    if PRAGMAS.fullmatch(statement):
        return
    row = con.execute(f"SELECT json_serialize_sql({sql.literal(statement)})").fetchone()
    tree = json.loads(row[0]) if row else {"error": True}
    if tree["error"]:
        raise QueryRefusedError("this statement is not allowed: ask with SELECT, DESCRIBE, SHOW or SUMMARIZE")
    for name in _table_functions(tree):
        if name.lower() not in TABLE_FUNCTIONS:
            raise QueryRefusedError(
                f"the function {name}() is not allowed: a question may read the warehouse only"
            )


def _table_functions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "TABLE_FUNCTION":
            yield node["function"]["function_name"]
        for each in node.values():
            yield from _table_functions(each)
    elif isinstance(node, list):
        for each in node:
            yield from _table_functions(each)


def lock_down(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Leave a connection nothing but the lake to read; cannot be undone.

    A shared catalog is a connection that is open already. What the login and the keys of this machine may do
    beyond reading is for PostgreSQL and the bucket to refuse: docs/operations/shared.md.
    """
    for setting in (
        "USE wh",
        "SET python_enable_replacements = false",  # names must not mean variables of this program
        f"SET allowed_directories = {sql.literals([home.storage.url])}",
        f"SET allowed_paths = {sql.literals(catalogs.of(home).files())}",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        con.execute(setting)
