"""Lists conserve: what was accepted on a day is released, open, cancelled, rejected or returned; nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

import duckdb
import polars as pl

from transforms.measures import ALL
from transforms.state import OUTCOMES
from warehouse import sql
from warehouse.errors import ConservationError


def of_states(
    zone: str, dates: Sequence[date], states: pl.DataFrame
) -> Callable[[duckdb.DuckDBPyConnection], None]:
    """`check_states` of these figures, to be called inside the transaction that publishes them."""
    return lambda con: check_states(con, zone, dates, states)


def check_states(
    con: duckdb.DuckDBPyConnection, zone: str, dates: Sequence[date], states: pl.DataFrame
) -> None:
    """Hold states_daily of these dates against the lists stored; ConservationError names the first day that fails.

    The accepted are counted anew in core.lists, so a list that was lost on the way to the figures is found too.
    """
    stored = _accepted(con, zone, dates)
    told = {row["business_date"]: row for row in states.filter(pl.col("flow") == ALL).iter_rows(named=True)}
    for day in sorted(set(dates)):
        row = told.get(day, {})
        counts = {name: int(row.get(name, 0)) for name in ("accepted", *OUTCOMES)}
        total = sum(counts[name] for name in OUTCOMES)
        if not counts["accepted"] == total == stored.get(day, 0):
            listed = ", ".join(f"{counts[name]} {name}" for name in OUTCOMES)
            raise ConservationError(
                f"{zone} {day}: the lists do not add up, nothing was published. Accepted {stored.get(day, 0)} in "
                f"core.lists, {counts['accepted']} in the figures; by state {listed}, together {total}. "
                "A list is in no state or in two: compare core.lists.state with transforms.state.OUTCOME_OF"
            )


def _accepted(con: duckdb.DuckDBPyConnection, zone: str, dates: Sequence[date]) -> dict[date, int]:
    """Lists accepted on each of the dates; opens only partitions that can hold one (core.partitions)."""
    here = f"zone = {sql.literal(zone)}"
    first = sql.literal(datetime.combine(min(dates), time()))
    end = sql.literal(datetime.combine(max(dates) + timedelta(days=1), time()))
    rows = con.execute(
        f"SELECT DISTINCT business_date FROM wh.core.partitions WHERE {here} AND first_at < {end} "
        f"AND (last_at >= {first} OR open > 0) ORDER BY 1"
    ).fetchall()
    dated = ", ".join(sql.literal(day) for (day,) in rows if day is not None)
    places = [f"business_date IN ({dated})"] if dated else []
    if any(day is None for (day,) in rows):
        places.append("business_date IS NULL")
    if not places:
        return {}
    scans = " UNION ALL ".join(
        f"SELECT accepted_at FROM wh.core.lists WHERE {here} AND {place}" for place in places
    )
    days = ", ".join(sql.literal(day) for day in sorted(set(dates)))
    counted = con.execute(
        f"SELECT CAST(accepted_at AS DATE) AS day, count(*) FROM ({scans}) WHERE day IN ({days}) GROUP BY 1"
    ).fetchall()
    return {day: int(count) for day, count in counted}
