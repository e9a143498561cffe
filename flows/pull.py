"""The pull of a day: which sources a run has, one pull a source, and everything they gave landed together.

The sources are those of the zone file; without any, the folder `inbox/<zone>` of the home; an inbox given by
hand stands in for all of them. Only that one is taken as it lies: into the others files come while a run reads.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from flows import stages
from flows.credentials import credentials
from flows.errors import UsageProblem
from flows.progress import reporter
from flows.stages import Run
from sources import zone_sources
from sources.connectors import connected
from sources.connectors.entry import Connector, SourceDown, SourceError
from sources.pulling import Pull, Puller, Remembered, by_hand
from sources.zone import Zone
from sources.zone_sources import INBOX, Source
from warehouse import Home, Lake, landing, pulls
from warehouse.errors import WarehouseMissingError
from warehouse.landing import ArrivalsGone

#: Seconds before the second attempt at a source, doubled each time; stretched by up to JITTER, so that the zones
#: that found it down together do not come back together.
FIRST_DELAY_S, JITTER = 2, 0.5


def sources_of(home: Path, zone: str, inbox: str | None = None) -> tuple[Source, ...]:
    """The sources of a run. Raises UsageProblem where an inbox given by hand does not exist, ZoneError."""
    if inbox is None:
        declared = Zone.load(zone).sources
        return declared or (zone_sources.home_inbox(default_inbox(home, zone)),)
    source = zone_sources.inbox(inbox)
    if source.remote:
        return (source,)
    given, own = Path(source.root), _default_inbox(home, zone)
    try:
        there, folder = given.exists(), given.is_dir()
    except OSError as error:
        raise UsageProblem(f"inbox {source.root} cannot be reached: {error.strerror}.") from None
    if not there:
        raise UsageProblem(
            f"inbox {source.root} does not exist. Give --inbox a folder of extracts or one file."
        )
    if folder and given.is_relative_to(own):  # as a backfill names it that was given none
        return (zone_sources.home_inbox(given, of_a_day=given != own),)
    return (source,)


def default_inbox(home: Path, zone: str) -> Path:
    """Where extracts are looked for when a zone declares no source; made so that it can be filled.

    One that cannot be made or reached is a gap of the day, told where it is listed.
    """
    inbox = _default_inbox(home, zone)
    with suppress(OSError):
        inbox.mkdir(parents=True, exist_ok=True)
    return inbox


def _default_inbox(home: Path, zone: str) -> Path:
    return home / "inbox" / zone


def pull(run: Run, source: Source) -> Path:
    """One pull from one source; returns its record, which also holds what an attempt that failed had taken.

    Raises SourceDown (another try may help) or SourceRefused.
    """
    record = record_of(run, source)
    if source.as_it_lies:
        return by_hand(source).save(record)
    with connected(source, credentials(source)) as connector:
        puller(
            run.store,
            run.zone,
            source,
            connector,
            run.folder / "pulled" / source.name,
            reporter().stage("pull"),
        ).pull(record)
    return record


def puller(
    home: Home,
    zone: str,
    source: Source,
    connector: Connector,
    into: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Puller:
    """A pull that knows what earlier runs took from the source."""
    try:
        with Lake.read(home) as lake:
            known = pulls.known(lake, zone)
    except WarehouseMissingError:
        known = {}  # nothing was taken yet
    remembered = {
        name: Remembered(each.state, each.file_hash, landing.stored(home, each.file_hash))
        for (label, name), each in known.items()
        if label == source.label
    }
    return Puller(
        called(zone, source),
        source,
        connector,
        remembered,
        into,
        # A listing that is believed by its times needs no memory, and days are prepared beside one another.
        settling=(into.parent if source.by_times else home.path / "sources" / zone) / f"{source.name}.json",
        progress=progress,
    )


def give_up(run: Run, source: Source, error: SourceError, attempts: int) -> Path:
    """Note a source that cannot be pulled as a gap, beside what it gave before it failed."""
    record = record_of(run, source)
    result = Pull.load(record) if record.exists() else Pull(source.label, remembers=True)
    tried = f"{attempts} attempt{'s' if attempts > 1 else ''}"
    what = f"is out of reach after {tried}" if isinstance(error, SourceDown) else "cannot be used"
    result.gaps.append(f"{called(run.zone, source)} {what}: {error}; its files are taken at the next run")
    result.failed = True
    return result.save(record)


def land(run: Run, records: Sequence[Path]) -> Path:
    """Land what was pulled; files that are gone or unreadable by now become gaps of their sources."""
    while True:
        try:
            return stages.land(run, records)
        except ArrivalsGone as gone:
            if any(each.path.is_relative_to(run.folder) for each in gone.arrivals):
                raise  # a copy of our own: that is our disk
            for path in records:
                record = Pull.load(path)
                record.let_go(gone.lost, _called(run.zone, record.source, inbox=path.stem == INBOX))
                record.save(path)


def called(zone: str, source: Source) -> str:
    """A source as sentences name it."""
    return _called(zone, source.label, inbox=not source.declared)


def _called(zone: str, label: str, *, inbox: bool) -> str:
    return f"{'inbox' if inbox else 'source'} {label} of {zone}"


def pull_all(run: Run, inbox: str | None = None) -> list[Path]:
    """Every source in turn, tried again as often as it says, without Prefect; returns their records."""
    return [_patiently(run, source) for source in sources_of(run.home, run.zone, inbox)]


def _patiently(run: Run, source: Source) -> Path:
    for attempt in range(1, source.retries + 2):
        try:
            return pull(run, source)
        except SourceError as error:
            if attempt > source.retries or not isinstance(error, SourceDown):
                return give_up(run, source, error, attempt)
            time.sleep(FIRST_DELAY_S * 2 ** (attempt - 1) * random.uniform(1, 1 + JITTER))
    raise AssertionError("unreachable")


def record_of(run: Run, source: Source) -> Path:
    """Where the record of a source's pull lies."""
    return run.pulls / f"{source.name}.json"


def pulled_sentence(records: Sequence[Path]) -> str:
    """How many files came from how many sources."""
    taken = [Pull.load(each) for each in records]
    files, failed = sum(len(each.files) for each in taken), sum(each.failed for each in taken)
    return f"{files:,} files from {len(taken):,} sources" + (f", {failed:,} of them failed" if failed else "")
