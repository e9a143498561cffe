"""The ledger, quarantine and book-keeping tables, column by column: type and meaning, declared once.

Document and core tables are not here: they follow from the contracts and from transforms.schemas.
Times are local Beijing time; amounts are DECIMAL, summed over the money fields of the contract in
the document's own currency (a control total, not a statistic).
"""

from __future__ import annotations

from warehouse.tables.deliveries import (
    BATCHES,
    COVERAGE,
    DELIVERIES,
    FILE_NAMES,
    FILES,
    FINDINGS,
    PULLED,
    VALIDATIONS,
)
from warehouse.tables.lists import ENTERPRISE_DAYS, ENTERPRISES, NUMBERS, PARTITIONS, PLACES, WAITING
from warehouse.tables.model import Table
from warehouse.tables.publishing import OUT_OF_WINDOW, PUBLISHED, REVISIONS, TOUCHED_DATES
from warehouse.tables.records import CORRECTIONS, REDELIVERIES, REPEATED_ROWS, REWRITTEN, VANISHED
from warehouse.tables.rejected import QUARANTINE, RELEASES
from warehouse.tables.running import (
    ALERTS,
    BACKFILL_DAYS,
    BACKFILLS,
    CHECKPOINTS,
    MAINTENANCE,
    MIGRATIONS,
    RUNS,
)

__all__ = [
    "ALERTS",
    "BACKFILLS",
    "BACKFILL_DAYS",
    "BATCHES",
    "CHECKPOINTS",
    "CORRECTIONS",
    "COVERAGE",
    "DELIVERIES",
    "ENTERPRISES",
    "ENTERPRISE_DAYS",
    "FILES",
    "FILE_NAMES",
    "FINDINGS",
    "MAINTENANCE",
    "MIGRATIONS",
    "NUMBERS",
    "OUT_OF_WINDOW",
    "PARTITIONS",
    "PLACES",
    "PUBLISHED",
    "PULLED",
    "QUARANTINE",
    "REDELIVERIES",
    "RELEASES",
    "REPEATED_ROWS",
    "REVISIONS",
    "REWRITTEN",
    "RUNS",
    "TABLES",
    "TOUCHED_DATES",
    "Table",
    "VALIDATIONS",
    "VANISHED",
    "WAITING",
]

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
