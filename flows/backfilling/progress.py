"""What a person sees of a backfill: days done of days to do, the rate, the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from flows.backfilling.load import Loaded
from flows.progress import Stopwatch, shown
from warehouse.backfills import DONE


class Pace:
    """Days and lists done since it was made, and what follows from them."""

    def __init__(self, total: int) -> None:
        self.total, self.days, self.lists = total, 0, 0
        self._watch = Stopwatch()

    def add(self, loaded: Loaded) -> None:
        """One more day done or failed."""
        self.days += 1
        self.lists += loaded.lists

    @property
    def percent(self) -> float:
        """Of the days to do."""
        return 100 * self.days / self.total if self.total else 100.0

    def sentence(self) -> str:
        """Rate and time left."""
        seconds = self._watch.seconds()
        if not self.days or not seconds:
            return "preparing the first days"
        left = timedelta(seconds=round((self.total - self.days) * seconds / self.days))
        return f"{self.days / seconds * 3600:,.0f} days/h, {self.lists / seconds:,.0f} lists/s, {left} left"


class Watcher(Protocol):
    """Shows how a backfill goes on."""

    def say(self, sentence: str) -> None:
        """Something to know."""
        ...

    def day(self, loaded: Loaded, pace: Pace) -> None:
        """A day is done or failed."""
        ...


class Silent:
    """Shows nothing: for workers and `--json`."""

    def say(self, sentence: str) -> None:
        """Ignore it."""

    def day(self, loaded: Loaded, pace: Pace) -> None:
        """Ignore it."""


class Terminal:
    """One line a day, and below them a bar with rate and time left where there is a terminal."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console, self._progress = console, progress
        self._bar = progress.add_task("starting", total=None)

    def say(self, sentence: str) -> None:
        """One line."""
        self._console.print(sentence, markup=False, highlight=False)

    def day(self, loaded: Loaded, pace: Pace) -> None:
        """One line for the day; the bar moves."""
        outcome = loaded.outcome
        if outcome.outcome == DONE:
            report = loaded.report
            look = f", {len(report.problems())} things to look at" if report and report.problems() else ""
            said = f"{loaded.documents:,} documents, {loaded.lists:,} lists{look}"
            mark = "[green]✓[/green]"
        else:
            said, mark = f"failed: {outcome.sentence}", "[red]✗[/red]"
        self._console.print(f"  {mark} {outcome.day} {loaded.seconds:6.1f} s  ", end="", highlight=False)
        self._console.print(
            f"{said}  ({pace.days:,} of {pace.total:,} days, {pace.sentence()})",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        self._progress.update(
            self._bar, description=pace.sentence(), completed=pace.days, total=pace.total, refresh=True
        )


_current: ContextVar[Watcher] = ContextVar("backfill watcher", default=Silent())  # noqa: B039  (stateless default)


def watcher() -> Watcher:
    """The watcher in force."""
    return _current.get()


@contextmanager
def shown_on(console: Console) -> Iterator[None]:
    """Show the days on `console` while the block runs."""
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with shown(console, columns, _current, Terminal):
        yield
