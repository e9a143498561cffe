"""Which statistics of files the catalog keeps, and that leaving the others out loses no row."""

from __future__ import annotations

import shutil

from rewritten import EXPECTED, rewrite, told

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
    home = Home(tmp_path / "home")
    shutil.copytree(empty_home.path, home.path)
    rewrite(home)
    assert told(home) == EXPECTED
