"""core.enterprise_days and core.enterprises: what each enterprise declared by day, and since when it is known.

Both follow from core.lists alone. They are brought up to date where lists changed, before figures are
computed, so the year behind a size class is read from small rows instead of a year of lists. A late list
may change figures of other dates than its own: the day on which an enterprise counts as new, and later days
on which it stands in another size class. Exactly those are noted to be restated, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import duckdb

from transforms.enterprise_tables import CLASS_DAYS
from warehouse import sql, touched
from warehouse.connection import Lake
from warehouse.tables import ENTERPRISE_DAYS

#: Role -> SQL of the codes that stand on a list in it.
_CODES = {
    "ebc": "[ebc_code]",
    "ebp": "[ebp_code]",
    "logistics": "[logistics_code]",
    "agent": "[agent_code]",
    "payment": "list_distinct(list_transform(list_filter(payments, lambda each: each.deleted_at IS NULL), "
    "lambda each: each.institution))",
}
_COLUMNS = sql.names(name for name, _, _ in ENTERPRISE_DAYS.columns)


def refresh(
    lake: Lake, zone: str, run_id: str, classes: Sequence[tuple[str, Decimal]], held: Collection[date] = ()
) -> None:
    """Bring both tables up to date on every date that waits to be looked at (ledger.touched_dates), but for `held`.

    `classes` are the zone's size classes. Other dates that follow are noted for the reason of the date they follow
    from. Nothing changed leaves no snapshot.
    """
    days_of: dict[str, list[date]] = {}
    for day, reason in sorted(touched.pending(lake.con, zone).items()):
        if day not in held:
            days_of.setdefault(reason, []).append(day)
    if not days_of:
        return

    def work(con: duckdb.DuckDBPyConnection) -> None:
        for reason, days in sorted(days_of.items()):
            _refresh(con, zone, run_id, classes, days, reason)

    dates = sum(map(len, days_of.values()))
    lake.commit("tongguan", f"{zone}: enterprises of {dates} dates", run_id, work)


def _refresh(
    con: duckdb.DuckDBPyConnection,
    zone: str,
    run_id: str,
    classes: Sequence[tuple[str, Decimal]],
    days: Sequence[date],
    reason: str,
) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE new_days AS {_declared(zone, days)}")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE old_days AS SELECT {_COLUMNS} FROM wh.core.enterprise_days "
        f"WHERE zone = {sql.literal(zone)} AND business_date IN ({_listed(days)})"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE moved AS SELECT DISTINCT business_date, role, code FROM "
        "((FROM new_days EXCEPT FROM old_days) UNION ALL (FROM old_days EXCEPT FROM new_days))"
    )
    changed = [day for (day,) in con.execute("SELECT DISTINCT business_date FROM moved").fetchall()]
    if changed:
        _replace(con, zone, changed)
        _note_first_days(con, zone, run_id, reason)
        _note_classes(con, zone, run_id, classes, reason)


def _declared(zone: str, days: Sequence[date]) -> str:
    """Rows of core.enterprise_days of the dates, from core.lists."""
    codes = ", ".join(f"{{role: {sql.literal(role)}, codes: {codes}}}" for role, codes in _CODES.items())
    scans = " UNION ALL ".join(
        f"SELECT zone, CAST(declared_at AS DATE) AS business_date, flow, value_cny, unnest([{codes}]) AS each "
        f"FROM wh.core.lists WHERE zone = {sql.literal(zone)} AND declared_at >= {sql.literal(first)} "
        f"AND declared_at < {sql.literal(end)}"
        for first, end in _stretches(days)
    )
    return (
        "SELECT zone, business_date, role, code, flow, count(*) AS lists, "
        "CAST(coalesce(sum(value_cny), 0) AS DECIMAL(28,5)) AS value_cny FROM "
        "(SELECT zone, business_date, flow, value_cny, each.role AS role, unnest(each.codes) AS code "
        f"FROM ({scans})) WHERE code IS NOT NULL GROUP BY ALL"
    )


def _stretches(days: Sequence[date]) -> list[tuple[datetime, datetime]]:
    """Dates as stretches of neighbours, each from its first midnight to its last (exclusive)."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and found[-1][1] == day:
            found[-1] = (found[-1][0], day + timedelta(days=1))
        else:
            found.append((day, day + timedelta(days=1)))
    return [(datetime.combine(first, time()), datetime.combine(end, time())) for first, end in found]


def _replace(con: duckdb.DuckDBPyConnection, zone: str, changed: Sequence[date]) -> None:
    listed = _listed(changed)
    con.execute(
        f"DELETE FROM wh.core.enterprise_days WHERE zone = {sql.literal(zone)} AND business_date IN "
        f"(SELECT DISTINCT business_date FROM old_days WHERE business_date IN ({listed}))"
    )
    con.execute(
        f"INSERT INTO wh.core.enterprise_days BY NAME SELECT {_COLUMNS} FROM new_days "
        f"WHERE business_date IN ({listed}) ORDER BY ALL"
    )


def _note_first_days(con: duckdb.DuckDBPyConnection, zone: str, run_id: str, reason: str) -> None:
    """First days that moved: stored anew, and the old and the new one noted.

    Only an enterprise that is gone from its first day is looked for in all its days.
    """
    here = f"zone = {sql.literal(zone)}"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE first_days AS "
        "WITH seen AS (SELECT role, code, min(business_date) AS day FROM new_days GROUP BY ALL), "
        "known AS (SELECT m.role, m.code, e.business_date AS before, s.day, "
        "e.business_date IN (SELECT business_date FROM moved) AND NOT EXISTS (SELECT 1 FROM new_days n "
        "WHERE n.role = m.role AND n.code = m.code AND n.business_date = e.business_date) AS gone "
        "FROM (SELECT DISTINCT role, code FROM moved) m LEFT JOIN seen s USING (role, code) "
        f"LEFT JOIN (SELECT role, code, business_date FROM wh.core.enterprises WHERE {here}) e USING (role, code)), "
        "left_over AS (SELECT role, code, min(business_date) AS day FROM wh.core.enterprise_days "
        f"SEMI JOIN (FROM known WHERE gone) g USING (role, code) WHERE {here} GROUP BY ALL) "
        "SELECT k.role, k.code, before, CASE WHEN gone THEN l.day ELSE least(before, k.day) END AS after "
        "FROM known k LEFT JOIN left_over l USING (role, code) "
        "WHERE before IS DISTINCT FROM CASE WHEN gone THEN l.day ELSE least(before, k.day) END"
    )
    if con.execute("SELECT 1 FROM first_days LIMIT 1").fetchone() is None:
        return
    con.execute(
        f"DELETE FROM wh.core.enterprises WHERE {here} AND EXISTS (SELECT 1 FROM first_days f "
        "WHERE f.before IS NOT NULL AND f.role = enterprises.role AND f.code = enterprises.code)"
    )
    con.execute(
        f"INSERT INTO wh.core.enterprises BY NAME SELECT {sql.literal(zone)} AS zone, after AS business_date, role, "
        "code FROM first_days WHERE after IS NOT NULL ORDER BY ALL"
    )
    touched.note(
        con,
        zone,
        run_id,
        "SELECT DISTINCT day AS business_date, 0 AS lists, 0 AS documents "
        "FROM (SELECT unnest([before, after]) AS day FROM first_days)",
        reason,
    )


def _note_classes(
    con: duckdb.DuckDBPyConnection,
    zone: str,
    run_id: str,
    classes: Sequence[tuple[str, Decimal]],
    reason: str,
) -> None:
    """Later published dates on which a changed enterprise is active and now stands in another class."""
    if not classes:
        return
    here = f"zone = {sql.literal(zone)}"
    steps = " ".join(f"WHEN {{0}} >= {floor} THEN {sql.literal(name)}" for name, floor in classes)
    behind = CLASS_DAYS - 1
    touched.note(
        con,
        zone,
        run_id,
        "WITH sums AS (SELECT business_date, role, code, sum(value) AS value FROM "
        "(SELECT business_date, role, code, value_cny AS value FROM new_days UNION ALL "
        "SELECT business_date, role, code, -value_cny FROM old_days) GROUP BY ALL HAVING sum(value) <> 0), "
        "later AS (SELECT p.business_date, s.role, s.code, sum(s.value) AS difference FROM sums s JOIN "
        f"(SELECT DISTINCT business_date FROM wh.vintages.published WHERE {here}) p "
        f"ON p.business_date > s.business_date AND p.business_date <= s.business_date + {behind} GROUP BY ALL), "
        "active AS (SELECT l.* FROM later l SEMI JOIN "
        f"(SELECT business_date, role, code FROM wh.core.enterprise_days WHERE {here}) e "
        "USING (business_date, role, code)), "
        "totals AS (SELECT a.business_date, a.role, a.code, any_value(a.difference) AS difference, "
        "sum(e.value_cny) AS total FROM active a JOIN wh.core.enterprise_days e ON e.role = a.role "
        f"AND e.code = a.code AND e.{here} AND e.business_date BETWEEN a.business_date - {behind} "
        "AND a.business_date GROUP BY ALL) "
        "SELECT DISTINCT business_date, 0 AS lists, 0 AS documents FROM totals "
        f"WHERE (CASE {steps.format('total')} END) IS DISTINCT FROM (CASE {steps.format('(total - difference)')} END)",
        reason,
    )


def _listed(days: Sequence[date]) -> str:
    return ", ".join(sql.literal(day) for day in days)
