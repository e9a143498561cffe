"""Whether two lakes hold the same: every table counted and hashed, but for what names a run or its clock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transforms.definitions import METRIC_TABLES
from warehouse import Lake, sql

#: Columns that tell when and by which run something was done.
OF_THE_RUN = frozenset(
    {
        *(
            "run_id",
            "batch_id",
            "backfill_id",
            "release_id",
            "batch_before",
            "stages",
            "note",
            "root",
            "size",
        ),
        *(
            "restated_at",
            "landed_at",
            "loaded_at",
            "last_loaded_at",
            "seen_at",
            "linked_at",
            "validated_at",
            "noted_at",
        ),
        *("found_at", "quarantined_at", "released_at", "applied_at", "started_at", "finished_at"),
        *("published_at", "sealed_at", "reappeared_at"),
    }
)
#: Books of the runs themselves, and how long documents took to arrive, which the clock of the run tells.
LEFT_OUT = frozenset(
    {
        *("ledger.migrations", "ledger.checkpoints", "ledger.runs", "ledger.backfills", "ledger.deliveries"),
        *("vintages.timeliness_daily", "metrics.timeliness_daily"),
    }
)

#: What a table says, where its rows also tell in which order runs came: a number is a list's own from any of them.
SAID = {
    "ledger.numbers": "(SELECT zone, business_date, list, number, bool_or(tie = 'own') AS tie "
    "FROM wh.ledger.numbers GROUP BY zone, business_date, list, number)"
}

Fingerprint = dict[str, tuple[int, str]]


def fingerprint(lake: Lake, *, vintages: bool = True, zones: Sequence[str] = ()) -> Fingerprint:
    """Rows and a hash of the rows, in no order, by table; `vintages` False: only the figures in force.

    `zones`: of these only; all where none is named.
    How many vintages a date has, and which numbers waited for a list, depends on the order in which runs took
    turns; the newest figures do not. Views of periods are computed from these, floats in any order.
    """
    found: Fingerprint = {}
    for table, columns in sorted(_tables(lake, vintages).items()):
        compared = [each for each in columns if each not in OF_THE_RUN and (vintages or each != "vintage")]
        said = SAID.get(table, f"wh.{table}")
        row = lake.con.execute(
            f"SELECT count(*), CAST(sum(CAST(hash({sql.names(compared)}) AS HUGEINT)) AS VARCHAR) FROM {said} AS said"
            + (f" WHERE zone IN ({sql.literals(zones)[1:-1]})" if zones and "zone" in columns else "")
        ).fetchone()
        assert row is not None
        found[table] = (row[0], row[1])
    return found


def differences(one: Fingerprint, other: Fingerprint) -> list[str]:
    """Sentences; none where the lakes hold the same."""
    return [
        f"{table}: {one.get(table, (0, None))[0]:,} rows, {other.get(table, (0, None))[0]:,} rows"
        for table in sorted(one.keys() | other.keys())
        if one.get(table) != other.get(table)
    ]


def of_home(home: Path | str, *, vintages: bool = True, zones: Sequence[str] = ()) -> Fingerprint:
    """The fingerprint of the lake of a home, opened for reading."""
    from warehouse import Home

    with Lake.read(Home(home)) as lake:
        return fingerprint(lake, vintages=vintages, zones=zones)


def _tables(lake: Lake, vintages: bool) -> dict[str, list[str]]:
    own = ("documents", "quarantine", "core", "ledger", "vintages" if vintages else "metrics")
    rows = lake.con.execute(
        "SELECT schema_name || '.' || table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        f"WHERE database_name = 'wh' AND schema_name IN ({sql.literals(own)[1:-1]}) GROUP BY ALL"
    ).fetchall()
    passed_over = {*LEFT_OUT, "metrics.vintages", "metrics.revisions"} | (
        set() if vintages else {"ledger.touched_dates", "ledger.waiting"}
    )
    figures = {f"metrics.{name}" for name in METRIC_TABLES}
    return {
        table: columns
        for table, columns in rows
        if table not in passed_over and (not table.startswith("metrics.") or table in figures)
    }
