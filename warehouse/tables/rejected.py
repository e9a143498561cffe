"""Rows set aside, and what was decided about them."""

from __future__ import annotations

from warehouse.tables.model import FILE, RUN, ZONE, Table

QUARANTINE = Table(
    "quarantine",
    "rows",
    "one unusable document",
    (
        ZONE,
        ("quarantine_id", "VARCHAR", "id to show and release it by"),
        ("kind", "VARCHAR", "document kind"),
        FILE,
        ("row_no", "BIGINT", "1-based ordinal of the document in its file"),
        ("line_no", "BIGINT", "line where it starts"),
        ("business_date", "DATE", "date of the document's own time; null where it bears none"),
        ("business_key", "VARCHAR", "key of the document, as far as there is one"),
        ("rules", "VARCHAR[]", "every critical rule it breaks"),
        ("details", "VARCHAR", "what the reader noticed, as JSON"),
        ("record", "VARCHAR", "the typed, masked row, as JSON"),
        ("quarantined_at", "TIMESTAMP", "when"),
        RUN,
        ("status", "VARCHAR", "open, released (waits for the next run) or accepted"),
    ),
)
RELEASES = Table(
    "quarantine",
    "releases",
    "one decision to put a quarantined row back",
    (
        ("release_id", "VARCHAR", "id"),
        ZONE,
        ("quarantine_id", "VARCHAR", "row"),
        ("overrides", "VARCHAR", "mended fields by CEB name, as JSON"),
        ("reason", "VARCHAR", "why"),
        ("released_by", "VARCHAR", "who"),
        ("released_at", "TIMESTAMP", "when"),
        ("applied_at", "TIMESTAMP", "when a run tried it; null: not yet"),
        ("outcome", "VARCHAR", "accepted, duplicate, superseded or quarantined; null: not yet"),
    ),
)
