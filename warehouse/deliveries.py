"""ledger.deliveries: how long after their own time documents were loaded, in quarters of an hour.

One small row instead of a document for each delay there is, so that timeliness costs the same however many
documents a day has. Appended with the documents and never changed: a document that comes again is a
duplicate and is not stored again, so its delay stays that of its first acceptance.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from sources.contracts import CONTRACTS, Contract
from transforms.timeliness_tables import QUARTER_S
from warehouse import sql
from warehouse.schema import document_table


def add(con: duckdb.DuckDBPyConnection, zone: str, batch_id: str, loaded_at: datetime) -> None:
    """Append what the batch has stored (`stored_now` of warehouse.ledger); nothing where that is nothing."""
    con.execute(
        f"INSERT INTO wh.ledger.deliveries BY NAME SELECT {sql.literal(zone)} AS zone, business_date, kind, "
        f"{sql.literal(batch_id)} AS batch_id, {sql.literal(loaded_at)} AS loaded_at, delay_quarters, "
        "sum(rows)::BIGINT AS documents FROM stored_now GROUP BY ALL ORDER BY business_date, kind, delay_quarters"
    )


def backfill(con: duckdb.DuckDBPyConnection) -> None:
    """Count the documents stored before there was this table, once."""
    if con.execute("SELECT 1 FROM wh.ledger.batches LIMIT 1").fetchone() is None:
        return
    if con.execute("SELECT 1 FROM wh.ledger.deliveries LIMIT 1").fetchone() is not None:
        return
    for contract in CONTRACTS.values():
        con.execute(
            "INSERT INTO wh.ledger.deliveries BY NAME SELECT zone, business_date, "
            f"{sql.literal(contract.kind)} AS kind, batch_id, loaded_at, {quarters(contract)} AS delay_quarters, "
            f"count(*) AS documents FROM {document_table(contract)} GROUP BY ALL ORDER BY ALL"
        )


def quarters(contract: Contract) -> str:
    """Whole quarters of an hour from the document's time to its loading; null where it bears no time."""
    return (
        f"CAST(floor((epoch_ms(loaded_at) - epoch_ms({sql.name(contract.business_column)})) "
        f"/ {QUARTER_S * 1000}.0) AS BIGINT)"
    )
