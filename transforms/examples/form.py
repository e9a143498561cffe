"""The form of a worked example, and how docs/metrics.md shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from textwrap import dedent

#: The day of an example that names no other.
DAY = date(2026, 11, 11)


@dataclass(frozen=True)
class Example:
    """Input rows, the day's figures they give, and the arithmetic between them in words.

    Tables are drawn: a header and one row a line, cells parted by `|`. An empty cell is null. A column that
    is not drawn is null; `zone` is "example", `business_date` the day, and a yes/no column is no. Times are
    `HH:MM[:SS[.mmm]]` of the day, a day later `+1 HH:MM`. Numbers that are no decimals are written as
    fractions, `7/6`. A cell of a nested column is JSON.
    """

    title: str
    #: Input rows by table: "core.lists", or a table the family reads ("documents.payments").
    given: Mapping[str, str]
    #: Rows by metric table: exactly those of the day that fit `where`, in any order; not all columns.
    expected: Mapping[str, str]
    #: How the numbers come about, in a sentence or a few.
    arithmetic: str
    #: Cells looked at; only columns the table has count.
    where: Mapping[str, str] = field(default_factory=lambda: {"flow": "all", "mode": "all", "office": "all"})
    #: What the zone states, as TOML by the names of `transforms.stated.Stated`.
    stated: str = ""
    day: date = DAY
    #: End (exclusive) of what is observed; None: the end of the day.
    observed_until: date | None = None

    def markdown(self) -> Iterator[str]:
        """Lines of the page: a heading, then blocks the test reads back."""
        until = f" observed {self.observed_until}" if self.observed_until else ""
        yield from ("", f"### Example: {self.title}", "")
        if self.stated:
            yield from ("```stated", *_lines(self.stated), "```", "")
        for table, drawn in self.given.items():
            yield from (f"```given {table} {self.day}{until}", *_lines(drawn), "```", "")
        yield self.arithmetic
        cell = "".join(f" {name}={value}" for name, value in self.where.items())
        for table, drawn in self.expected.items():
            yield from ("", f"```expected {table}{cell}", *_lines(drawn), "```")


def _lines(text: str) -> list[str]:
    return dedent(text).strip().splitlines()
