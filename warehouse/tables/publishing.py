"""Which dates wait for figures, and what was published of them."""

from __future__ import annotations

from warehouse.tables.model import RUN, ZONE, Table

TOUCHED_DATES = Table(
    "ledger",
    "touched_dates",
    "one change of stored rows whose figures of a business date have not been looked at since",
    (
        ZONE,
        ("business_date", "DATE", "date to look at"),
        RUN,
        ("reason", "VARCHAR", "late data, correction or method"),
        ("lists", "BIGINT", "changed lists with a time on the date; 0: lists open at its end, or documents"),
        ("documents", "BIGINT", "new documents of the date that figures read directly"),
    ),
)
OUT_OF_WINDOW = Table(
    "ledger",
    "out_of_window",
    "one published date that new data touch and that lies before the look-back; kept for ever",
    (
        ZONE,
        ("business_date", "DATE", "date that is not restated by itself"),
        RUN,
        ("reason", "VARCHAR", "late data, correction or method"),
        ("lists", "BIGINT", "changed lists with a time on the date"),
        ("documents", "BIGINT", "new documents of the date that figures read directly"),
        ("noted_at", "TIMESTAMP", "when it was listed"),
        ("restated_at", "TIMESTAMP", "when a run looked at the date again; null: not yet"),
    ),
)
PUBLISHED = Table(
    "vintages",
    "published",
    "one published version of a zone's day",
    (
        ZONE,
        ("business_date", "DATE", "day"),
        ("vintage", "BIGINT", "1, 2, ... of that day"),
        ("published_at", "TIMESTAMP", "when readers could see it; greater than that of any vintage before"),
        RUN,
        (
            "reason",
            "VARCHAR",
            "publication (the first), provisional, final (the first after provisional ones), late data, "
            "correction or method (new definitions, or lists made anew)",
        ),
        ("definition_version", "VARCHAR", "version of the definitions"),
        ("provisional", "BOOLEAN", "whether the day was not over or not complete: no figure to quote"),
    ),
)
REVISIONS = Table(
    "vintages",
    "revisions",
    "one figure of a vintage that differs from the vintage before",
    (
        ZONE,
        ("business_date", "DATE", "day"),
        ("vintage", "BIGINT", "vintage that brought the new value"),
        ("metric", "VARCHAR", "table and column, e.g. volume_daily.lists"),
        ("breakdowns", "VARCHAR", "the cell, e.g. basis=released; flow=I; mode=all; office=all"),
        ("old", "DECIMAL(38,10)", "value before; null: the cell was not there"),
        ("new", "DECIMAL(38,10)", "value now; null: the cell is gone"),
        ("published_at", "TIMESTAMP", "when readers could see it"),
    ),
)
