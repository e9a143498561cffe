"""A run: who runs, for which zone and date, and where it keeps what passes between its stages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

from flows import clock
from flows.progress import reporter
from warehouse import Home, Lake, running
from warehouse.connection import ready


@dataclass(frozen=True)
class Run:
    """Who runs, for which zone and date, in which home, since when; small enough to pass between tasks."""

    home: Path
    zone: str
    business_date: date
    run_id: str
    started_at: datetime  # local Beijing time
    provisional: bool = False  # the day is not over: its figures are marked, and no other date is published

    @property
    def store(self) -> Home:
        """The home's layout."""
        return Home(self.home)

    @property
    def folder(self) -> Path:
        """Where the run keeps what passes between its stages."""
        return self.store.staging / self.run_id

    @property
    def pulls(self) -> Path:
        """One record a source: what was pulled from it, and what could not be."""
        return self.folder / "pulls"

    @property
    def landed(self) -> Path:
        """The landed files of the run, as JSON."""
        return self.folder / "landed.json"

    @property
    def page(self) -> Path:
        """The validation page."""
        return self.store.reports / self.run_id / "validation.html"

    @property
    def compared_with(self) -> Path:
        """How often documents of the zone had been stored when the checks compared with them."""
        return self.folder / "compared-with.txt"

    @property
    def outcomes(self) -> Path:
        """What reading them gave, as JSON."""
        return self.folder / "outcomes.json"


@dataclass(frozen=True)
class Anew:
    """Days whose lists a backfill makes anew, each followed by its figures; `first` and `last` of them."""

    days: frozenset[date]

    @property
    def first(self) -> date:
        """The earliest."""
        return min(self.days)

    @property
    def last(self) -> date:
        """The latest."""
        return max(self.days)


def begin(home: Path, zone: str, business_date: date, provisional: bool = False) -> Run:
    """Name the run and prepare its folder."""
    run = named(home, zone, business_date, provisional)
    prepare(run)
    return run


def named(home: Path, zone: str, business_date: date, provisional: bool = False) -> Run:
    """A run with its name, before anything of it is written."""
    run_id = f"{zone}-{business_date:%Y%m%d}-{uuid4().hex[:8]}"
    return Run(home, zone, business_date, run_id, started_at=clock.now(), provisional=provisional)


def prepare(run: Run) -> None:
    """Make the folder of a run, and the warehouse of a new home."""
    if not ready(run.store):
        with Lake.write(run.store, waiting):
            pass  # opening a new home for writing creates its catalog, so that readers find one
    run.folder.mkdir(parents=True)


def mark(run: Run, flow_run_id: str | None) -> None:
    """Leave the mark that a run has begun in this process; `keep` takes it away."""
    running.begun(run.store, run.run_id, run.zone, run.business_date, run.started_at, flow_run_id)


def waiting(sentence: str) -> None:
    """Show whom a writer waits for in place of the stage's name."""
    reporter().stage(sentence)
