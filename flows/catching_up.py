"""After an outage: every day between the first published one and the run's own that has no final figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from flows.day import DayReport
from flows.errors import DayStopped, UsageProblem
from flows.progress import reporter
from warehouse import Home, Lake, missing
from warehouse.errors import WarehouseMissingError

#: How far back a run looks by itself. A longer hole is somebody's decision (a new zone, a first test, a
#: backfill under way), and filling years before the day that is due would keep it from being published.
CATCH_UP_DAYS = 31
#: So many days without figures are no hole in the history of a zone but the time before it began.
BEGINNING_DAYS = 180


@dataclass
class Filled:
    """Missing days that were found: filled, failed, and those that lie too far back to be filled unasked."""

    sentences: list[str] = field(default_factory=list)  # one a day that was filled
    failures: list[str] = field(default_factory=list)  # "day: why"

    def raise_failures(self, zone: str) -> None:
        """Raises DayStopped naming the days that stopped, if any did."""
        if self.failures:
            raise DayStopped(
                f"{zone}: {len(self.failures)} missing days could not be filled (the others are published): "
                + "; ".join(self.failures)
            )


def fill(home: Path, zone: str, until: date, publish: Callable[[date], DayReport]) -> Filled:
    """Publish every day that is missing before `until`, in order; a day that fails is named and the rest go on.

    The first of them loads what the sources have, whatever dates it bears. A day of which no document came is
    published as such, and its report names the gap. Wrong usage (a missing inbox) stops at once.
    """
    found = Filled()
    days = missing_days(home, zone, until)
    reach = until - timedelta(days=CATCH_UP_DAYS)
    recent = [day for day in days if day >= reach]
    if old := since_the_last_beginning([day for day in days if day < reach]):
        found.sentences.append(
            f"{len(old)} days from {old[0]} to {old[-1]} have no final figures and lie more than "
            f"{CATCH_UP_DAYS} days back: `tongguan backfill --zone {zone} --from {old[0]} --to {old[-1]}`"
        )
    for day in recent:
        reporter().stage("catch up")
        try:
            found.sentences.append(_sentence(publish(day)))
        except UsageProblem:
            raise
        except Exception as error:  # named in the report and raised at the end: the other days must not wait
            found.failures.append(f"{day}: {type(error).__name__}: {error}")
    return found


def since_the_last_beginning(days: Sequence[date]) -> list[date]:
    """The missing days after the last stretch of more than BEGINNING_DAYS of them.

    Such a stretch is no hole: what lies before it stands alone, a first test or a date somebody mistyped.
    """
    begin, stretch = 0, 0
    for place, day in enumerate(days):
        stretch = stretch + 1 if place and day - days[place - 1] == timedelta(days=1) else 1
        if stretch > BEGINNING_DAYS:
            begin = place + 1
    return list(days[begin:])


def missing_days(home: Path, zone: str, until: date) -> list[date]:
    """The days before `until` without final figures since the zone's first published day, in order."""
    try:
        with Lake.read(Home(home)) as lake:
            return missing.days(lake, zone, until)
    except WarehouseMissingError:
        return []  # nothing was ever published


def _sentence(report: DayReport) -> str:
    problems = report.problems()
    said = (
        f"{len(problems)} things to look at: " + "; ".join(each for _, each in problems[:3])
        if problems
        else "all well"
    )
    return f"{report.business_date} was missing and is published; {said}"
