"""Looks at an SQLite catalog or compacts it, as a process of its own (see `catalog`).

Closing the file in a process that reads it through DuckDB would release the locks of those readers. Prints JSON.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from typing import Any

#: Free pages are used again by themselves; only a file of which this share is free is written anew.
FREE_SHARE = 0.25
#: Readers hold the journal for moments only.
WAIT_S = 20


def look(catalog: sqlite3.Connection) -> dict[str, Any]:
    """Free pages, pages, bytes a page, and whether writing the file anew would pay."""
    free, pages, page = (
        catalog.execute(f"PRAGMA {each}").fetchone()[0]
        for each in ("freelist_count", "page_count", "page_size")
    )
    return {"free": free, "pages": pages, "page": page, "pays": free > FREE_SHARE * pages}


def compact(catalog: sqlite3.Connection) -> dict[str, Any]:
    """Write the file anew where that pays, and empty the journal into it; says what readers prevented."""
    refused = None
    if look(catalog)["pays"]:
        try:
            catalog.execute("VACUUM")
        except sqlite3.OperationalError as error:
            refused = str(error)
    busy, _, _ = catalog.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return {**look(catalog), "refused": refused, "held": bool(busy)}


def main(path: str, what: str) -> None:
    """`look` or `compact` the catalog at `path`."""
    with closing(sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)) as catalog:
        sys.stdout.write(json.dumps({"look": look, "compact": compact}[what](catalog)))


if __name__ == "__main__":
    main(*sys.argv[1:])
