"""DuckLake makes the range of a table anew from the notes of files that are left, and DuckDB answers from it."""

from __future__ import annotations

import duckdb

from warehouse import Home, Lake

TABLE = "'wh', 'coverage', schema => 'ledger'"
#: Smallest and greatest of 0..19 and 101..119, and how many are below 50, asked in two ways.
EXPECTED = (0, 119, 20, 20)


def rewrite(home: Home) -> None:
    """Two files of twenty rows, one row of the second deleted, its file rewritten without it."""

    def insert(con: duckdb.DuckDBPyConnection, documents: int) -> None:
        con.execute(
            "INSERT INTO wh.ledger.coverage BY NAME SELECT 'z' AS zone, DATE '2026-11-01' AS business_date, "
            f"'CEB311' AS kind, n AS documents FROM range({documents}, {documents} + 20) numbers(n)"
        )

    for work in (
        lambda con: insert(con, 0),
        lambda con: insert(con, 100),
        lambda con: con.execute("DELETE FROM wh.ledger.coverage WHERE documents = 100"),
        lambda con: con.execute(
            f"CALL ducklake_rewrite_data_files({TABLE}, delete_threshold => 0.0)"
        ).fetchall(),
    ):
        with Lake.write(home) as lake:
            lake.commit("t", "m", "r", work)


def told(home: Home) -> tuple[int, ...]:
    """What a reader is told of the twenty and nineteen."""
    with Lake.read(home) as lake:
        whole = lake.con.execute(
            "SELECT min(documents), max(documents), count(*) FILTER (documents < 50) FROM wh.ledger.coverage"
        ).fetchone()
        few = lake.con.execute("SELECT count(*) FROM wh.ledger.coverage WHERE documents < 50").fetchone()
    assert whole and few
    return (*whole, *few)
