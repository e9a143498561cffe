"""What was delivered: files, what they held, and what the checks found in them."""

from __future__ import annotations

from warehouse.tables.model import AMOUNT, FILE, RUN, ZONE, Table

FILES = Table(
    "ledger",
    "files",
    "one file's bytes, once a zone; kept for ever",
    (
        ZONE,
        FILE,
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
        ("amount_total", AMOUNT, "control total of the file"),
        ("amount_accepted", AMOUNT, "control total of the accepted documents"),
        ("amount_duplicate", AMOUNT, "control total of the duplicate documents"),
        ("amount_superseded", AMOUNT, "control total of the superseded documents"),
        ("amount_quarantined", AMOUNT, "control total of the quarantined documents"),
        ("amount_mended", AMOUNT, "what mending released documents added to the control total"),
        ("first_error", "VARCHAR", "reason of the refusal, else rules of the first quarantined row"),
        ("first_error_line", "BIGINT", "line of the first error"),
        ("unknown_fields", "VARCHAR[]", "elements or columns outside the contract"),
        ("status", "VARCHAR", "loaded, refused, unpacked (an archive) or ignored"),
        ("archive_hash", "VARCHAR", "the archive it is a member of"),
        ("landed_at", "TIMESTAMP", "when its bytes were first landed"),
        ("loaded_at", "TIMESTAMP", "when its rows were committed"),
        RUN,
    ),
)
FILE_NAMES = Table(
    "ledger",
    "file_names",
    "one name a file arrived under; appended when known bytes come under a new name",
    (ZONE, FILE, ("name", "VARCHAR", "name"), ("seen_at", "TIMESTAMP", "when first seen"), RUN),
)
PULLED = Table(
    "ledger",
    "pulled",
    "one state of a file at its source that was taken; appended, the newest of a name counts",
    (
        ZONE,
        ("source", "VARCHAR", "name in the zone file, or the URL of an inbox given by hand"),
        ("name", "VARCHAR", "name at the source, relative to its root"),
        ("size", "BIGINT", "bytes as listed; null: the source does not tell"),
        ("modified_at", "TIMESTAMP", "when it was changed, as listed"),
        ("version", "VARCHAR", "its ETag, where there is one"),
        FILE,
        ("business_date", "DATE", "day of the run that took it"),
        ("pulled_at", "TIMESTAMP", "when its taking was committed"),
        RUN,
    ),
)
BATCHES = Table(
    "ledger",
    "batches",
    "one commit of documents",
    (
        ("batch_id", "VARCHAR", "batch; documents carry it"),
        ZONE,
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
        ZONE,
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
        ZONE,
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
        ZONE,
        RUN,
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
        ZONE,
        ("batch_id", "VARCHAR", "batch"),
        ("kind", "VARCHAR", "document kind"),
        ("rule", "VARCHAR", "rule id"),
        ("severity", "VARCHAR", "critical, warning or info"),
        FILE,
        ("row_no", "BIGINT", "1-based ordinal of the document in its file"),
        ("line_no", "BIGINT", "line where it starts"),
        ("business_key", "VARCHAR", "key of the document"),
        ("field", "VARCHAR", "CEB name of the field"),
        ("detail", "VARCHAR", "what is wrong; never a personal value"),
    ),
)
