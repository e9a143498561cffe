"""Statistics of files, kept only for the columns by which files are passed over.

DuckLake notes the least and greatest value of every column of every file, and reads all of these notes, of all
tables, for each statement with a condition: the SQLite catalog is scanned whole (duckdb/ducklake issue 859 tells
the same of PostgreSQL). With 22 notes a file that is most of what a small day costs, and it grows with history.
Files without a note on a column are always opened, so leaving notes out can cost time and never rows.
"""

from __future__ import annotations

import duckdb

from warehouse import sql

#: What questions to large tables are asked by; conditions on anything else read every file of the days they name.
PRUNED_BY = ("zone", "business_date", "batch_id", "vintage")
_CATALOG = "__ducklake_metadata_wh"


def forget_the_rest(con: duckdb.DuckDBPyConnection) -> None:
    """Remove the notes on other columns; to be called after a commit, under the writer's lock."""
    con.execute(
        f"DELETE FROM {_CATALOG}.ducklake_file_column_stats WHERE (table_id, column_id) NOT IN "
        f"(SELECT (table_id, column_id) FROM {_CATALOG}.ducklake_column "
        f"WHERE parent_column IS NULL AND column_name IN {sql.literals(PRUNED_BY)})"
    )
