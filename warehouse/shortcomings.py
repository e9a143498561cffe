"""What keeps a day from being green, read from the ledger, so that a second run says the same as the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from warehouse import releases, sql, touched
from warehouse.connection import Lake


@dataclass(frozen=True)
class Shortcomings:
    """Everything to look at about a zone's day and the files handed over for it, each as a sentence."""

    gaps: tuple[str, ...]
    refused: tuple[str, ...]
    quarantined: tuple[str, ...]
    warnings: tuple[str, ...]


def shortcomings(
    lake: Lake, zone: str, business_date: date, file_hashes: Sequence[str], expected_kinds: Sequence[str]
) -> Shortcomings:
    """Gaps of the date; refused files, open quarantine rows and failed warnings of the files.

    Files loaded by earlier runs count too: a day does not turn green by being run again.
    """
    lake.con.execute(
        "CREATE OR REPLACE TEMP TABLE handed_over AS WITH handed AS "
        f"(SELECT unnest({sql.literals(file_hashes)}::VARCHAR[]) AS file_hash) FROM handed UNION "
        f"SELECT file_hash FROM wh.ledger.files WHERE zone = {sql.literal(zone)} "
        "AND archive_hash IN (FROM handed)"  # a known archive stands for its members
    )
    return Shortcomings(
        gaps=(
            *_missing_kinds(lake, zone, business_date, expected_kinds),
            *_without_value(lake, zone, business_date),
        ),
        refused=_refused(lake, zone),
        quarantined=_quarantined(lake, zone),
        warnings=(*_warnings(lake, zone), *_out_of_window(lake, zone), *_elsewhere(lake, zone)),
    )


def _missing_kinds(lake: Lake, zone: str, day: date, expected: Sequence[str]) -> tuple[str, ...]:
    seen = {
        kind
        for (kind,) in lake.con.execute(
            f"SELECT kind FROM wh.ledger.coverage WHERE zone = {sql.literal(zone)} "
            f"AND business_date = {sql.literal(day)} AND documents > 0",
        ).fetchall()
    }
    missing = [kind for kind in expected if kind not in seen]
    return (f"{day}: no documents of {', '.join(missing)}",) if missing else ()


def _without_value(lake: Lake, zone: str, day: date) -> tuple[str, ...]:
    row = lake.con.execute(
        f"SELECT count(*) FROM wh.core.lists WHERE zone = {sql.literal(zone)} "
        f"AND business_date = {sql.literal(day)} AND value_cny IS NULL",
    ).fetchone()
    lists = row[0] if row else 0
    if not lists:
        return ()
    return (
        f"{day}: {lists:,} lists have no CNY value (a rate is missing in the zone file, or totals are empty)",
    )


def _refused(lake: Lake, zone: str) -> tuple[str, ...]:
    rows = lake.con.execute(
        "SELECT names[1], first_error, first_error_line FROM wh.ledger.files SEMI JOIN handed_over USING (file_hash) "
        f"WHERE zone = {sql.literal(zone)} AND status = 'refused' ORDER BY names[1]",
    ).fetchall()
    return tuple(f"{name}{f', line {line}' if line else ''}: {reason}" for name, reason, line in rows)


def _quarantined(lake: Lake, zone: str) -> tuple[str, ...]:
    rows = lake.con.execute(
        "SELECT kind, array_to_string(rules, '+'), count(*), min(quarantine_id) FROM wh.quarantine.rows "
        f"SEMI JOIN handed_over USING (file_hash) WHERE zone = {sql.literal(zone)} AND status <> 'accepted' "
        "GROUP BY ALL ORDER BY ALL",
    ).fetchall()
    return tuple(
        f"{kind}: {count:,} documents by rule {rules} (e.g. {example})"
        for kind, rules, count, example in rows
    )


def _warnings(lake: Lake, zone: str) -> tuple[str, ...]:
    rows = lake.con.execute(
        "SELECT rule, kind, count(DISTINCT (file_hash, row_no)), min(business_key) FROM wh.ledger.findings "
        f"SEMI JOIN handed_over USING (file_hash) WHERE zone = {sql.literal(zone)} AND severity = 'warning' "
        "GROUP BY ALL ORDER BY ALL",
    ).fetchall()
    return tuple(
        f"rule {rule}: {count:,} documents of {kind} (e.g. {example})" for rule, kind, count, example in rows
    )


def _out_of_window(lake: Lake, zone: str) -> tuple[str, ...]:
    said = touched.sentence(touched.waiting(lake.con, zone), zone)
    return (said,) if said else ()


def _elsewhere(lake: Lake, zone: str) -> tuple[str, ...]:
    rows = releases.elsewhere(lake, lake.home, zone)
    if not rows:
        return ()
    return (
        f"{rows:,} released rows wait: their landed files are not in {lake.home.landing}. Run the zone on the "
        "machine that landed them, or let TONGGUAN_LANDING name a folder that all machines share",
    )
