"""Statistics of files, kept only for the columns by which files are passed over.

DuckLake notes the least and greatest value of every column of every file, and reads all of these notes, of all
tables, for each statement with a condition: the SQLite catalog is scanned whole (duckdb/ducklake issue 859 tells
the same of PostgreSQL). With 22 notes a file that is most of what a small day costs, and it grows with history.
Files without a note on a column are always opened, so leaving notes out can cost time and never rows.

The range of a whole table goes with them. DuckLake makes it anew from the notes of its files when it rewrites
files with deletions, and takes files without a note for empty: what DuckDB then believes of the column leaves out
their rows, and a condition or a `min` answers wrongly. It only ever updates ranges of a table that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse import catalogs

if TYPE_CHECKING:
    from warehouse.connection import Lake

#: What questions to large tables are asked by; conditions on anything else read every file of the days they name.
PRUNED_BY = ("zone", "business_date", "batch_id", "vintage")


def forget_the_rest(lake: Lake) -> None:
    """Remove the notes on other columns; to be called after a commit, under the writer's lock."""
    catalogs.of(lake.home).forget_notes(lake.con, PRUNED_BY)
