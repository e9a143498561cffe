"""The ledger, quarantine and book-keeping tables, column by column: type and meaning, declared once.

Document and core tables are not here: they follow from the contracts and from transforms.schemas.
Times are local Beijing time; amounts are DECIMAL, summed over the money fields of the contract in
the document's own currency (a control total, not a statistic).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One table: where it lives, what one row is, its columns as (name, SQL type, meaning)."""

    schema: str
    name: str
    grain: str
    columns: tuple[tuple[str, str, str], ...]
    partition: tuple[str, ...] = ()

    @property
    def qualified(self) -> str:
        """Name inside the lake."""
        return f"wh.{self.schema}.{self.name}"


_ZONE = ("zone", "VARCHAR", "pilot zone")
_FILE = ("file_hash", "VARCHAR", "SHA-256 of the file's bytes")
_RUN = ("run_id", "VARCHAR", "run that wrote the row")
_AMOUNT = "DECIMAL(38,5)"

MIGRATIONS = Table(
    "ledger",
    "migrations",
    "one applied migration",
    (
        ("number", "INTEGER", "number of the migration"),
        ("name", "VARCHAR", "what it does"),
        ("applied_at", "TIMESTAMP", "when it was applied"),
    ),
)
FILES = Table(
    "ledger",
    "files",
    "one file's bytes, once a zone; kept for ever",
    (
        _ZONE,
        _FILE,
        ("names", "VARCHAR[]", "names it first arrived under; a member is archive!member"),
        ("source", "VARCHAR", "where it was pulled from"),
        ("kind", "VARCHAR", "document kind; null where it was not recognised"),
        ("format", "VARCHAR", "xml, csv, parquet, jsonl, xlsx; null where it was not recognised"),
        ("bytes", "BIGINT", "size"),
        ("lines", "BIGINT", "physical records: CSV lines, sheet rows, JSON lines, XML documents"),
        ("rows_read", "BIGINT", "documents in the file"),
        ("rows_accepted", "BIGINT", "documents stored as the newest version of their key"),
        ("rows_duplicate", "BIGINT", "documents stored before, or earlier in the same batch"),
        ("rows_superseded", "BIGINT", "documents stored although a newer version of their key was there"),
        ("rows_quarantined", "BIGINT", "documents set aside as unusable"),
        ("amount_total", _AMOUNT, "control total of the file"),
        ("amount_accepted", _AMOUNT, "control total of the accepted documents"),
        ("amount_duplicate", _AMOUNT, "control total of the duplicate documents"),
        ("amount_superseded", _AMOUNT, "control total of the superseded documents"),
        ("amount_quarantined", _AMOUNT, "control total of the quarantined documents"),
        ("amount_mended", _AMOUNT, "what mending released documents added to the control total"),
        ("first_error", "VARCHAR", "reason of the refusal, else rules of the first quarantined row"),
        ("first_error_line", "BIGINT", "line of the first error"),
        ("unknown_fields", "VARCHAR[]", "elements or columns outside the contract"),
        ("status", "VARCHAR", "loaded, refused, unpacked (an archive) or ignored"),
        ("archive_hash", "VARCHAR", "the archive it is a member of"),
        ("landed_at", "TIMESTAMP", "when its bytes were first landed"),
        ("loaded_at", "TIMESTAMP", "when its rows were committed"),
        _RUN,
    ),
)
FILE_NAMES = Table(
    "ledger",
    "file_names",
    "one name a file arrived under; appended when known bytes come under a new name",
    (_ZONE, _FILE, ("name", "VARCHAR", "name"), ("seen_at", "TIMESTAMP", "when first seen"), _RUN),
)
PULLED = Table(
    "ledger",
    "pulled",
    "one state of a file at its source that was taken; appended, the newest of a name counts",
    (
        _ZONE,
        ("source", "VARCHAR", "name in the zone file, or the URL of an inbox given by hand"),
        ("name", "VARCHAR", "name at the source, relative to its root"),
        ("size", "BIGINT", "bytes as listed; null: the source does not tell"),
        ("modified_at", "TIMESTAMP", "when it was changed, as listed"),
        ("version", "VARCHAR", "its ETag, where there is one"),
        _FILE,
        ("business_date", "DATE", "day of the run that took it"),
        ("pulled_at", "TIMESTAMP", "when its taking was committed"),
        _RUN,
    ),
)
RUNS = Table(
    "ledger",
    "runs",
    "one run that changed the warehouse",
    (
        _RUN,
        _ZONE,
        ("business_date", "DATE", "day the run was asked for"),
        ("started_at", "TIMESTAMP", "start"),
        ("finished_at", "TIMESTAMP", "end"),
        ("outcome", "VARCHAR", "ok, warnings or stopped"),
        ("stages", "JSON", "seconds by stage"),
        ("problems", "VARCHAR[]", "gaps, refused files and failed warnings, each named"),
    ),
)
BATCHES = Table(
    "ledger",
    "batches",
    "one commit of documents",
    (
        ("batch_id", "VARCHAR", "batch; documents carry it"),
        _ZONE,
        ("loaded_at", "TIMESTAMP", "when it was committed"),
        ("first_date", "DATE", "earliest business date of its documents"),
        ("last_date", "DATE", "latest business date of its documents"),
        ("undated", "BIGINT", "documents of it that bear no date"),
        ("kinds", "VARCHAR[]", "document kinds it added"),
        ("linked_at", "TIMESTAMP", "when its documents were linked to lists; null: not yet"),
    ),
)
COVERAGE = Table(
    "ledger",
    "coverage",
    "one business date and kind",
    (
        _ZONE,
        ("business_date", "DATE", "null: documents that bear no time"),
        ("kind", "VARCHAR", "document kind"),
        ("documents", "BIGINT", "stored document versions"),
        ("files", "BIGINT", "files they came in"),
        ("first_document_at", "TIMESTAMP", "earliest business time"),
        ("last_document_at", "TIMESTAMP", "latest business time"),
        ("last_loaded_at", "TIMESTAMP", "newest commit that touched it"),
    ),
)
DELIVERIES = Table(
    "ledger",
    "deliveries",
    "documents of one kind and business date that one batch stored with the same delay; kept for ever",
    (
        _ZONE,
        ("business_date", "DATE", "null: documents that bear no time"),
        ("kind", "VARCHAR", "document kind"),
        ("batch_id", "VARCHAR", "batch"),
        ("loaded_at", "TIMESTAMP", "when it was committed"),
        ("delay_quarters", "BIGINT", "whole quarters of an hour from the document's own time to loaded_at"),
        ("documents", "BIGINT", "stored document versions"),
    ),
)
VALIDATIONS = Table(
    "ledger",
    "validations",
    "one expectation checked over one kind of a run",
    (
        _ZONE,
        _RUN,
        ("kind", "VARCHAR", "document kind"),
        ("rule", "VARCHAR", "rule id"),
        ("severity", "VARCHAR", "critical, warning or info"),
        ("field", "VARCHAR", "field it looks at; null: the rule as a whole"),
        ("expectation", "VARCHAR", "name of the check"),
        ("outcome", "VARCHAR", "passed, failed (the data) or broken (the check itself)"),
        ("broken_reason", "VARCHAR", "why the check broke, which says nothing about the data"),
        ("checked", "BIGINT", "documents looked at"),
        ("failed", "BIGINT", "documents that failed"),
        ("observed_value", "BIGINT", "what an aggregate check saw"),
        ("sample", "VARCHAR[]", "business keys of some documents that failed"),
        ("rule_set", "VARCHAR", "version of the rules"),
        ("validated_at", "TIMESTAMP", "when it was committed"),
    ),
)
FINDINGS = Table(
    "ledger",
    "findings",
    "one rule broken by one row; the row may be in the figures (warning) or not (critical)",
    (
        _ZONE,
        ("batch_id", "VARCHAR", "batch"),
        ("kind", "VARCHAR", "document kind"),
        ("rule", "VARCHAR", "rule id"),
        ("severity", "VARCHAR", "critical, warning or info"),
        _FILE,
        ("row_no", "BIGINT", "1-based ordinal of the document in its file"),
        ("line_no", "BIGINT", "line where it starts"),
        ("business_key", "VARCHAR", "key of the document"),
        ("field", "VARCHAR", "CEB name of the field"),
        ("detail", "VARCHAR", "what is wrong; never a personal value"),
    ),
)
TOUCHED_DATES = Table(
    "ledger",
    "touched_dates",
    "one change of stored rows whose figures of a business date have not been looked at since",
    (
        _ZONE,
        ("business_date", "DATE", "date to look at"),
        _RUN,
        ("reason", "VARCHAR", "late data or correction"),
        ("lists", "BIGINT", "changed lists with a time on the date; 0: lists open at its end, or documents"),
        ("documents", "BIGINT", "new documents of the date that figures read directly"),
    ),
)
OUT_OF_WINDOW = Table(
    "ledger",
    "out_of_window",
    "one published date that new data touch and that lies before the look-back; kept for ever",
    (
        _ZONE,
        ("business_date", "DATE", "date that is not restated by itself"),
        _RUN,
        ("reason", "VARCHAR", "late data or correction"),
        ("lists", "BIGINT", "changed lists with a time on the date"),
        ("documents", "BIGINT", "new documents of the date that figures read directly"),
        ("noted_at", "TIMESTAMP", "when it was listed"),
        ("restated_at", "TIMESTAMP", "when a run looked at the date again; null: not yet"),
    ),
)
REDELIVERIES = Table(
    "ledger",
    "redeliveries",
    "one file that came again under its name with other bytes, held against the version before (docs/decisions/0019)",
    (
        _ZONE,
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
        _RUN,
    ),
)
REPEATED_ROWS = Table(
    "ledger",
    "repeated_rows",
    "one row of a file that is not stored because it is stored already: keeps the keys of every file knowable",
    (
        _ZONE,
        _RUN,
        _FILE,
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
        _ZONE,
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
        _RUN,
        ("reappeared_at", "TIMESTAMP", "when a file told it again; null: not so far"),
        ("reappeared_hash", "VARCHAR", "the file that told it again"),
    ),
)
REWRITTEN = Table(
    "ledger",
    "rewritten",
    "one field of a record told again with another value and no newer version time; both values are kept",
    (
        _ZONE,
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
        _RUN,
    ),
)
CORRECTIONS = Table(
    "ledger",
    "corrections",
    "one declared correction as it was when it, or what it matches, changed; the newest row of each holds",
    (
        _ZONE,
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
        _RUN,
    ),
)
NUMBERS = Table(
    "ledger",
    "numbers",
    "one number by which documents name a list (see warehouse.links); never changed, only added to",
    (
        _ZONE,
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
        _ZONE,
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
        _ZONE,
        ("business_date", "DATE", "date of the document"),
        ("kind", "VARCHAR", "document kind"),
        ("document", "UBIGINT", "hash of all numbers of the document"),
        ("number", "UBIGINT", "hash of the identity"),
        ("leads", "BOOLEAN", "whether it names the document itself, not one parcel or list of many in it"),
    ),
)
CHECKPOINTS = Table(
    "ledger",
    "checkpoints",
    "one signed checkpoint of the log of commits; the log itself lies outside the catalog (warehouse.record)",
    (
        ("day", "DATE", "business date of the run that sealed it"),
        ("size", "BIGINT", "entries of the log it covers"),
        ("root", "VARCHAR", "Merkle root of these entries, hexadecimal"),
        ("note", "VARCHAR", "the signed note"),
        ("sealed_at", "TIMESTAMP", "when"),
        _RUN,
    ),
)
BACKFILLS = Table(
    "ledger",
    "backfills",
    "one backfill that had days to do; kept for ever",
    (
        ("backfill_id", "VARCHAR", "the backfill"),
        _ZONE,
        ("first_date", "DATE", "first business date asked for"),
        ("last_date", "DATE", "last business date asked for"),
        ("reason", "VARCHAR", "why, as stated; null: not stated"),
        ("asked_by", "VARCHAR", "user who asked, as stated, else the account it ran under"),
        ("inbox", "VARCHAR", "where its extracts lay"),
        ("started_at", "TIMESTAMP", "start"),
        ("finished_at", "TIMESTAMP", "end; null: it runs"),
        (
            "outcome",
            "VARCHAR",
            "running, done, incomplete (days failed), stopped, or interrupted (found so later)",
        ),
        ("days_asked", "BIGINT", "days of the range"),
        ("days_done", "BIGINT", "days loaded and published by it"),
        ("days_failed", "BIGINT", "days that failed"),
        ("days_skipped", "BIGINT", "days done before whose input had not changed"),
    ),
)
BACKFILL_DAYS = Table(
    "ledger",
    "backfill_days",
    "one day that a backfill did or that failed; days skipped leave no row",
    (
        ("backfill_id", "VARCHAR", "the backfill"),
        _ZONE,
        ("business_date", "DATE", "the day"),
        ("outcome", "VARCHAR", "done or failed"),
        ("sentence", "VARCHAR", "why it failed; null: done"),
        (
            "fingerprint",
            "VARCHAR",
            "SHA-256 over names, sizes and times of its files and the version of the method",
        ),
        ("run_id", "VARCHAR", "its run (ledger.runs); null: it failed before it had one"),
        ("noted_at", "TIMESTAMP", "when it was done or failed"),
    ),
)
MAINTENANCE = Table(
    "ledger",
    "maintenance",
    "one kind of upkeep of one maintenance, as planned before or as done; kept for ever",
    (
        _RUN,
        ("zone", "VARCHAR", "zone whose landed files it was narrowed to; null: the whole home"),
        ("action", "VARCHAR", "what was done"),
        ("state", "VARCHAR", "planned (written before anything is removed) or done"),
        ("objects", "BIGINT", "how many tables, snapshots or files"),
        ("bytes", "BIGINT", "their size; of a merge the size of what was merged"),
        ("names", "VARCHAR[]", "each of them: table, range of snapshots, path, or SHA-256 of a landed file"),
        ("left", "VARCHAR[]", "what could not be done or was kept, and why"),
        ("at", "TIMESTAMP", "when the maintenance began"),
    ),
)
QUARANTINE = Table(
    "quarantine",
    "rows",
    "one unusable document",
    (
        _ZONE,
        ("quarantine_id", "VARCHAR", "id to show and release it by"),
        ("kind", "VARCHAR", "document kind"),
        _FILE,
        ("row_no", "BIGINT", "1-based ordinal of the document in its file"),
        ("line_no", "BIGINT", "line where it starts"),
        ("business_date", "DATE", "date of the document's own time; null where it bears none"),
        ("business_key", "VARCHAR", "key of the document, as far as there is one"),
        ("rules", "VARCHAR[]", "every critical rule it breaks"),
        ("details", "VARCHAR", "what the reader noticed, as JSON"),
        ("record", "VARCHAR", "the typed, masked row, as JSON"),
        ("quarantined_at", "TIMESTAMP", "when"),
        _RUN,
        ("status", "VARCHAR", "open, released (waits for the next run) or accepted"),
    ),
)
RELEASES = Table(
    "quarantine",
    "releases",
    "one decision to put a quarantined row back",
    (
        ("release_id", "VARCHAR", "id"),
        _ZONE,
        ("quarantine_id", "VARCHAR", "row"),
        ("overrides", "VARCHAR", "mended fields by CEB name, as JSON"),
        ("reason", "VARCHAR", "why"),
        ("released_by", "VARCHAR", "who"),
        ("released_at", "TIMESTAMP", "when"),
        ("applied_at", "TIMESTAMP", "when a run tried it; null: not yet"),
        ("outcome", "VARCHAR", "accepted, duplicate, superseded or quarantined; null: not yet"),
    ),
)
PARTITIONS = Table(
    "core",
    "partitions",
    "one business date of core.lists: what keeps a reader from opening it",
    (
        _ZONE,
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
        _ZONE,
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
        _ZONE,
        ("business_date", "DATE", "first day on which it declared a list in the role"),
        ("role", "VARCHAR", "ebc, ebp, logistics, agent or payment"),
        ("code", "VARCHAR", "the enterprise"),
    ),
)
PUBLISHED = Table(
    "vintages",
    "published",
    "one published version of a zone's day",
    (
        _ZONE,
        ("business_date", "DATE", "day"),
        ("vintage", "BIGINT", "1, 2, ... of that day"),
        ("published_at", "TIMESTAMP", "when readers could see it; greater than that of any vintage before"),
        _RUN,
        (
            "reason",
            "VARCHAR",
            "publication (the first), provisional, final (the first after provisional ones), late data, "
            "correction or method (new definitions)",
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
        _ZONE,
        ("business_date", "DATE", "day"),
        ("vintage", "BIGINT", "vintage that brought the new value"),
        ("metric", "VARCHAR", "table and column, e.g. volume_daily.lists"),
        ("breakdowns", "VARCHAR", "the cell, e.g. basis=released; flow=I; mode=all; office=all"),
        ("old", "DECIMAL(38,10)", "value before; null: the cell was not there"),
        ("new", "DECIMAL(38,10)", "value now; null: the cell is gone"),
        ("published_at", "TIMESTAMP", "when readers could see it"),
    ),
)
ALERTS = Table(
    "alerts",
    "alerts",
    "one thing that was wrong, from when it was found to when it no longer held; kept for ever",
    (
        _ZONE,
        ("business_date", "DATE", "day it is about"),
        ("kind", "VARCHAR", "what is wrong (warehouse.alerts.KINDS)"),
        ("subject", "VARCHAR", "source, rule, run or year it is about"),
        ("sentence", "VARCHAR", "what was found, in words; never a personal value"),
        ("details", "VARCHAR", "what the check saw, as JSON: for a volume the band and how it was drawn"),
        ("first_seen_at", "TIMESTAMP", "when it was found"),
        ("last_seen_at", "TIMESTAMP", "when it was last found with another sentence, or found gone"),
        ("resolved_at", "TIMESTAMP", "when it no longer held; null: it still does"),
        ("run_id", "VARCHAR", "run or watchdog that found it"),
    ),
)

TABLES: tuple[Table, ...] = (
    MIGRATIONS,
    FILES,
    FILE_NAMES,
    PULLED,
    RUNS,
    BATCHES,
    COVERAGE,
    DELIVERIES,
    VALIDATIONS,
    FINDINGS,
    TOUCHED_DATES,
    OUT_OF_WINDOW,
    REDELIVERIES,
    REPEATED_ROWS,
    VANISHED,
    REWRITTEN,
    CORRECTIONS,
    NUMBERS,
    PLACES,
    WAITING,
    CHECKPOINTS,
    BACKFILLS,
    BACKFILL_DAYS,
    MAINTENANCE,
    QUARANTINE,
    RELEASES,
    PARTITIONS,
    ENTERPRISE_DAYS,
    ENTERPRISES,
    PUBLISHED,
    REVISIONS,
    ALERTS,
)
