"""What a person sees while a day runs: one line a stage, a bar where the amount of work is known.

Stages report through `reporter()`; the command line installs a terminal reporter, everything else
(a worker, a test) keeps the silent one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

Advance = Callable[[int, int], None]
_Shown = TypeVar("_Shown")


class Reporter(Protocol):
    """Shows the stages of a day."""

    def stage(self, name: str) -> Advance:
        """Begin a stage; the callable takes (done, total)."""
        ...

    def done(self, name: str, seconds: float, summary: str) -> None:
        """End the stage with one sentence on what it did."""
        ...


class Silent:
    """Reports nothing: for workers, whose log is Prefect's."""

    def stage(self, name: str) -> Advance:
        """Ignore the stage."""
        return lambda done, total: None

    def done(self, name: str, seconds: float, summary: str) -> None:
        """Ignore its end."""


class Terminal:
    """A progress bar per stage on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console = console
        self._progress = progress
        self._task = progress.add_task("", total=None, visible=False)

    def stage(self, name: str) -> Advance:
        """Show the stage with a bar that fills as `done` nears `total`."""
        self._progress.update(self._task, description=name, completed=0, total=None, visible=True)
        return lambda done, total: self._progress.update(self._task, completed=done, total=total)

    def done(self, name: str, seconds: float, summary: str) -> None:
        """Leave one line behind."""
        self._progress.update(self._task, visible=False)
        self._console.print(f"  [green]✓[/green] {name:<9} {seconds:6.1f} s  {summary}", highlight=False)


_current: ContextVar[Reporter] = ContextVar("reporter", default=Silent())  # noqa: B039  (stateless default)


def reporter() -> Reporter:
    """The reporter in force."""
    return _current.get()


@contextmanager
def terminal_progress(console: Console) -> Iterator[None]:
    """Report to `console` while the block runs."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with shown(console, columns, _current, Terminal):
        yield


@contextmanager
def shown(
    console: Console,
    columns: Sequence[ProgressColumn],
    current: ContextVar[_Shown],
    terminal: Callable[[Console, Progress], _Shown],
) -> Iterator[None]:
    """Put what `terminal` makes of a progress display in force while the block runs."""
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        token = current.set(terminal(console, progress))
        try:
            yield
        finally:
            current.reset(token)


class Stopwatch:
    """Seconds since it was made; stages put it into their summary line."""

    def __init__(self) -> None:
        self._start = perf_counter()

    def seconds(self) -> float:
        """Elapsed seconds."""
        return perf_counter() - self._start
