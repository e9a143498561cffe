"""Beijing time: the one clock of the warehouse, whose moments are all stored as local time without an offset."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

#: The zone's name, as SQL, Polars and schedules want it. China keeps one offset, so local times are unambiguous.
NAME = "Asia/Shanghai"
BEIJING = ZoneInfo(NAME)


def now() -> datetime:
    """Local Beijing time; read for the record of a run, never for a figure."""
    return local(datetime.now(BEIJING))


def local(moment: datetime) -> datetime:
    """An aware moment as local Beijing time without an offset."""
    return moment.astimezone(BEIJING).replace(tzinfo=None)


def from_seconds(seconds: float) -> datetime:
    """Seconds since 1970, as files bear them, as local Beijing time; raises what `datetime.fromtimestamp` raises."""
    return datetime.fromtimestamp(seconds, BEIJING).replace(tzinfo=None)


def to_seconds(moment: datetime) -> float:
    """Local Beijing time as seconds since 1970."""
    return moment.replace(tzinfo=BEIJING).timestamp()
