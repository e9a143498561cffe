"""The quarantine: look at unusable documents, and decide to put mended ones back."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from sources.contracts import CONTRACTS
from warehouse import mending, sql
from warehouse.connection import Lake
from warehouse.errors import ReleaseError
from warehouse.releases import apply_releases
from warehouse.tables import QUARANTINE

__all__ = ["apply_releases", "list_rows", "release", "show"]

_LISTED = (
    "quarantine_id",
    "zone",
    "kind",
    "rules",
    "business_key",
    "file",
    "line_no",
    "status",
    "quarantined_at",
)


def list_rows(
    lake: Lake,
    zone: str | None = None,
    *,
    kind: str | None = None,
    rule: str | None = None,
    status: str | None = "open",
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Quarantined documents, newest first, with the name of their file; `status` None gives all."""
    conditions = ["true"]
    for column, value in (("zone", zone), ("kind", kind), ("status", status)):
        if value is not None:
            conditions.append(f"q.{column} = {sql.literal(value)}")
    if rule is not None:
        conditions.append(f"list_contains(q.rules, {sql.literal(rule)})")
    return _dicts(
        lake.con.execute(
            f"SELECT {', '.join('f.names[1] AS file' if each == 'file' else f'q.{each}' for each in _LISTED)} "
            "FROM wh.quarantine.rows q LEFT JOIN wh.ledger.files f USING (zone, file_hash) "
            f"WHERE {' AND '.join(conditions)} ORDER BY quarantined_at DESC, file, q.row_no LIMIT {int(limit)}"
        )
    )


def show(lake: Lake, quarantine_id: str, zone: str | None = None) -> dict[str, Any]:
    """One quarantined document: its record, what the reader noticed, its file, and what was decided.

    Raises ReleaseError where there is no such row, or several zones have it.
    """
    chosen = f"AND q.zone = {sql.literal(zone)}" if zone else ""
    rows = _dicts(
        lake.con.execute(
            "SELECT q.*, f.names AS file_names FROM wh.quarantine.rows q LEFT JOIN wh.ledger.files f "
            f"USING (zone, file_hash) WHERE quarantine_id = {sql.literal(quarantine_id)} {chosen}"
        )
    )
    if not rows:
        raise ReleaseError(f"no quarantined row {quarantine_id}: `tongguan quarantine list` shows them")
    if len(rows) > 1:
        zones = ", ".join(sorted(each["zone"] for each in rows))
        raise ReleaseError(f"{quarantine_id} is in several zones ({zones}): say which with --zone")
    row = rows[0]
    row["record"] = json.loads(row["record"])
    row["details"] = json.loads(row["details"] or "[]")
    row["releases"] = _dicts(
        lake.con.execute(
            f"SELECT * EXCLUDE (zone, quarantine_id) FROM wh.quarantine.releases WHERE zone = {sql.literal(row['zone'])} "
            f"AND quarantine_id = {sql.literal(quarantine_id)} ORDER BY released_at"
        )
    )
    return row


def release(
    lake: Lake,
    quarantine_id: str,
    overrides: Mapping[str, str],
    *,
    reason: str,
    by: str,
    at: datetime,
    zone: str | None = None,
) -> str:
    """Decide that the next run takes a row in again, with these head fields (CEB names) mended.

    Returns the id of the decision. Raises ReleaseError for a row that is not open, a field that does not
    exist, is personal (a clear value would be stored: have it sent again), or does not parse.
    """
    if not reason.strip() or not by.strip():
        raise ReleaseError("a release needs a reason and a name: both are kept with the row")
    row = show(lake, quarantine_id, zone)
    if row["status"] != "open":
        raise ReleaseError(f"{quarantine_id} is {row['status']}, not open")
    mending.typed(CONTRACTS[row["kind"]], overrides, row["row_no"], row["file_hash"], secrets.token_bytes(16))
    text = json.dumps(dict(overrides), ensure_ascii=False, sort_keys=True)
    release_id = hashlib.sha256(
        f"{row['zone']} {quarantine_id} {at.isoformat()} {text}".encode()
    ).hexdigest()[:16]

    def work(con: duckdb.DuckDBPyConnection) -> None:
        values = [release_id, row["zone"], quarantine_id, text, reason, by, at, None, None]
        con.execute(
            f"INSERT INTO wh.quarantine.releases VALUES ({', '.join(sql.literal(each) for each in values)})"
        )
        con.execute(
            f"UPDATE {QUARANTINE.qualified} SET status = 'released' WHERE zone = {sql.literal(row['zone'])} "
            f"AND quarantine_id = {sql.literal(quarantine_id)}"
        )

    lake.commit(by, f"release {quarantine_id}: {reason}", f"release-{release_id}", work)
    return release_id


def _dicts(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    columns: Sequence[str] = [each[0] for each in result.description or []]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
