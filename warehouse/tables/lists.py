"""What follows from the stored lists: their index, their partitions, their enterprises."""

from __future__ import annotations

from warehouse.tables.model import ZONE, Table

NUMBERS = Table(
    "ledger",
    "numbers",
    "one number by which documents name a list (see warehouse.links); never changed, only added to",
    (
        ZONE,
        ("business_date", "DATE", "date of the list when the number was added"),
        ("list", "UBIGINT", "hash of flow, enterprise and order number"),
        ("number", "UBIGINT", "hash of the identity"),
        ("tie", "VARCHAR", "own (of one list only), shared, or learnt from a document of the list"),
    ),
)
PLACES = Table(
    "ledger",
    "places",
    "one date on which documents of a kind lie that belong to lists of a date; only added to",
    (
        ZONE,
        ("business_date", "DATE", "date of the lists"),
        ("kind", "VARCHAR", "document kind"),
        ("document_date", "DATE", "date of the documents"),
    ),
)
WAITING = Table(
    "ledger",
    "waiting",
    "one number of a stored document that named no list when it was linked; only added to",
    (
        ZONE,
        ("business_date", "DATE", "date of the document"),
        ("kind", "VARCHAR", "document kind"),
        ("document", "UBIGINT", "hash of all numbers of the document"),
        ("number", "UBIGINT", "hash of the identity"),
        ("leads", "BOOLEAN", "whether it names the document itself, not one parcel or list of many in it"),
    ),
)
PARTITIONS = Table(
    "core",
    "partitions",
    "one business date of core.lists: what keeps a reader from opening it",
    (
        ZONE,
        ("business_date", "DATE", "partition of core.lists"),
        ("lists", "BIGINT", "lists in it"),
        ("open", "BIGINT", "accepted lists that have not left"),
        ("first_at", "TIMESTAMP", "earliest time that brings a list of it into a figure (schemas.DATED_BY)"),
        ("last_at", "TIMESTAMP", "latest of these, or of leaving"),
    ),
)
ENTERPRISE_DAYS = Table(
    "core",
    "enterprise_days",
    "one enterprise in one role and flow on one day on which it declared lists",
    (
        ZONE,
        ("business_date", "DATE", "day of declared_at"),
        ("role", "VARCHAR", "ebc, ebp, logistics, agent or payment"),
        ("code", "VARCHAR", "the enterprise"),
        ("flow", "VARCHAR", "I import, E export"),
        ("lists", "BIGINT", "lists declared that day"),
        ("value_cny", "DECIMAL(28,5)", "their value; an unknown value adds nothing"),
    ),
)
ENTERPRISES = Table(
    "core",
    "enterprises",
    "one enterprise in one role",
    (
        ZONE,
        ("business_date", "DATE", "first day on which it declared a list in the role"),
        ("role", "VARCHAR", "ebc, ebp, logistics, agent or payment"),
        ("code", "VARCHAR", "the enterprise"),
    ),
)
