"""Which statistics of files the catalog keeps, and that leaving the others out loses no row."""

from __future__ import annotations

import shutil

from warehouse import Home, Lake, pruning


def test_notes_are_kept_for_few_columns_and_no_row_is_lost(empty_home: Home, tmp_path) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(empty_home.path, home.path)
    with Lake.write(home) as lake:
        for number, name in enumerate(("a", "b")):
            lake.commit(
                "t",
                "m",
                "r",
                lambda con, number=number, name=name: con.execute(
                    "INSERT INTO wh.ledger.coverage BY NAME SELECT 'z' AS zone, "
                    f"DATE '2026-11-0{number + 1}' AS business_date, '{name}' AS kind, {number} AS documents"
                ),
            )
    with Lake.read(home) as lake:
        noted = lake.con.execute(
            "SELECT DISTINCT column_name FROM __ducklake_metadata_wh.ducklake_file_column_stats "
            "JOIN __ducklake_metadata_wh.ducklake_column USING (table_id, column_id)"
        ).fetchall()
        assert {name for (name,) in noted} <= set(pruning.PRUNED_BY)
        assert ("business_date",) in noted
        by_kind = "SELECT documents FROM wh.ledger.coverage WHERE kind = 'b' AND documents > 0"
        assert lake.con.execute(by_kind).fetchall() == [(1,)]
        by_date = "SELECT kind FROM wh.ledger.coverage WHERE business_date = DATE '2026-11-01'"
        assert lake.con.execute(by_date).fetchall() == [("a",)]


def test_rewritten_files_do_not_narrow_what_is_believed_of_a_column(empty_home: Home, tmp_path) -> None:
    """DuckLake makes the range of a table anew from the notes that are left, and DuckDB answers from it."""
    home = Home(tmp_path / "home")
    shutil.copytree(empty_home.path, home.path)

    def insert(con, documents: int) -> None:
        con.execute(
            "INSERT INTO wh.ledger.coverage BY NAME SELECT 'z' AS zone, DATE '2026-11-01' AS business_date, "
            f"'CEB311' AS kind, n AS documents FROM range({documents}, {documents} + 20) numbers(n)"
        )

    for first in (0, 100):
        with Lake.write(home) as lake:
            lake.commit("t", "m", "r", lambda con, first=first: insert(con, first))
    with Lake.write(home) as lake:
        lake.commit(
            "t", "m", "r", lambda con: con.execute("DELETE FROM wh.ledger.coverage WHERE documents = 100")
        )
    with Lake.write(home) as lake:
        rewrite = (
            "CALL ducklake_rewrite_data_files('wh', 'coverage', schema => 'ledger', delete_threshold => 0.0)"
        )
        lake.commit("t", "m", "r", lambda con: con.execute(rewrite).fetchall())
    with Lake.read(home) as lake:
        asked = (
            "SELECT min(documents), max(documents), count(*) FILTER (documents < 50) FROM wh.ledger.coverage"
        )
        assert lake.con.execute(asked).fetchall() == [(0, 119, 20)]
        few = "SELECT count(*) FROM wh.ledger.coverage WHERE documents < 50"
        assert lake.con.execute(few).fetchall() == [(20,)]
