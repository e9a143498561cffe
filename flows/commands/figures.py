"""The tables `demo` ends with: volume, clearance and coverage of one date, and how to ask for more."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from flows import output
from warehouse import Home, catalogs, query

_VOLUME = """
    SELECT basis, flow, lists, orders, items, packages, value_cny, tax_cny, gross_weight_kg
    FROM metrics.volume_daily
    WHERE zone = '{zone}' AND business_date = DATE '{day}' AND mode = 'all' AND office = 'all'
    ORDER BY basis, flow
"""
_CLEARANCE = """
    SELECT basis, flow, measure, n, mean_h, median_h, p90_h, p95_h, max_h, within_1h, within_24h,
        "open", negative, "undefined", excluded_h
    FROM metrics.clearance_daily
    WHERE zone = '{zone}' AND business_date = DATE '{day}' AND mode = 'all' AND office = 'all' AND flow <> 'all'
    ORDER BY basis DESC, flow DESC, measure
"""
_COVERAGE = """
    SELECT kind, documents, files, first_document_at, last_document_at
    FROM ledger.coverage WHERE zone = '{zone}' AND business_date = DATE '{day}' ORDER BY kind
"""


def show(home: Path, zone: str, day: date) -> None:
    """Print the three tables; `zone` is a name the zone file gave, `day` a date."""
    store = Home(home)
    for title, text in (
        (f"Volume {zone} {day}", _VOLUME),
        (f"Clearance {zone} {day} (hours)", _CLEARANCE),
        (f"Coverage {zone} {day} (documents)", _COVERAGE),
    ):
        output.out.print()
        rows = query.run(store, text.format(zone=zone, day=day)).to_pylist()
        output.table(title, rows, numbers=[name for name in (rows[0] if rows else ()) if name not in _TEXTS])
    output.out.print(f"\nWarehouse: {catalogs.of(store).where()} (data in {store.storage.url})")
    output.out.print(f"Analysts' copy, opens with any DuckDB: {store.published / 'analyst.duckdb'}")
    output.out.print(
        'Ask it:   uv run tongguan sql "SELECT * FROM metrics.definitions" --home', str(home), markup=False
    )


_TEXTS = {"basis", "flow", "measure", "kind", "first_document_at", "last_document_at"}
