"""Which days of a range are to be done, from which files, and which are done already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

from expectations.rules import RULE_SET_VERSION
from flows.credentials import credentials
from flows.errors import UsageProblem
from flows.pull import sources_of
from flows.stages import Anew
from sources.connectors import connected
from sources.connectors.entry import Entry, SourceError, passed_over
from sources.zone import Zone
from sources.zone_sources import Source
from transforms.measures import DEFINITION_VERSION

BY_DAY = "a folder a day"
FLAT = "one flat folder"
SOURCES = "the sources of the zone file"


@dataclass(frozen=True)
class Step:
    """Files that are read and loaded together, and the days published from them, in order.

    Small enough to be sent to a worker on another machine: paths, dates and ids only.
    """

    home: Path
    zone: str
    days: tuple[date, ...]
    url: str | None  # None: the sources of the zone file
    marks: tuple[str, ...]  # the fingerprint of each day: what it is made of and by
    key_check: str  # tells a worker with another personal-data key apart
    readers: int | None  # reading processes; None: as many as the worker has cores

    @property
    def first(self) -> date:
        """The day that the files are loaded under."""
        return self.days[0]

    @property
    def fingerprint(self) -> str:
        """Of that day."""
        return self.marks[0]

    def mark(self, day: date) -> str:
        """The fingerprint of one of the days."""
        return self.marks[self.days.index(day)]


@dataclass(frozen=True)
class Inbox:
    """Where the extracts of a backfill lie, and how they are cut into days."""

    url: str | None  # None: the sources of the zone file
    layout: str  # BY_DAY, FLAT or SOURCES
    days: Mapping[date, str] = field(default_factory=dict)  # of BY_DAY: the fingerprint of each day's folder
    whole: str = ""  # of the others: the fingerprint of everything
    files: int = 0  # read: of BY_DAY those in folders of days
    loose: int = 0  # files beside the folders of days, which are not read

    @property
    def name(self) -> str:
        """For people and the ledger; bears no credentials (see zone_sources)."""
        return self.url or SOURCES

    def folder(self, day: date) -> str:
        """The URL of the folder of a day."""
        return f"{(self.url or '').rstrip('/')}/{day}"

    def sentence(self) -> str:
        """What was detected."""
        if self.layout == SOURCES:
            return f"{SOURCES}: what is new there is loaded once, then each day is published"
        if self.layout == FLAT:
            return (
                f"{self.url} is {FLAT}: its {self.files:,} files are loaded once, then each day is published"
            )
        beside = f"; {self.loose:,} files beside them are left alone" if self.loose else ""
        return f"{self.url} has {BY_DAY} ({len(self.days):,} folders){beside}"


def inbox_at(home: Path, zone: str, given: str | None) -> Inbox:
    """Look at an inbox: with any folder named like 2026-10-01 it has a folder a day, else it is flat.

    Without one given, the sources of the zone file, and where it declares none, `<home>/inbox/<zone>`.
    Raises UsageProblem where a given one does not exist, SourceError where it cannot be listed, ZoneError. A source of
    the zone file that cannot be listed is a gap of the days, which are then never skipped.
    """
    sources = sources_of(home, zone, given)
    if any(each.declared for each in sources):
        return Inbox(None, SOURCES, whole=_fingerprint(line for each in sources for line in _offered(each)))
    (source,) = sources
    if source.scheme == "file" and not Path(source.root).is_dir():
        raise UsageProblem(f"inbox {source.url} is one file: load it with `tongguan run --inbox`.")
    by_day: dict[date, list[Entry]] = {}
    loose: list[Entry] = []
    for entry in _listed(source):
        folder, _, inside = entry.name.partition("/")
        day = _as_day(folder) if inside else None
        (loose if day is None else by_day.setdefault(day, [])).append(entry)
    if not by_day:
        return Inbox(source.url, FLAT, whole=_fingerprint(_states(loose)), files=len(loose))
    marks = {day: _fingerprint(_states(entries)) for day, entries in by_day.items()}
    return Inbox(source.url, BY_DAY, marks, files=sum(map(len, by_day.values())), loose=len(loose))


def _offered(source: Source) -> list[str]:
    """What a source of the zone file has, for the fingerprint; where that cannot be told, like nothing before."""
    named = f"{source.name} {source.url}"
    try:
        with connected(source, credentials(source)) as connector:
            states = _states([each for each in connector.entries() if not passed_over(each.name)])
            whole = not connector.unlisted
    except SourceError:  # the pull meets it again, tries again, and names it
        states, whole = [], False
    return [named, *(f"{named} {each}" for each in states), *([] if whole else [f"{named} {uuid4()}"])]


def _listed(source: Source) -> list[Entry]:
    with connected(source, credentials(source)) as connector:
        return [each for each in connector.entries() if not passed_over(each.name)]


def _states(entries: Sequence[Entry]) -> list[str]:
    return [f"{each.name} {each.state}" for each in entries]


def _fingerprint(lines: Iterable[str]) -> str:
    """SHA-256 over the names, sizes and times of files and the versions of rules and method.

    Without reading them: a year of extracts takes longer to read than to say that it is done. A file copied
    anew may look changed; its day is then done again, and finds its bytes known.
    """
    return _digest([f"{RULE_SET_VERSION} {DEFINITION_VERSION}", *sorted(lines)])


def _digest(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Plan:
    """What a backfill will do: its steps in date order, and the days it need not or cannot do.

    `anew`: days whose stored lists are computed again, whether documents are new or not.
    """

    inbox: Inbox
    steps: tuple[Step, ...]
    skipped: tuple[date, ...]  # done before, input unchanged
    missing: tuple[date, ...]  # no folder
    anew: Anew | None = None

    @property
    def days(self) -> int:
        """Days to do."""
        return sum(len(each.days) for each in self.steps)

    @property
    def empty(self) -> bool:
        """Whether every day is done."""
        return not self.steps and not self.missing

    def sentence(self) -> str:
        """How much is to do."""
        said = f"{self.days:,} days to do, {len(self.skipped):,} done before"
        return f"{said}, {len(self.missing):,} without a folder" if self.missing else said


def plan(
    home: Path,
    zone: str,
    first: date,
    last: date,
    inbox: Inbox,
    done: Mapping[date, str],
    *,
    force: bool = False,
    key_check: str,
    readers: int | None,
) -> Plan:
    """Cut a range into steps; `done` holds the fingerprint with which each day was last done.

    Days done before are skipped where it is the same, done again with their lists made anew where it is not. With
    `force` all days are, done before or not: they may have been loaded by daily runs.
    """
    days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    files = inbox.days if inbox.layout == BY_DAY else dict.fromkeys(days, inbox.whole)
    stated = Zone.load(zone)
    marks = {day: _digest([mark, *_valued_by(stated, day)]) for day, mark in files.items()}
    todo = [day for day in days if day in marks and (force or done.get(day) != marks[day])]
    again = frozenset(todo if force else done.keys() & set(todo))
    together = [(day,) for day in todo] if inbox.layout == BY_DAY else [tuple(todo)] if todo else []
    steps = [
        Step(
            *(home, zone, each),
            inbox.folder(each[0]) if inbox.layout == BY_DAY else inbox.url,
            *(tuple(marks[day] for day in each), key_check, readers),
        )
        for each in together
    ]
    skipped = tuple(day for day in days if day in marks and day not in todo)
    missing = tuple(day for day in days if day not in marks)
    return Plan(inbox, tuple(steps), skipped, missing, Anew(again) if again else None)


def _valued_by(zone: Zone, day: date) -> list[str]:
    """What the zone file says that the lists of a day are made by: rates in force, tolerance of amounts."""
    currencies = sorted({each.currency for each in zone.rates})
    return [f"{each} {zone.rate(each, day)}" for each in currencies] + [f"tolerance {zone.tolerance_cny}"]


def _as_day(name: str) -> date | None:
    """The day that a folder is named after: as it is looked for, 2026-10-01, and in no other spelling of ISO 8601."""
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if f"{day}" == name else None
