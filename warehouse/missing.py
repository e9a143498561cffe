"""Which days of a zone should have final figures and have none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from warehouse import sql
from warehouse.connection import Lake
from warehouse.schema import PROVISIONAL

NOT_PUBLISHED = "not published"


def days(lake: Lake, zone: str, until: date) -> list[date]:
    """Days from the zone's first published one to the day before `until` that have no final vintage, in order."""
    settled = _settled(lake, zone)
    if not settled:
        return []
    begin = min(settled)
    between = [begin + timedelta(days=each) for each in range((until - begin).days)]
    return [day for day in between if not settled.get(day, False)]


def first(lake: Lake, zone: str) -> date | None:
    """The zone's first published day, provisional or not; None where nothing is published."""
    return min(_settled(lake, zone), default=None)


def marks(lake: Lake, zone: str, wanted: Sequence[date]) -> dict[date, str]:
    """What keeps each of these days from being final: `not published` or `provisional`; final days are left out."""
    settled = _settled(lake, zone)
    return {
        day: PROVISIONAL if day in settled else NOT_PUBLISHED for day in wanted if not settled.get(day, False)
    }


def _settled(lake: Lake, zone: str) -> dict[date, bool]:
    """Whether each published day has a final vintage: once final, it stays so."""
    rows = lake.con.execute(
        f"SELECT business_date, bool_or({PROVISIONAL} IS NOT true) FROM wh.vintages.published "
        f"WHERE zone = {sql.literal(zone)} GROUP BY ALL"
    ).fetchall()
    return dict(rows)
