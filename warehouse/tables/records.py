"""What became of records that came again, and the corrections declared of them."""

from __future__ import annotations

from warehouse.tables.model import FILE, RUN, ZONE, Table

REDELIVERIES = Table(
    "ledger",
    "redeliveries",
    "one file that came again under its name with other bytes, held against the version before (docs/decisions/0019)",
    (
        ZONE,
        ("kind", "VARCHAR", "document kind"),
        ("file_name", "VARCHAR", "name both bear, without folders of delivery dates"),
        ("hash_before", "VARCHAR", "SHA-256 of the version before"),
        ("hash_after", "VARCHAR", "SHA-256 of the version that came"),
        ("records_before", "BIGINT", "records (key and version time) of the version before"),
        ("records_after", "BIGINT", "records of the version that came"),
        ("kept", "BIGINT", "records in both"),
        ("new", "BIGINT", "keys only in the version that came"),
        ("changed", "BIGINT", "keys in both, told with another version time"),
        ("moved", "BIGINT", "records missing from it that another file of the run tells"),
        (
            "left_window",
            "BIGINT",
            "records missing from it that are older than its first day (a name used again)",
        ),
        ("vanished", "BIGINT", "records missing from it and told nowhere else in the run"),
        ("found_at", "TIMESTAMP", "when it was committed"),
        RUN,
    ),
)
REPEATED_ROWS = Table(
    "ledger",
    "repeated_rows",
    "one row of a file that is not stored because it is stored already: keeps the keys of every file knowable",
    (
        ZONE,
        RUN,
        FILE,
        ("kind", "VARCHAR", "document kind"),
        ("business_date", "DATE", "business date of the document"),
        ("key_no", "UBIGINT", "number of the key: lower half of its MD5 (warehouse.records)"),
        ("version_at", "TIMESTAMP", "version time, for an event the time in its key"),
    ),
)
_LIST_KEY = (
    ("flow", "VARCHAR", "I or E where the document is a customs list, else null"),
    ("ebc_code", "VARCHAR", "enterprise of the list"),
    ("order_no", "VARCHAR", "order number of the list"),
)
VANISHED = Table(
    "ledger",
    "vanished",
    "one record of a file that is missing from a later version of the file; it stays in the figures",
    (
        ZONE,
        ("kind", "VARCHAR", "document kind"),
        ("business_key", "VARCHAR", "key of the document, its parts joined by |"),
        ("key_no", "UBIGINT", "number of the key (warehouse.records)"),
        ("version_at", "TIMESTAMP", "version time of the record, for an event the time in its key"),
        ("business_date", "DATE", "business date of the record"),
        *_LIST_KEY,
        ("file_name", "VARCHAR", "name of the file, without folders of delivery dates"),
        ("hash_before", "VARCHAR", "newest version of the file that holds it"),
        ("hash_after", "VARCHAR", "version of the file that does not"),
        ("found_at", "TIMESTAMP", "when the later version was committed"),
        RUN,
        ("reappeared_at", "TIMESTAMP", "when a file told it again; null: not so far"),
        ("reappeared_hash", "VARCHAR", "the file that told it again"),
    ),
)
REWRITTEN = Table(
    "ledger",
    "rewritten",
    "one field of a record told again with another value and no newer version time; both values are kept",
    (
        ZONE,
        ("kind", "VARCHAR", "document kind"),
        ("business_key", "VARCHAR", "key of the document; of an event the key without its time"),
        ("field", "VARCHAR", "CEB name; of a goods line items[n].name"),
        ("old", "VARCHAR", "value told before; a digest where the field is personal"),
        ("new", "VARCHAR", "value told now"),
        ("version_at", "TIMESTAMP", "version time of the record as told before"),
        ("business_date", "DATE", "business date of the record as told before"),
        ("guid", "VARCHAR", "guid of the document, of a receipt that of the document it answers"),
        ("hash_before", "VARCHAR", "file that told it before"),
        ("hash_after", "VARCHAR", "file that tells it now"),
        ("name_before", "VARCHAR", "name of the file that told it before"),
        ("name_after", "VARCHAR", "name of the file that tells it now"),
        ("found_at", "TIMESTAMP", "when that file was committed"),
        RUN,
    ),
)
CORRECTIONS = Table(
    "ledger",
    "corrections",
    "one declared correction as it was when it, or what it matches, changed; the newest row of each holds",
    (
        ZONE,
        ("correction_id", "VARCHAR", "id; the name of its file"),
        ("file", "VARCHAR", "file in the zone folder"),
        ("action", "VARCHAR", "drop, override or flag"),
        ("kind", "VARCHAR", "document kind it selects"),
        ("status", "VARCHAR", "proposed, active, withdrawn or removed (the file is gone)"),
        ("reason", "VARCHAR", "why"),
        ("reporter", "VARCHAR", "who reported the error"),
        ("reported", "DATE", "when it was reported"),
        ("documents", "BIGINT", "stored document versions it matches"),
        ("first_date", "DATE", "earliest business date of these"),
        ("last_date", "DATE", "latest business date of these"),
        ("definition", "VARCHAR", "the file as it stood"),
        ("applied_at", "TIMESTAMP", "when a run took it up"),
        RUN,
    ),
)
