"""The runs of the system itself: migrations, runs, seals, backfills, maintenance, alerts."""

from __future__ import annotations

from warehouse.tables.model import RUN, ZONE, Table

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
RUNS = Table(
    "ledger",
    "runs",
    "one run that changed the warehouse",
    (
        RUN,
        ZONE,
        ("business_date", "DATE", "day the run was asked for"),
        ("started_at", "TIMESTAMP", "start"),
        ("finished_at", "TIMESTAMP", "end"),
        ("outcome", "VARCHAR", "ok, warnings or stopped"),
        ("stages", "JSON", "seconds by stage"),
        ("problems", "VARCHAR[]", "gaps, refused files and failed warnings, each named"),
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
        RUN,
    ),
)
BACKFILLS = Table(
    "ledger",
    "backfills",
    "one backfill that had days to do; kept for ever",
    (
        ("backfill_id", "VARCHAR", "the backfill"),
        ZONE,
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
        ZONE,
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
        RUN,
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
ALERTS = Table(
    "alerts",
    "alerts",
    "one thing that was wrong, from when it was found to when it no longer held; kept for ever",
    (
        ZONE,
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
