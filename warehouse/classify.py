"""What becomes of each staged document of one kind: accepted, superseded, duplicate or quarantined.

Only documents whose key occurs twice (in the batch, or in the batch and the store) are looked at one
by one; telling them costs one hash aggregate and one semi-join over the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sources.contracts import Contract
from warehouse import sql
from warehouse.schema import document_table
from warehouse.window import LOOK_BACK, Extent, Window


@dataclass(frozen=True)
class Staged:
    """The staged documents of one kind, and what they are compared with."""

    contract: Contract
    parts: Sequence[Path]
    rejected: Path
    zone: str
    stored: Extent | None  # what the lake holds of this kind before
    any_rejected: bool = True  # whether the gate set any row of this kind aside

    @property
    def scan(self) -> str:
        """Every staged row."""
        return sql.parquet(self.parts)

    @property
    def rejected_scan(self) -> str:
        """Rows of this kind the gate set aside: file_hash, row_no, rules."""
        of_kind = f"kind = {sql.literal(self.contract.kind)}"
        return f"(SELECT file_hash, row_no, rules FROM {sql.parquet([self.rejected])} WHERE {of_kind})"

    @property
    def usable(self) -> str:
        """Staged rows that were not set aside."""
        if not self.any_rejected:
            return self.scan
        return f"(SELECT s.* FROM {self.scan} s ANTI JOIN {self.rejected_scan} r USING (file_hash, row_no))"

    @property
    def key_hash(self) -> str:
        """One number for the key; collisions are told apart by the key itself."""
        return f"hash({sql.names(self.contract.key_columns)})"

    @property
    def content(self) -> str:
        """The whole document as text: equal texts are equal documents."""
        pairs = ", ".join(f"{sql.name(each)}: {sql.name(each)}" for each in self.contract.sql_columns)
        return f"CAST({{{pairs}}} AS VARCHAR)"


def amount(contract: Contract) -> str:
    """Control total of one document: its money fields added up, absent ones as nothing."""
    terms = []
    for each in contract.amounts:
        if each.startswith("items."):
            column = sql.name(contract.item(each.removeprefix("items.")).column)
            value = f"list_sum(list_transform(items, lambda item: item.{column}))"
        else:
            value = sql.name(contract[each].column)
        terms.append(f"coalesce({value}, 0)")
    return f"CAST({' + '.join(terms) or '0'} AS DECIMAL(38,5))"


def classify(con: duckdb.DuckDBPyConnection, staged: Staged) -> bool:
    """Fill the temporary table `classes(file_hash, row_no, class)`; True where it has any row.

    A row that is not in it is accepted. The newest version of a key wins; of two with one time the
    greater text, so that arrival order does not matter. Of identical documents the stored one, else the
    first by file hash and row, is kept.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE classes (file_hash VARCHAR, row_no BIGINT, class VARCHAR)")
    if staged.any_rejected:
        con.execute(
            f"INSERT INTO classes SELECT file_hash, row_no, 'quarantined' FROM {staged.scan} "
            f"SEMI JOIN {staged.rejected_scan} r USING (file_hash, row_no)"
        )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE staged_keys AS SELECT {staged.key_hash} AS h FROM {staged.usable}"
    )
    near = stored_near(con, staged)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE candidates AS "
        "SELECT h FROM staged_keys GROUP BY h HAVING count(*) > 1 "
        f"UNION SELECT h FROM (SELECT {staged.key_hash} AS h FROM {near}) SEMI JOIN staged_keys USING (h)"
    )
    if _any(con, "candidates"):
        _tell_apart(con, staged, near)
    return _any(con, "classes")


def stored_near(con: duckdb.DuckDBPyConnection, staged: Staged) -> str:
    """Stored rows that can equal or supersede a staged one.

    An identical document bears the same date and a newer version a later one, so the past is not read,
    except for documents that bear no version time.
    """
    version = staged.contract.version_column
    timeless = f"count(*) FILTER ({sql.name(version)} IS NULL)" if version else "0"
    first, last, undated, unversioned = con.execute(
        f"SELECT min(business_date), max(business_date), count(*) FILTER (business_date IS NULL), {timeless} "
        f"FROM {staged.scan}"
    ).fetchone() or (None, None, 0, 0)
    window = Window(staged.zone, first, last and last + LOOK_BACK)
    if (undated or unversioned) and staged.stored:
        window = window.joined(Window.around(staged.zone, first or staged.stored.last, staged.stored.last))
    return window.over(document_table(staged.contract), staged.stored)


def _tell_apart(con: duckdb.DuckDBPyConnection, staged: Staged, near: str) -> None:
    keys = sql.names(staged.contract.key_columns)
    version = staged.contract.version_column
    versioned = sql.name(version) if version else "NULL"
    columns = f"file_hash, row_no, {keys}, {versioned} AS version, {staged.content} AS content"
    superseded = (
        "class IS NULL AND NOT stored AND place > 1" if version else "false"  # an event supersedes nothing
    )
    con.execute(f"""
        INSERT INTO classes
        WITH twice AS (
            SELECT {columns}, false AS stored FROM {staged.usable} WHERE {staged.key_hash} IN (FROM candidates)
            UNION ALL
            SELECT {columns}, true AS stored FROM {near} WHERE {staged.key_hash} IN (FROM candidates)
        ), repeated AS (
            SELECT *, CASE WHEN NOT stored AND row_number() OVER (
                PARTITION BY {keys}, version, content ORDER BY stored DESC, file_hash, row_no
            ) > 1 THEN 'duplicate' END AS class FROM twice
        ), ranked AS (
            SELECT *, row_number() OVER (
                PARTITION BY {keys}, class IS NULL ORDER BY version DESC NULLS LAST, content DESC
            ) AS place FROM repeated
        )
        SELECT file_hash, row_no, CASE WHEN {superseded} THEN 'superseded' ELSE class END AS final
        FROM ranked WHERE NOT stored AND final IS NOT NULL
    """)


def _any(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return con.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
