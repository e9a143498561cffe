"""Make years of history out of one real day: shifted copies of its rows, as real days would have left them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import duckdb

from warehouse import merging, sql
from warehouse.connection import Lake

#: Columns that make a document, a list or a file unique; a copy gets its own.
UNIQUE = frozenset(
    {
        *("guid", "cop_no", "pre_no", "invt_no", "order_no", "logistics_no", "pay_transaction_id", "pay_no"),
        *("tax_no", "bond_invt_no", "etps_inner_invt_no", "rlt_no", "passport_no", "bill_no", "business_id"),
        *(
            "msg_seq_no",
            "file_hash",
            "batch_id",
            "run_id",
            "quarantine_id",
            "business_key",
            "sum_no",
            "rkd_no",
        ),
        *("dec_pre_no", "dec_tmp_no", "decl_seq_no", "etps_preent_no", "entry_id", "message_id"),
        # Another day has other buyers: the same ones every day would all pass the yearly limit.
        *(
            "buyer",
            "buyer_id_number_digest",
            "buyer_name_digest",
            "buyer_reg_no_digest",
            "buyer_telephone_digest",
        ),
        *("payer_id_number_digest", "payer_name_digest", "payer_telephone_digest"),
    }
)
#: Says what exists once, whatever the days.
LEFT_OUT = frozenset(
    {
        *(("ledger", name) for name in ("migrations", "touched_dates", "checkpoints", "corrections")),
        ("metrics", "definitions"),
    }
)
#: Days written in one commit: the state that merging leaves; the last days are written one by one.
BLOCK, SINGLE = 30, 20


@dataclass(frozen=True)
class _Table:
    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def qualified(self) -> str:
        return f"wh.{self.schema}.{sql.name(self.name)}"


def expand(
    lake: Lake, zone: str, base: date, run_id: str, days: int, tell: Callable[[str], None]
) -> dict[str, int]:
    """Copy everything of the business date `base` (run `run_id`) to each of `days` dates before the first.

    Returns files, snapshots and catalog bytes of the lake afterwards.
    """
    tables = [each for each in _tables(lake.con) if _take(lake.con, each, zone, base, run_id)]
    first = _first(lake.con, zone)
    nearest = (base - first).days + 1  # copies begin on the day before the first real one
    farthest = nearest + days - 1
    for number, (begin, end) in enumerate(_blocks(nearest, farthest)):

        def work(con: duckdb.DuckDBPyConnection, begin: int = begin, end: int = end) -> None:
            for each in tables:
                con.execute(_copy(each, begin, end))

        lake.commit("benchmark", f"{end - begin + 1} days of history", f"block-{number}", work)
        tell(f"history: {farthest - begin + 1} of {days} days")
    rounds = 0
    while merging.tidy(lake, "benchmark").merged:
        rounds += 1
        tell(f"history: merged {rounds} times")
    return standing(lake)


def standing(lake: Lake) -> dict[str, int]:
    """How large the lake has become."""
    row = lake.con.execute(
        "SELECT sum(file_count)::BIGINT, sum(delete_file_count)::BIGINT FROM ducklake_table_info('wh')"
    ).fetchone()
    files, deletes = row if row else (0, 0)
    return {
        "files": int(files),
        "delete_files": int(deletes),
        "snapshots": lake.snapshot(),
        "catalog_bytes": lake.home.catalog.stat().st_size,
    }


def _tables(con: duckdb.DuckDBPyConnection) -> list[_Table]:
    rows = con.execute(
        "SELECT schema_name, table_name, list((column_name, data_type) ORDER BY column_index) "
        "FROM duckdb_columns() WHERE database_name = 'wh' AND (schema_name, table_name) IN "
        "(SELECT (schema_name, table_name) FROM duckdb_tables() WHERE database_name = 'wh') GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [
        _Table(schema, name, tuple((column, kind) for column, kind in columns))
        for schema, name, columns in rows
        if (schema, name) not in LEFT_OUT
    ]


def _take(con: duckdb.DuckDBPyConnection, table: _Table, zone: str, base: date, run_id: str) -> bool:
    """Make the temporary table of what one day left in a table; whether it left anything."""
    names = {name for name, _ in table.columns}
    conditions = [f"zone = {sql.literal(zone)}"] if "zone" in names else []
    if "business_date" in names:
        conditions.append(f"business_date = {sql.literal(base)}")
    elif key := next((each for each in ("run_id", "batch_id") if each in names), None):
        conditions.append(f"{key} = {sql.literal(run_id)}")
    else:
        return False
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_base(table)} AS FROM {table.qualified} WHERE {' AND '.join(conditions)}"
    )
    return con.execute(f"SELECT 1 FROM {_base(table)} LIMIT 1").fetchone() is not None


def _base(table: _Table) -> str:
    return sql.name(f"base_{table.schema}_{table.name}")


def _copy(table: _Table, begin: int, end: int) -> str:
    columns = ", ".join(_shifted(name, kind) for name, kind in table.columns)
    order = "ORDER BY back DESC" if ("business_date", "DATE") in table.columns else ""
    return f"INSERT INTO {table.qualified} SELECT {columns} FROM {_base(table)}, range({begin}, {end + 1}) shifts(back) {order}"


def _shifted(name: str, kind: str) -> str:
    column = sql.name(name)
    if kind == "DATE":
        return f"{column} - back::INTEGER"
    if kind == "TIMESTAMP":
        return f"{column} - to_days(back::INTEGER)"
    if kind == "DATE[]":
        return f"list_transform({column}, lambda each: each - back::INTEGER)"
    if name == "buyer" and kind == "BIGINT":
        return f"CASE WHEN {column} IS NOT NULL THEN CAST(hash({column}, back) >> 1 AS BIGINT) END"
    if kind == "UBIGINT":
        return f"hash({column}, back)"
    if kind == "VARCHAR" and name in UNIQUE:
        return f"{column} || '~' || back"
    if name == "items" and kind.startswith("STRUCT"):
        own = ", ".join(
            f"{each} := item.{each} || '~' || back"
            for each in ("logistics_no", "invt_no")
            if f'"{each}"' in kind or f"{each} " in kind
        )
        if own:
            return f"list_transform({column}, lambda item: struct_update(item, {own}))"
    return column


def _first(con: duckdb.DuckDBPyConnection, zone: str) -> date:
    row = con.execute(
        f"SELECT min(business_date) FROM wh.vintages.published WHERE zone = {sql.literal(zone)}"
    ).fetchone()
    if not row or row[0] is None:
        raise ValueError("run at least one real day before making history")
    first: date = row[0]
    return first


def _blocks(nearest: int, farthest: int) -> Iterator[tuple[int, int]]:
    """Ranges of days to shift by, oldest first."""
    end = farthest
    while end - nearest >= SINGLE:
        begin = max(end - BLOCK + 1, nearest + SINGLE)
        yield begin, end
        end = begin - 1
    for each in range(end, nearest - 1, -1):
        yield each, each
