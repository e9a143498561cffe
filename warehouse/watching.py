"""What is wrong with a zone as of a business date: every check of the watch, from what the lake and its home say.

Nothing here asks what day it is. A day is held against what had to be there once the run for `due` has been. What no
day bounds (stale data, years without a calendar) is held against the newest date due at the moment of the look, and
is left alone by a look at an older one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta

from sources.workdays import CalendarUnknown
from sources.zone import Zone, ZoneError
from sources.zone_deliveries import LOOK_BACK_DAYS, NOTHING_EXPECTED, Deliveries, Expected
from transforms.volume_band import Band, volume_band
from warehouse import alerts, observed, running
from warehouse.alerts import LASTING, Finding
from warehouse.connection import Lake
from warehouse.home import Home
from warehouse.observed import LastRun
from warehouse.running import Mark

#: How a stopped run names its reason in its record; the first is what must never happen.
INVARIANT, STOPPED = "invariant", "stopped"
#: What is said of the last run of a day, whether the day is due or not.
OF_RUNS = frozenset({"run_stopped", "invariant_broken"})
ANYWHERE = "any source"

#: Days of a type are looked for this far back.
VOLUME_LOOK_BACK_DAYS = 400
#: Newest data older than this count as none.
FRESHNESS_DAYS = 60
#: From this many days before the end of a year, the next one's holidays should be stated (the State Council
#: publishes them in November).
CALENDAR_NOTICE_DAYS = 31


@dataclass(frozen=True)
class Freshness:
    """Kinds of one source by data date: the newest there is, the newest that should be, expected days behind."""

    source: str
    kind: str
    newest: date | None
    due: date
    behind: int


@dataclass(frozen=True)
class Volume:
    """The lists of a day against its band; `reason` says why there is none."""

    business_date: date
    lists: int
    day_type: str | None
    band: Band | None
    reason: str | None = None


@dataclass
class Seen:
    """A look at a zone."""

    zone: str
    due: date
    days: frozenset[date]  # due, and judged in everything
    run_days: frozenset[date] = frozenset()  # not due yet: only whether their last run stopped
    findings: list[Finding] = field(default_factory=list)
    unjudged: set[tuple[str, date]] = field(default_factory=set)
    unjudged_kinds: set[str] = field(default_factory=set)
    freshness: list[Freshness] = field(default_factory=list)
    volume: Volume | None = None
    last_run: LastRun | None = None
    running: list[Mark] = field(default_factory=list)

    def judged(self, kind: str, day: date) -> bool:
        """Whether the look says anything about a kind of alert on a day."""
        if kind in self.unjudged_kinds or (kind, day) in self.unjudged:
            return False
        return kind in LASTING or day in self.days or (kind in OF_RUNS and day in self.run_days)

    def skip(self, day: date, *kinds: str) -> None:
        """Say nothing about these kinds on a day."""
        self.unjudged |= {(kind, day) for kind in kinds}

    def find(self, kind: str, day: date, subject: str, sentence: str, details: str | None = None) -> None:
        """Note something wrong."""
        self.findings.append(Finding(kind, day, subject, sentence, details))


def look(lake: Lake, home: Home, zone: Zone, due: date, moment: datetime, own: date | None = None) -> Seen:
    """Everything wrong with a zone once the run for `due` has been, or should have been.

    Judges the two weeks up to it, back to the first day that was ever run, and the days of standing alerts; of days
    after it (the one going on, `own` of the run that looks) only whether their last run stopped. `moment` is that of
    the look, by the clock.
    """
    con = lake.con
    runs = observed.last_runs(con, home, zone.name)
    marks = running.marks(home, zone.name)
    by_the_clock = zone.deliveries.due_date(moment)
    newest_due = max(due, by_the_clock)
    before = {
        each.business_date
        for each in alerts.standing(con, zone.name)
        if each.kind not in LASTING and due - each.business_date <= timedelta(days=zone.look_back_days)
    }
    days = sorted(_days(due, min(runs, default=due)) | {day for day in before if day <= newest_due})
    begun = {day for day in runs if due < day <= moment.date()}
    not_due = (before | begun | ({own} if own else set())) - set(days)
    seen = Seen(zone.name, due, frozenset(days), frozenset(not_due), running=marks)
    seen.unjudged_kinds.add("record_not_verified")
    seen.last_run = max(runs.values(), key=lambda each: each.finished_at, default=None)
    _stuck(seen, zone, marks, runs, moment)
    _runs(seen, [*days, *sorted(not_due)], runs)
    demanded = {
        day: zone.deliveries.demanded(day, newest_due if day in before else due, zone.calendar)
        for day in days
    }
    _published(seen, lake, demanded, runs, marks)
    _deliveries(seen, lake, zone, demanded, runs)
    _set_aside(seen, lake, home, days)
    _volumes(seen, lake, zone, days)
    if due < by_the_clock:  # an old day says nothing of how the zone stands now, for good or ill
        seen.unjudged_kinds |= {"stale_data", "calendar_unknown"}
    else:
        _calendar(seen, zone, by_the_clock)
        _freshness(seen, lake, zone, by_the_clock, min(runs, default=due))
    return seen


def look_at(lake: Lake, home: Home, name: str, due: date, moment: datetime, own: date | None = None) -> Seen:
    """As `look`, by the name of a zone. Where its file cannot be used: that, and which of its last runs stopped."""
    try:
        return look(lake, home, Zone.load(name), due, moment, own)
    except ZoneError as error:
        problem = str(error)
    runs = observed.last_runs(lake.con, home, name)
    recent = due - timedelta(days=LOOK_BACK_DAYS)
    days = {day for day in runs if recent < day <= moment.date()} | ({own} if own else set())
    seen = Seen(name, due, frozenset(), frozenset(days), running=running.marks(home, name))
    seen.unjudged_kinds |= LASTING - {"zone_file_wrong"}
    seen.last_run = max(runs.values(), key=lambda each: each.finished_at, default=None)
    _runs(seen, sorted(days), runs)
    seen.find(
        "zone_file_wrong",
        due,
        "file",
        f"no run of {name} can begin and nothing else of it is judged until its zone file is mended: {problem}",
    )
    return seen


def deliveries_of(name: str) -> Deliveries:
    """What a zone expects; where its file cannot be used, which `look_at` tells, nothing, by the ordinary time."""
    try:
        return Zone.load(name).deliveries
    except ZoneError:
        return NOTHING_EXPECTED


def _days(due: date, since: date) -> set[date]:
    """The days to judge: `due`, and those of the two weeks before it that are not older than `since`."""
    recent = (due - timedelta(days=back) for back in range(LOOK_BACK_DAYS))
    return {day for day in recent if day >= since} | {due}


def _calendar(seen: Seen, zone: Zone, due: date) -> None:
    for year in sorted({due.year, (due + timedelta(days=CALENDAR_NOTICE_DAYS)).year}):
        if not zone.calendar.covers(year):
            first = max(due, date(year, 1, 1))
            try:
                zone.calendar.is_workday(first)
            except CalendarUnknown as unknown:
                seen.find("calendar_unknown", first, str(year), str(unknown))


def _stuck(
    seen: Seen, zone: Zone, marks: Collection[Mark], runs: dict[date, LastRun], moment: datetime
) -> None:
    limit = timedelta(hours=zone.deliveries.stuck_after_h)
    for mark in marks:
        began = f"the run {mark.run_id} for {mark.business_date} began at {mark.started_at:%Y-%m-%d %H:%M}"
        after = runs.get(mark.business_date)
        if not mark.alive:
            if after is None or after.finished_at < mark.started_at:
                seen.find(
                    "run_stuck",
                    mark.business_date,
                    mark.run_id,
                    f"{began} and its process{mark.number} is gone without a word; run the day again",
                )
        elif moment - mark.started_at > limit:
            seen.find(
                "run_stuck",
                mark.business_date,
                mark.run_id,
                f"{began}, more than {zone.deliveries.stuck_after_h} hours ago, and process {mark.process} still holds it",
            )


def _runs(seen: Seen, days: Collection[date], runs: dict[date, LastRun]) -> None:
    for day in days:
        last = runs.get(day)
        if last is None or not last.stopped:
            continue
        reason = last.problems[0] if last.problems else "no reason was kept"
        word, _, sentence = reason.partition(": ")
        broken = word == INVARIANT
        kind = "invariant_broken" if broken else "run_stopped"
        said = sentence if word in (INVARIANT, STOPPED) else reason
        seen.find(kind, day, "run", f"{day}: the last run ({last.run_id}) stopped: {said}")


def _published(
    seen: Seen,
    lake: Lake,
    demanded: Mapping[date, tuple[Expected, ...]],
    runs: dict[date, LastRun],
    marks: Collection[Mark],
) -> None:
    """Days that were run, or had to be, and came to nothing; a day on which nothing is expected need bring nothing."""
    there = observed.published(lake.con, seen.zone, demanded)
    kinds = observed.kinds_by_day(lake.con, seen.zone, demanded)
    under_way = {mark.business_date for mark in marks if mark.alive}
    for day, expected in demanded.items():
        last = runs.get(day)
        # Hourly runs may have ended for a day whose daily run is under way.
        if day in under_way and (last is None or day not in there):
            seen.skip(day, "nothing_happened", "missing_delivery", "volume_out_of_band")
        elif last is None:
            seen.find("nothing_happened", day, "run", f"{day}: the day is due and no run for it has ended")
        elif not last.stopped:  # a stop has an alert of its own
            if expected and not kinds.get(day):
                seen.find(
                    "nothing_happened",
                    day,
                    "documents",
                    f"{day}: the run {last.run_id} ended, and there is not one document of the day",
                )
            if day not in there:
                seen.find(
                    "nothing_happened",
                    day,
                    "publication",
                    f"{day}: no final figures are published; the last run was {last.run_id}",
                )


def _deliveries(
    seen: Seen,
    lake: Lake,
    zone: Zone,
    wanted: Mapping[date, tuple[Expected, ...]],
    runs: dict[date, LastRun],
) -> None:
    """What is missing of each day, of all that had to be there."""
    for day in wanted:
        last = runs.get(day)
        if last is None or last.stopped:  # what was not run brought nothing; the run has its alert
            seen.skip(day, "missing_delivery")
    demanded = {
        day: expected for day, expected in wanted.items() if ("missing_delivery", day) not in seen.unjudged
    }
    declared = {each.name for each in zone.sources}
    anywhere = observed.kinds_by_day(lake.con, zone.name, list(demanded))
    sourced = {kind for each in demanded.values() for e in each if e.source for kind in e.kinds}
    by_source = observed.kinds_by_source(lake.con, zone.name, list(demanded), sourced, declared)
    for day, expected in demanded.items():
        missing: dict[str, list[str]] = {}
        for each in expected:
            for kind in each.kinds:
                came = (
                    (day, kind, each.source) in by_source
                    if each.source
                    else kind in anywhere.get(day, frozenset())
                )
                if not came:
                    missing.setdefault(each.source or ANYWHERE, []).append(kind)
        for source, kinds in missing.items():
            from_where = "" if source == ANYWHERE else f" from {source}"
            seen.find(
                "missing_delivery", day, source, f"{day}: no documents of {', '.join(kinds)}{from_where}"
            )


def _set_aside(seen: Seen, lake: Lake, home: Home, days: Collection[date]) -> None:
    for day, rule, documents, kinds in observed.set_aside(lake.con, home, seen.zone, days):
        seen.find(
            "critical_rule_failed",
            day,
            rule,
            f"{day}: {documents:,} documents ({kinds}) are set aside by rule {rule}; see "
            f"`tongguan quarantine list --zone {seen.zone} --rule {rule}`",
        )


def _volumes(seen: Seen, lake: Lake, zone: Zone, days: Collection[date]) -> None:
    first = min(days) - timedelta(days=VOLUME_LOOK_BACK_DAYS)
    lists = observed.lists_by_day(lake.con, zone.name, first, max(days))
    for day in sorted(days):
        if ("volume_out_of_band", day) not in seen.unjudged:
            _volume(seen, zone, day, lists)


def _volume(seen: Seen, zone: Zone, day: date, lists: dict[date, int]) -> None:
    """Hold the lists of a day against its band. A day without any is another alert's matter."""
    made = volume_of(zone, day, lists)
    if day == seen.due:
        seen.volume = made
    if made.band is None or not made.lists:
        seen.skip(day, "volume_out_of_band")
    elif not made.band.holds(made.lists):
        seen.find(
            "volume_out_of_band",
            day,
            "lists",
            f"{day}: {made.lists:,} lists on a {made.day_type}; {made.band.low:,} to {made.band.high:,} were "
            f"expected ({made.band.method})",
            json.dumps(asdict(made.band), default=str),
        )


def volume_of(zone: Zone, day: date, lists: dict[date, int]) -> Volume:
    """The band of a day from the lists of the days before it."""
    rule = zone.deliveries.volume
    count = lists.get(day, 0)
    try:
        day_type = zone.calendar.day_type(day)
        earlier = [
            each
            for each in sorted(lists, reverse=True)
            if day - timedelta(days=VOLUME_LOOK_BACK_DAYS) <= each < day
            and zone.calendar.covers(each.year)
            and zone.calendar.day_type(each) == day_type
        ]
    except CalendarUnknown as unknown:
        return Volume(day, count, None, None, f"no band: {unknown}")
    history = [(each, lists[each]) for each in earlier[: rule.days]]
    band = volume_band(history, rule.least, rule.spreads)
    reason = (
        None
        if band
        else f"no band: {len(history)} earlier days of the type {day_type} are known, {rule.least} are needed"
    )
    return Volume(day, count, day_type, band, reason)


def _freshness(seen: Seen, lake: Lake, zone: Zone, due: date, since: date) -> None:
    """How far each kind lies behind by data date; two expected days or more are an alert."""
    newest = observed.newest(lake.con, zone.name, due)
    declared = {each.name for each in zone.sources}
    late: dict[str, list[Freshness]] = {}
    for expected in zone.deliveries.expected:
        wanted = _wanted(zone, expected, due)
        if not wanted:
            continue
        source = expected.source or ANYWHERE
        for kind in expected.kinds:
            there = (
                observed.newest_from(lake.con, zone.name, kind, expected.source, declared, wanted)
                if expected.source
                else newest.get(kind)
            )
            behind = sum(1 for day in wanted if day >= since and (there is None or day > there))
            made = Freshness(source, kind, there, wanted[0], behind)
            seen.freshness.append(made)
            if behind >= 2:
                late.setdefault(source, []).append(made)
    for source, rows in late.items():
        furthest = max(rows, key=lambda each: each.behind)
        first = min((each.newest or since) for each in rows)
        seen.find(
            "stale_data",
            first,
            source,
            f"{len(rows)} of the kinds expected from {source} lie behind: the newest {furthest.kind} is of "
            f"{furthest.newest or 'no day at all'}, {furthest.behind} expected days before {furthest.due}",
        )


def _wanted(zone: Zone, expected: Expected, due: date) -> list[date]:
    """Data dates of the last 60 days that must be there by `due`, newest first."""
    days = [due - timedelta(days=back) for back in range(FRESHNESS_DAYS)]
    return [day for day in days if expected in zone.deliveries.demanded(day, due, zone.calendar)]
