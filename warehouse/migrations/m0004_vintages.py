"""What came with late data, revisions and questions as of a moment."""

import duckdb

from warehouse.migrations import migration
from warehouse.touched import LATE_DATA


@migration(4, "tell revisions by their reason")
def tell_reasons(con: duckdb.DuckDBPyConnection) -> None:
    """Vintages of before bear the reason's present name; so do dates that wait to be looked at."""
    con.execute(f"UPDATE wh.vintages.published SET reason = '{LATE_DATA}' WHERE reason = 'revision'")
    con.execute(
        f"UPDATE wh.ledger.touched_dates SET reason = '{LATE_DATA}', lists = coalesce(lists, 0), "
        "documents = coalesce(documents, 0) WHERE reason IS NULL"
    )
