"""`[deliveries]` of a zone file: what must arrive for a data date, from which source, and by when.

    [deliveries]
    run_by = "09:00"        # by this time (Asia/Shanghai) the run for the day before must have been
    stuck_after_h = 6       # a run that began longer ago and left no end is stuck

    [[deliveries.expected]]
    kinds = ["CEB513", "CEB514"]
    source = "post-sftp"    # a name of [sources], or "inbox"; left out: from wherever it comes
    days = "workdays"       # or "every day" (the default), or weekdays as ["mon", "thu"]: data dates
    lag_workdays = 1        # the run for the next workday must have it; or lag_days; left out: its own run

    [deliveries.volume]     # expected lists of a day, from the zone's own days of the same type
    days = 28               # so many of them at most
    least = 8               # with fewer there is no band
    spreads = 4             # median plus and minus so many robust standard deviations

Kinds of `[coverage] expected_kinds` that no entry names are expected every day, with the run for the day.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sources.toml_table import TomlTable
from sources.workdays import Calendar, CalendarUnknown
from sources.zone_sources import INBOX

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY, WORKDAYS = "every day", "workdays"

#: A delivery that is still not there this many days after its data date is no longer looked for anew.
LOOK_BACK_DAYS = 14


@dataclass(frozen=True)
class Expected:
    """Kinds that are expected together: from where, for which data dates, and with which run at the latest."""

    kinds: tuple[str, ...]
    source: str | None = None  # None: from anywhere
    weekdays: tuple[int, ...] = tuple(range(7))
    workdays_only: bool = False
    lag_days: int = 0
    lag_workdays: int = 0

    def applies(self, day: date, calendar: Calendar) -> bool:
        """Whether data of this date are expected at all. Raises CalendarUnknown where workdays decide."""
        return calendar.is_workday(day) if self.workdays_only else day.weekday() in self.weekdays

    def due(self, day: date, calendar: Calendar) -> date:
        """Business date of the run that must have the data of `day`. Raises CalendarUnknown."""
        due = day + timedelta(days=self.lag_days)
        for _ in range(self.lag_workdays):
            due += timedelta(days=1)
            while not calendar.is_workday(due):
                due += timedelta(days=1)
        return due


@dataclass(frozen=True)
class VolumeRule:
    """How the band of expected lists is drawn: at most `days` days of the type, none with fewer than `least`."""

    days: int = 28
    least: int = 8
    spreads: int = 4


@dataclass(frozen=True)
class Deliveries:
    """What a zone expects to receive, and when it must have been run."""

    expected: tuple[Expected, ...]
    run_by: time = time(9, 0)
    stuck_after_h: int = 6
    volume: VolumeRule = VolumeRule()

    def due_date(self, moment: datetime) -> date:
        """The newest business date whose run must have been by a moment (local Beijing time)."""
        return moment.date() - timedelta(days=1 if moment.time() >= self.run_by else 2)

    def next_due(self, moment: datetime) -> tuple[date, datetime]:
        """The next business date that becomes due after a moment, and when."""
        day = self.due_date(moment) + timedelta(days=1)
        return day, datetime.combine(day + timedelta(days=1), self.run_by)

    def demanded(self, day: date, by: date, calendar: Calendar) -> tuple[Expected, ...]:
        """What must be there of a data date once the run for the business date `by` has been.

        What workdays decide is left out in a year nobody states: that is an alert of its own, and no guess.
        """
        return tuple(each for each in self.expected if _demands(each, day, by, calendar))

    def kinds(self, day: date, by: date, calendar: Calendar) -> tuple[str, ...]:
        """The kinds among `demanded`, each once."""
        return tuple(dict.fromkeys(kind for each in self.demanded(day, by, calendar) for kind in each.kinds))


NOTHING_EXPECTED = Deliveries(())


def _demands(expected: Expected, day: date, by: date, calendar: Calendar) -> bool:
    try:
        return expected.applies(day, calendar) and expected.due(day, calendar) <= by
    except CalendarUnknown:
        return False


def read_deliveries(
    table: TomlTable | None, coverage: tuple[str, ...], sources: Collection[str]
) -> Deliveries:
    """The [deliveries] of a zone file, or what follows from its expected kinds. Raises ZoneError."""
    if table is None:
        return Deliveries((Expected(coverage),))
    stated = _expected(table, coverage, sources) if table.has("expected") else []
    named = {kind for each in stated for kind in each.kinds}
    rest = tuple(kind for kind in coverage if kind not in named)
    read = Deliveries(
        expected=(*([Expected(rest)] if rest else []), *stated),
        run_by=_time(table, "run_by") if table.has("run_by") else Deliveries.run_by,
        stuck_after_h=table.whole("stuck_after_h")
        if table.has("stuck_after_h")
        else Deliveries.stuck_after_h,
        volume=_volume(table.table("volume")) if table.has("volume") else VolumeRule(),
    )
    table.done()
    return read


def _expected(table: TomlTable, coverage: tuple[str, ...], sources: Collection[str]) -> list[Expected]:
    stated = table.take("expected")
    if not isinstance(stated, list) or not stated:
        raise table.fail("expected", "must be a list of tables, each begun by [[deliveries.expected]]")
    return [
        _entry(TomlTable(each, table.path, f"{table.where}.expected[{number}]"), coverage, sources)
        for number, each in enumerate(stated, 1)
    ]


def _entry(table: TomlTable, coverage: tuple[str, ...], sources: Collection[str]) -> Expected:
    kinds = table.texts("kinds", r"[A-Z]{3}\d{3}")
    if unknown := [each for each in kinds if each not in coverage]:
        raise table.fail("kinds", f"names {unknown[0]}, which is not in coverage.expected_kinds")
    source = table.text("source") if table.has("source") else None
    if source is not None and source not in {*sources, INBOX}:
        known = ", ".join([*sources, INBOX])
        raise table.fail("source", f"is {source!r}, which is no source of this zone; there are: {known}")
    weekdays, workdays_only = _days(table) if table.has("days") else (Expected.weekdays, False)
    if table.has("lag_days") and table.has("lag_workdays"):
        raise table.fail("lag_workdays", "and lag_days cannot both be given")
    made = Expected(
        kinds,
        source,
        weekdays,
        workdays_only,
        table.whole("lag_days", 0) if table.has("lag_days") else 0,
        table.whole("lag_workdays", 0) if table.has("lag_workdays") else 0,
    )
    if max(made.lag_days, made.lag_workdays) >= LOOK_BACK_DAYS // 2:
        raise table.fail("kinds", f"must be expected within {LOOK_BACK_DAYS // 2 - 1} days")
    table.done()
    return made


def _days(table: TomlTable) -> tuple[tuple[int, ...], bool]:
    stated = table.take("days")
    if stated == WORKDAYS:
        return Expected.weekdays, True
    if stated == EVERY_DAY:
        return Expected.weekdays, False
    if isinstance(stated, list) and stated and all(each in WEEKDAYS for each in stated):
        return tuple(sorted({WEEKDAYS.index(each) for each in stated})), False
    raise table.fail(
        "days", f'must be "{EVERY_DAY}", "{WORKDAYS}" or a list of {", ".join(WEEKDAYS)}, not {stated!r}'
    )


def _time(table: TomlTable, key: str) -> time:
    text = table.text(key)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise table.fail(key, f"is {text!r}; write it as 09:00")
    return time.fromisoformat(text)


def _volume(table: TomlTable) -> VolumeRule:
    least = table.whole("least", 5) if table.has("least") else VolumeRule.least
    made = VolumeRule(
        days=table.whole("days", least) if table.has("days") else max(VolumeRule.days, least),
        least=least,
        spreads=table.whole("spreads") if table.has("spreads") else VolumeRule.spreads,
    )
    table.done()
    return made
