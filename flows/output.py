"""How results look on a terminal: tables by Rich, colour only where there is a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.day import DayReport

#: Into a file or a pipe, lines are not cut at the 80 columns Rich assumes there.
_WIDE = 220


def _console(stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    return console


out = _console(stderr=False)
err = _console(stderr=True)

#: Whole numbers of four digits stand ungrouped (ISO 80000-1), so that a year reads as a year.
_GROUPED = 10_000
#: Smaller figures show their first three digits: three decimals would show nothing of a share of 0.00004.
_SMALL = 0.1

_MARKS = {
    "gap": "yellow",
    "refused": "red",
    "quarantine": "red",
    "warning": "yellow",
    "missing": "yellow",
    "stopped": "red",
    "tidy": "yellow",
}


def complain(what: str, sentence: str) -> None:
    """One sentence on standard error."""
    err.print(f"[red]tongguan: {what}:[/red] ", end="")
    err.print(sentence, markup=False)


def line(text: str, style: str = "") -> None:
    """One line as it is, whatever brackets it holds."""
    out.print(text, markup=False, style=style, soft_wrap=True)


def table(title: str, rows: Sequence[Mapping[str, Any]], numbers: Iterable[str] = ()) -> None:
    """Rows as a table; says so where there are none."""
    if not rows:
        line(f"{title}: none")
        return
    right = set(numbers)
    shown = Table(
        title=Text(title, "table.title"), title_justify="left", header_style="bold", box=None, pad_edge=False
    )
    for name in rows[0]:
        shown.add_column(Text(name), justify="right" if name in right else "left", overflow="fold")
    for row in rows:  # as Text: a file name in brackets is no markup
        shown.add_row(*(Text(cell(value)) for value in row.values()))
    out.print(shown)


def cell(value: Any) -> str:
    """A value as people read it; nothing is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.3f}" if value == 0 or abs(value) >= _SMALL else f"{value:.3g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) >= _GROUPED else str(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def day_report(report: DayReport) -> None:
    """What the day came to, each problem by name."""
    out.print(
        f"{report.zone} {report.business_date}: {report.files_seen:,} files ({report.files_new:,} new), "
        f"{report.committed.rows_read:,} documents read, {report.committed.rows_accepted:,} accepted, "
        f"{report.committed.rows_duplicate:,} duplicate, {report.committed.rows_superseded:,} superseded, "
        f"{report.committed.rows_quarantined:,} quarantined"
    )
    for day, vintage in report.vintages:
        out.print(f"  published {report.published(day, vintage)}")
    if not report.vintages:
        out.print("  no figure changed: nothing published")
    for kind, sentence in report.problems():
        out.print(f"  [{_MARKS.get(kind, 'yellow')}]{kind}[/] ", end="")
        out.print(sentence, markup=False)
    for sentence in report.corrections:
        line(f"  correction {sentence}")
    if report.validation_page:
        out.print(f"  checks: {report.validation_page}")
    if report.all_well:
        out.print("  [green]all well[/green]")
