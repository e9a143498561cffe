"""The same figures by one bare DuckDB script on the same files: no ledger, no checks, no history, no privacy.

It is the floor a day is measured against, and a second, plainer computation of volume and of gross
clearance times on the release basis. Reads Parquet and CSV as the simulator writes them; DuckDB reads
no XML, so an XML day is compared with its Parquet twin.
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

_SCRIPT = """
CREATE TEMP TABLE versions AS
    SELECT flow, ebcCode, orderNo, guid, tradeMode AS mode, customsCode AS office, {app_time} AS app_at,
        packNo::BIGINT AS packages, grossWeight::DECIMAL(19,5) AS gross_weight_kg, lines, totals
    FROM ({imports} UNION ALL BY NAME {exports});
CREATE TEMP TABLE receipts AS
    SELECT flow, guid, returnStatus AS status, {return_time} AS told_at
    FROM ({import_receipts} UNION ALL BY NAME {export_receipts});
CREATE TEMP TABLE milestones AS
    SELECT v.flow, v.ebcCode, v.orderNo, min(told_at) FILTER (WHERE status = '2') AS declared_at,
        min(told_at) FILTER (WHERE status = '120') AS accepted_at, min(told_at) FILTER (WHERE status = '800') AS released_at
    FROM receipts r JOIN (SELECT DISTINCT flow, ebcCode, orderNo, guid FROM versions) v USING (flow, guid)
    GROUP BY ALL;
CREATE TEMP TABLE orders AS SELECT DISTINCT flow, ebcCode, orderNo FROM ({orders});
CREATE TEMP TABLE taxes AS
    SELECT 'I' AS flow, ebcCode, orderNo,
        sum(customsTax::DECIMAL(19,5) + valueAddedTax::DECIMAL(19,5) + consumptionTax::DECIMAL(19,5)) AS tax
    FROM ({taxes}) WHERE status <> '3' GROUP BY ALL;
CREATE TEMP TABLE lists AS
    SELECT v.*, m.* EXCLUDE (flow, ebcCode, orderNo, declared_at), coalesce(m.declared_at, v.first_at) AS declared_at,
        t.tax, o.orderNo IS NOT NULL AS has_order,
        list_sum(list_transform(v.totals, x -> x.amount::DECIMAL(19,5))) AS value
    FROM (SELECT *, min(app_at) OVER (PARTITION BY flow, ebcCode, orderNo) AS first_at FROM versions
          QUALIFY row_number() OVER (PARTITION BY flow, ebcCode, orderNo ORDER BY app_at DESC) = 1) v
    LEFT JOIN milestones m USING (flow, ebcCode, orderNo)
    LEFT JOIN orders o USING (flow, ebcCode, orderNo)
    LEFT JOIN taxes t USING (flow, ebcCode, orderNo);
CREATE TEMP TABLE volume AS
    SELECT coalesce(flow, 'all') AS flow, coalesce(mode, 'all') AS mode, coalesce(office, 'all') AS office,
        count(*) AS lists, count(*) FILTER (WHERE has_order) AS orders, sum(lines) AS items, sum(packages) AS packages,
        sum(value) FILTER (WHERE currency = '142') AS value_in_cny, sum(gross_weight_kg) AS gross_weight_kg, sum(tax) AS tax_cny
    FROM (SELECT *, totals[1].currency AS currency FROM lists WHERE released_at::DATE = DATE '{day}')
    GROUP BY CUBE (flow, mode, office);
CREATE TEMP TABLE clearance AS
    SELECT coalesce(flow, 'all') AS flow, coalesce(mode, 'all') AS mode, coalesce(office, 'all') AS office, count(ms) AS n,
        avg(ms) / 3600000 AS mean_h, quantile_cont(ms, 0.5) / 3600000 AS median_h,
        quantile_cont(ms, 0.9) / 3600000 AS p90_h, quantile_cont(ms, 0.95) / 3600000 AS p95_h,
        max(ms) / 3600000 AS max_h
    FROM (SELECT *, date_diff('millisecond', accepted_at, released_at) AS ms FROM lists
          WHERE released_at::DATE = DATE '{day}' AND accepted_at <= released_at)
    GROUP BY CUBE (flow, mode, office);
"""


@dataclass(frozen=True)
class Bare:
    """Seconds, peak resident memory of the process (MB), and the roll-up rows over everything."""

    seconds: float
    peak_mb: float
    volume: dict[str, Any]
    clearance: dict[str, Any]


def compute(extracts: Path, day: date, form: str) -> Bare:
    """Figures of `day` from the simulator's files in `extracts` (one folder of `form` files)."""
    con = duckdb.connect(config={"memory_limit": "1200MB"})
    con.execute("SET TimeZone = 'Asia/Shanghai'")
    started = time.perf_counter()
    for statement in script(extracts, day, form).split(";\n"):
        if statement.strip():
            con.execute(statement)
    seconds = time.perf_counter() - started
    totals = [
        con.sql(f"SELECT * FROM {name} WHERE flow = 'all' AND mode = 'all' AND office = 'all'")
        .pl()
        .to_dicts()
        for name in ("volume", "clearance")
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    con.close()
    return Bare(seconds, peak, *(rows[0] if rows else {} for rows in totals))


def script(extracts: Path, day: date, form: str) -> str:
    """The SQL for the files of one folder."""
    list_heads = "guid, ebcCode, orderNo, tradeMode, customsCode, appTime, packNo, grossWeight"
    receipt_heads = "guid, returnStatus, returnTime"
    tax_heads = "ebcCode, orderNo, status, customsTax, valueAddedTax, consumptionTax"
    if form == "parquet":
        app_time, return_time = "appTime", "returnTime"
    else:
        app_time = "strptime(appTime, '%Y%m%d%H%M%S')"
        return_time = "strptime(rpad(returnTime, 17, '0'), '%Y%m%d%H%M%S%g')"
    return _SCRIPT.format(
        day=day,
        app_time=app_time,
        return_time=return_time,
        imports=scan(extracts, "CEB621", form, list_heads, True, "I"),
        exports=scan(extracts, "CEB603", form, list_heads, True, "E"),
        import_receipts=scan(extracts, "CEB622", form, receipt_heads, False, "I"),
        export_receipts=scan(extracts, "CEB604", form, receipt_heads, False, "E"),
        orders=f"{scan(extracts, 'CEB311', form, 'ebcCode, orderNo', False, 'I')} UNION ALL "
        f"{scan(extracts, 'CEB303', form, 'ebcCode, orderNo', False, 'E')}",
        taxes=scan(extracts, "CEB816", form, tax_heads, False, "I"),
    )


def scan(extracts: Path, kind: str, form: str, heads: str, with_items: bool, flow: str) -> str:
    """SELECT of one kind's files: head fields, and for lists the number of lines and their totals."""
    files = f"{extracts}/{kind}_*.{form}"
    columns = f"'{flow}' AS flow, {heads}"
    if form == "parquet":
        items = (
            ", len(items) AS lines, list_transform(items, x -> {amount: x.totalPrice, currency: x.currency}) AS totals"
            if with_items
            else ""
        )
        return f"SELECT {columns}{items} FROM read_parquet('{files}')"
    source = f"read_csv('{files}', all_varchar = true, header = true)"
    if not with_items:
        return f"SELECT DISTINCT {columns} FROM {source}"
    currency = "item_currency" if kind == "CEB621" else "currency"
    items = f", count(*) AS lines, list({{amount: totalPrice, currency: {currency}}}) AS totals"
    return f"SELECT {columns}{items} FROM {source} GROUP BY ALL"
