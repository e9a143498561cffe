"""DuckDB for Great Expectations: the shim that lets checks run inside the database.

`duckdb_engine` alone is not enough. Great Expectations fetches after it commits, and DuckDB drops rows
that were not fetched before a commit, so every metric would come back empty with nothing raised; and
reflection through pg_catalog does not know DuckDB's types. Here each result is fetched when its statement
is executed, and reflection reads `duckdb_columns()`.

Traps that stay with the caller:

- the dialect calls itself `postgresql` (Great Expectations knows no `duckdb`), so regular expressions
  arrive as `~`, which in DuckDB matches the WHOLE value: write whole patterns (`.*x.*`, not `x`);
- every row of a statement is held in memory: ask for counts, not for failing rows;
- hand over `creator=lambda: SharedConnection(con.cursor())`: a cursor of the pipeline's connection sees
  its committed tables and views, and Great Expectations' own commits stay out of the pipeline's
  transaction. Temporary tables and uncommitted rows are not seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import duckdb
import duckdb_engine
import sqlalchemy as sa
from sqlalchemy.dialects import registry


class FetchedCursor(duckdb_engine.CursorWrapper):
    """A DB-API cursor that fetches its result at once, so that a later commit cannot drop it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, wrapper: SharedConnection) -> None:
        super().__init__(connection, wrapper)
        self._connection = connection
        self._description: Any = None
        self._rowcount = -1
        self._rows: deque[tuple[Any, ...]] = deque()

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        """Execute and keep all rows."""
        super().execute(statement, parameters, context)
        self._description = self._connection.description
        self._rowcount = self._connection.rowcount
        self._rows = deque(self._connection.fetchall()) if self._description else deque()

    @property
    def description(self) -> Any:
        """Column descriptions of the last statement."""
        return self._description

    @property
    def rowcount(self) -> int:
        """Rows changed by the last statement, -1 if not known."""
        return self._rowcount

    def fetchone(self) -> tuple[Any, ...] | None:
        """Next row, or None."""
        return self._rows.popleft() if self._rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows not yet handed out."""
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """Up to `size` rows."""
        return [self._rows.popleft() for _ in range(min(size or 1, len(self._rows)))]


class SharedConnection(duckdb_engine.ConnectionWrapper):
    """What `creator` returns: a cursor of the pipeline's DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self._connection = connection

    def cursor(self) -> FetchedCursor:
        """A cursor that fetches at once."""
        return FetchedCursor(self._connection, self)


class Dialect(duckdb_engine.Dialect):
    """SQLAlchemy dialect under which Great Expectations reaches DuckDB."""

    name = "postgresql"
    supports_statement_cache = True

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Open a database of its own (for callers that pass no `creator`)."""
        wrapper = super().connect(*args, **kwargs)
        return SharedConnection(wrapper._ConnectionWrapper__c)

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kwargs: Any
    ) -> Any:
        """Columns of a table or view; `schema` may be `database.schema`."""
        # duckdb_columns() would list every table of the lake for each of our views.
        place = [*(schema or "").split("."), table_name] if schema else [table_name]
        named = ".".join('"' + part.replace('"', '""') + '"' for part in place)
        try:
            rows = connection.execute(sa.text(f"DESCRIBE {named}")).all()
        except sa.exc.DBAPIError as error:
            raise sa.exc.NoSuchTableError(table_name) from error
        return [
            {
                "name": name,
                "type": sql_type(data_type),
                "nullable": null == "YES",
                "default": default,
                "autoincrement": False,
                "comment": None,
            }
            for name, data_type, null, _key, default, _extra in rows
        ]

    def get_multi_columns(
        self,
        connection: sa.Connection,
        schema: Any = None,
        filter_names: Any = None,
        scope: Any = None,
        kind: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Columns of several tables."""
        names = filter_names or self.get_table_names(connection, schema)
        return [((schema, name), self.get_columns(connection, name, schema)) for name in names]

    def get_pk_constraint(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kwargs: Any
    ) -> Any:
        """None: neither DuckLake nor a view over Parquet has one."""
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, *args: Any, **kwargs: Any) -> list[Any]:
        """None."""
        return []

    def get_indexes(self, *args: Any, **kwargs: Any) -> list[Any]:
        """None."""
        return []

    def get_unique_constraints(self, *args: Any, **kwargs: Any) -> list[Any]:
        """None."""
        return []

    def get_table_comment(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kwargs: Any
    ) -> Any:
        """None."""
        return {"text": None}


_TYPES: dict[str, Callable[[], Any]] = {
    "TINYINT": sa.SmallInteger,
    "SMALLINT": sa.SmallInteger,
    "INTEGER": sa.Integer,
    "BIGINT": sa.BigInteger,
    "HUGEINT": lambda: sa.Numeric(38, 0),
    "VARCHAR": sa.String,
    "DATE": sa.Date,
    "TIME": sa.Time,
    "TIMESTAMP": sa.DateTime,
    "TIMESTAMP_MS": sa.DateTime,
    "TIMESTAMP WITH TIME ZONE": lambda: sa.DateTime(timezone=True),
    "DOUBLE": sa.Double,
    "FLOAT": sa.Float,
    "BOOLEAN": sa.Boolean,
    "BLOB": sa.LargeBinary,
    "UUID": sa.UUID,
}


def sql_type(name: str) -> Any:
    """SQLAlchemy type of a DuckDB type name; nested and unknown types pass as text."""
    if name.startswith("DECIMAL(") and name.endswith(")"):
        precision, scale = name[8:-1].split(",")
        return sa.Numeric(int(precision), int(scale))
    return _TYPES.get(name, sa.String)()


def install() -> None:
    """Make SQLAlchemy use this dialect for `duckdb://` addresses."""
    registry.impls.pop("duckdb", None)
    registry.register("duckdb", __name__, "Dialect")
