"""The shared catalog: PostgreSQL, with locks that free themselves when their holder's connection dies.

A writer holds two session-level advisory locks on a connection of its own: the lake's, shared with the writers of
other zones, and its zone's, alone. Whoever must be the only one (migrations, maintenance) holds the lake's alone.
A third lock is held around each transaction: shared at first, alone where other transactions kept getting in the
way, so that whoever lost twice wins the third time. Why, and what it costs: decision 0029.
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from warehouse import sql
from warehouse.catalogs import URL, Turns, Waiting
from warehouse.errors import CatalogUnreachableError, LockLostError, SharedSettingsError
from warehouse.home import Home

if TYPE_CHECKING:
    import duckdb
    import psycopg

log = logging.getLogger(__name__)

#: A machine that vanished is noticed after idle + interval * count seconds, on both ends; design: within 60 s.
KEEPALIVE = {"idle": 10, "interval": 5, "count": 4}
UNANSWERED_MS = 30_000
CONNECT_S = 10
DEFAULT_SCHEMA = "tongguan"
#: Other zones commit meanwhile: so many files back are looked at for statistics to remove.
RECENT_FILES = 20_000
#: What DuckLake asks its tables by; it makes no indexes itself, and they grow with every file.
INDEXES = (
    ("ducklake_file_column_stats", "data_file_id"),
    ("ducklake_file_column_stats", "table_id", "column_id"),
    ("ducklake_data_file", "table_id", "begin_snapshot"),
    ("ducklake_delete_file", "table_id", "begin_snapshot"),
    ("ducklake_file_partition_value", "table_id", "partition_key_index"),
)
_PASSED_ON = ("sslmode", "sslrootcert", "sslcert", "sslkey")
INSTALL = "install the extra `shared` (`uv sync --extra shared` with the other extras in use)"


@dataclass(frozen=True)
class PostgresCatalog:
    """A catalog in a schema of a PostgreSQL database. The password is never shown (`repr`, `where`, errors)."""

    home: Home
    host: str
    port: int
    database: str
    user: str | None
    password: str | None = field(repr=False)
    schema: str
    options: dict[str, str] = field(default_factory=dict)  # sslmode and the like, as libpq names them
    extensions: tuple[str, ...] = ("postgres_scanner",)
    shared: bool = True

    @classmethod
    def from_url(cls, home: Home, url: str) -> PostgresCatalog:
        """From `postgres://user@host:port/database?schema=name`. Raises SharedSettingsError; it never repeats the URL."""
        how = f"{URL} must read postgres://user@host:port/database, with ?schema=name where wanted"
        try:
            parts = urlsplit(url)
            port = parts.port or 5432
        except ValueError:
            raise SharedSettingsError(f"{how}; its port is no number") from None
        if parts.scheme not in ("postgres", "postgresql") or not parts.hostname:
            raise SharedSettingsError(how)
        database = unquote(parts.path.strip("/"))
        if not database or "/" in database:
            raise SharedSettingsError(f"{how}; it names no database")
        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        schema = given.pop("schema", DEFAULT_SCHEMA)
        if foreign := sorted(given.keys() - set(_PASSED_ON)):
            raise SharedSettingsError(
                f"{how}; it knows no {', '.join(foreign)} (but schema, {', '.join(_PASSED_ON)})"
            )
        if not os.environ.get("TONGGUAN_DATA"):
            raise SharedSettingsError(
                f"{URL} is set and TONGGUAN_DATA is not: name the bucket (s3://bucket/prefix) or the folder that "
                "every machine reaches, the same on all of them"
            )
        return cls(
            home,
            parts.hostname,
            port,
            database,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            schema,
            given,
        )

    def where(self) -> str:
        """For people."""
        return f"postgres://{self.host}:{self.port}/{self.database}?schema={self.schema}"

    def files(self) -> list[str]:
        """None: it is a server."""
        return []

    def exists(self) -> bool:
        """Whether the schema holds a lake."""
        with self._connected("looks for a lake") as con:
            return self._found(con)

    def _found(self, con: psycopg.Connection[Any]) -> bool:
        row = con.execute("SELECT to_regclass(%s)", (f'"{self.schema}".ducklake_metadata',)).fetchone()
        return row is not None and row[0] is not None

    def prepare(self) -> None:
        """Nothing: DuckLake makes its tables when the first writer attaches."""

    def secrets(self) -> dict[str, str]:
        """Where and as whom to log in. Without a password libpq asks PGPASSWORD and .pgpass."""
        options = {
            "TYPE": "postgres",
            "HOST": sql.literal(self.host),
            "PORT": str(self.port),
            "DATABASE": sql.literal(self.database),
        }
        if self.user:
            options["USER"] = sql.literal(self.user)
        if self.password:
            options["PASSWORD"] = sql.literal(self.password)
        return {"tongguan_catalog": ", ".join(f"{name} {value}" for name, value in options.items())}

    def attaching(self, read_only: bool, name: str) -> str:
        """The statement that attaches the lake under a name.

        The data path is not overridden: a machine with another TONGGUAN_DATA is refused by DuckLake rather than
        writing where nobody looks.
        """
        settings = {**self._tcp(), "application_name": _me("lake"), **self.options}
        connection = " ".join(f"{key}={_quoted(value)}" for key, value in settings.items())
        options = [
            f"DATA_PATH {sql.literal(self.home.storage.url)}",
            "DATA_INLINING_ROW_LIMIT 0",
            f"METADATA_SCHEMA {sql.literal(self.schema)}",
            "META_SECRET 'tongguan_catalog'",
        ]
        if read_only:
            options += ["READ_ONLY", "CREATE_IF_NOT_EXISTS false"]
        return f"ATTACH {sql.literal(f'ducklake:postgres:{connection}')} AS {name} ({', '.join(options)})"

    @contextmanager
    def alone(self, what: str) -> Iterator[bool]:
        """Try an advisory lock, held to the end of the block."""
        with self._connected(what) as con:
            row = con.execute("SELECT pg_try_advisory_lock(%s)", (self.lock_key(what),)).fetchone()
            yield bool(row and row[0])

    def lock_key(self, name: str) -> int:
        """The number PostgreSQL knows a lock of this lake by."""
        digest = hashlib.sha256(f"tongguan/{self.schema}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def forget_notes(self, con: duckdb.DuckDBPyConnection, kept: Sequence[str]) -> None:
        """Remove the statistics of tables and of the newest files on other columns; sees to indexes that make it cheap.

        On the server and in a transaction of its own that sees what others remove: two zones may do it at once.
        """
        here = sql.name(self.schema)
        others = (
            f"NOT EXISTS (SELECT 1 FROM {here}.ducklake_column c WHERE c.table_id = s.table_id "
            "AND c.column_id = s.column_id AND c.parent_column IS NULL AND c.column_name = ANY(%s))"
        )
        with self._connected("statistics of files") as server:
            self._index(server)
            server.execute(f"DELETE FROM {here}.ducklake_table_column_stats s WHERE {others}", (list(kept),))
            server.execute(
                f"DELETE FROM {here}.ducklake_file_column_stats s WHERE data_file_id >= "
                f"(SELECT max(next_file_id) - {RECENT_FILES} FROM {here}.ducklake_snapshot) AND {others}",
                (list(kept),),
            )

    def _index(self, server: psycopg.Connection[Any]) -> None:
        wanted = {f"{table}_{columns[0]}": (table, columns) for table, *columns in INDEXES}
        rows = server.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = %s", (self.schema,)
        ).fetchall()
        for name in sorted(wanted.keys() - {each for (each,) in rows}):
            table, columns = wanted[name]
            server.execute(
                f"CREATE INDEX IF NOT EXISTS {sql.name(name)} ON {sql.name(self.schema)}.{sql.name(table)} "
                f"({sql.names(columns)})"
            )

    @contextmanager
    def writing(self, zone: str | None, waiting: Waiting | None) -> Iterator[Turns]:
        """Wait for the zone (None: for everyone) and hold it; freed when the block or the connection ends."""
        what = f"zone {zone}" if zone else "the whole lake"
        with self._connected(what) as con:
            locks = _Locks(con, self, what)
            locks.take("lake", alone=zone is None, waiting=waiting)
            if zone is not None:
                locks.take(f"zone {zone}", alone=True, waiting=waiting)
            taken = time.monotonic()
            try:
                yield locks
            finally:
                log.info("held %s for %.2f s", what, time.monotonic() - taken)

    @contextmanager
    def _connected(self, what: str) -> Iterator[psycopg.Connection[Any]]:
        try:
            import psycopg
        except ImportError as error:
            raise SharedSettingsError(f"{URL} is set and psycopg is not installed: {INSTALL}") from error
        try:
            settings: dict[str, Any] = {
                "host": self.host,
                "port": self.port,
                "dbname": self.database,
                "user": self.user,
                "password": self.password,
                "connect_timeout": CONNECT_S,
                "application_name": _me(what),
                **self._tcp(),
                **self.options,
            }
            con = psycopg.connect(psycopg.conninfo.make_conninfo(**settings), autocommit=True)
        except psycopg.OperationalError as error:
            raise CatalogUnreachableError(
                f"the catalog {self.where()} does not let {self.user or 'this account'} in: "
                f"{self.scrubbed(str(error)).strip()}. Check {URL}, PGPASSWORD or .pgpass, and the server"
            ) from None
        try:
            yield con
        finally:
            con.close()

    def _tcp(self) -> dict[str, str]:
        """Both ends notice a peer that vanished: the server frees its locks, the client stops waiting."""
        ours = {
            "keepalives": "1",
            **{f"keepalives_{name}": str(value) for name, value in KEEPALIVE.items()},
            "tcp_user_timeout": str(UNANSWERED_MS),
        }
        theirs = {
            **{f"tcp_keepalives_{name}": str(value) for name, value in KEEPALIVE.items()},
            "tcp_user_timeout": str(UNANSWERED_MS),
        }
        return {**ours, "options": " ".join(f"-c {name}={value}" for name, value in theirs.items())}

    def scrubbed(self, text: str) -> str:
        """A message without the password."""
        return text.replace(self.password, "***") if self.password else text


class _Locks:
    """Advisory locks on one connection; they end with it."""

    def __init__(self, con: psycopg.Connection[Any], catalog: PostgresCatalog, what: str) -> None:
        self._con = con
        self._catalog = catalog
        self._what = what

    def take(self, name: str, alone: bool, waiting: Waiting | None) -> None:
        """Wait for a lock; `waiting` is told who holds it. Raises LockLostError where the connection breaks meanwhile."""
        import psycopg

        key, kind = self._catalog.lock_key(name), "" if alone else "_shared"
        try:
            row = self._con.execute(f"SELECT pg_try_advisory_lock{kind}(%s)", (key,)).fetchone()
            if row and row[0]:
                return
            if waiting:
                waiting(f"waiting for {self._holders(key) or 'another writer'}, {self._catalog.where()}")
            self._con.execute(f"SELECT pg_advisory_lock{kind}(%s)", (key,))
        except psycopg.OperationalError as error:
            raise LockLostError(
                f"the connection to {self._catalog.where()} broke while waiting for {self._what}: "
                f"{self._catalog.scrubbed(str(error)).strip()}. Nothing was written; run the day again"
            ) from error

    @contextmanager
    def turn(self, alone: bool) -> Iterator[None]:
        """Hold the lake's transaction lock."""
        import psycopg

        key, kind = self._catalog.lock_key("transaction"), "" if alone else "_shared"
        try:
            self._con.execute(f"SELECT pg_advisory_lock{kind}(%s)", (key,))
            yield
            self._con.execute(f"SELECT pg_advisory_unlock{kind}(%s)", (key,))
        except psycopg.OperationalError as error:
            raise self._lost() from error
        except BaseException:
            with suppress(
                psycopg.OperationalError
            ):  # a lost connection holds nothing; what went wrong is told
                self._con.execute(f"SELECT pg_advisory_unlock{kind}(%s)", (key,))
            raise

    def confirm(self) -> None:
        """Ask the server, which frees what a broken connection held."""
        import psycopg

        try:
            self._con.execute("SELECT 1")
        except psycopg.OperationalError as error:
            raise self._lost() from error

    def _lost(self) -> LockLostError:
        return LockLostError(
            f"the connection to {self._catalog.where()} that held {self._what} broke; "
            "nothing was committed after that. Run the day again"
        )

    def _holders(self, key: int) -> str:
        rows = self._con.execute(
            "SELECT DISTINCT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
            "AND (l.classid::bigint << 32 | l.objid::bigint) = %s AND a.application_name <> '' ORDER BY 1",
            (key,),
        ).fetchall()
        return ", ".join(name for (name,) in rows)


def _me(what: str) -> str:
    """How the server's list of sessions names this one: what it holds, machine, process."""
    return f"tongguan {what} on {socket.gethostname()} ({os.getpid()})"[:63]


def _quoted(value: str) -> str:
    """A value in a libpq connection string."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
