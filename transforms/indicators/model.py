"""What a published indicator is: a figure with its base, period, unit and definition, and what it claims."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from transforms.indicators.interval import Interval
from transforms.indicators.printed import Printed

#: The word for figures a reader recomputed; as a document, the one that nobody published.
NOTED = "noted"
_DATED = re.compile(r"(\d{4})(?:-(\d{2}))?")


class IndicatorError(ValueError):
    """A file of indicators that cannot be used. The text names file, entry and key."""


@dataclass(frozen=True)
class Period:
    """When a figure holds; `end` is the last month as a running number, None for words like "by 2018"."""

    text: str
    end: int | None
    year: int | None

    @classmethod
    def parse(cls, text: str) -> Period:
        """`2021` and `2018-11` are dated, anything else is kept as it is; raises ValueError for a 13th month."""
        found = _DATED.fullmatch(text)
        if not found:
            return cls(text, None, None)
        if not 1 <= int(found[2] or 12) <= 12:
            raise ValueError(f"{text!r} names no month of a year; write 01 to 12 after the year")
        year = int(found[1])
        return cls(text, year * 12 + int(found[2] or 12), None if found[2] else year)


@dataclass(frozen=True)
class Definition:
    """What is measured; figures of one definition, area and flow form a series."""

    id: str
    label: str
    text: str
    better: str | None = None  # lower or higher
    limit_per_month: Interval | None = None  # a figure changes within a month by this factor at the most


@dataclass(frozen=True)
class Rate:
    """A rate printed beside a figure. `other`: the figure it is taken against; None where that is unknown.

    `also`: the same rate printed elsewhere; `noted`: recomputed by a reader, not published.
    """

    printed: Printed | None
    also: tuple[Printed, ...]
    noted: Printed | None
    other: str | None

    @property
    def stated(self) -> tuple[tuple[str, Printed], ...]:
        """Every spelling of the rate with the word that introduces it."""
        published = (*([self.printed] if self.printed else []), *self.also)
        noted = ((NOTED, self.noted),) if self.noted else ()
        return (*(("published", each) for each in published), *noted)


@dataclass(frozen=True)
class Indicator:
    """One published figure; references are ids of other figures of the same file.

    `rates`: cut, growth, change, annual_growth, share. `ratio`: (numerator, denominator), each an id or a
    number. `difference`: (whole, parts taken off). `implied`: the figure as others computed it where only
    its cut is printed.
    """

    id: str
    row: str
    doc: str
    area: str
    flow: str | None
    period: Period
    definition: Definition
    unit: str
    value: Printed | None
    also: tuple[Printed, ...] = ()
    implied: Printed | None = None
    rates: Mapping[str, Rate] = field(default_factory=dict)
    sum_of: tuple[str, ...] = ()
    difference: tuple[str, tuple[str, ...]] | None = None
    ratio: tuple[str, str] | None = None
    base_of: str | None = None
    covers: str | None = None
    part_of: str | None = None
    same_as: str | None = None
    improves: str | None = None
    rank: int | None = None
    note: str | None = None

    @property
    def stated(self) -> tuple[tuple[str, Printed], ...]:
        """The figure, if there is one, with the word that introduces it."""
        return ((NOTED if self.doc == NOTED else "published", self.value),) if self.value else ()

    @property
    def title(self) -> str:
        """Row, what, where, when and how much, in one line."""
        about = ", ".join(each for each in (self.area, self.flow, self.period.text) if each)
        value = f"{self.value.text} {self.unit}" if self.value else "no value printed"
        return f"[{self.row}] {self.definition.label}, {about}: {value}"


@dataclass(frozen=True)
class Check:
    """One recomputation: what was compared, the arithmetic in words and digits, and the verdict.

    `rates`: the names of the figure's rates that the arithmetic puts to the test. `of_note`: it was put to a
    reader's note beside a published figure, so that a contradiction is the reader's.
    """

    relation: str
    arithmetic: str
    consistent: bool
    rates: tuple[str, ...] = ()
    of_note: bool = False

    @property
    def sentence(self) -> str:
        """The arithmetic and its verdict."""
        if self.of_note:
            verdict = "follows" if self.consistent else "does not follow, which accuses no published figure"
            return f"note of a reader on {self.relation}: {self.arithmetic}: {verdict}"
        verdict = "consistent" if self.consistent else "INCONSISTENT"
        return f"{self.relation}: {self.arithmetic}: {verdict}"


@dataclass(frozen=True)
class Gap:
    """A rate or a key of an entry that no check could be made of, and why. `rate`: the name of the rate."""

    subject: str
    reason: str
    rate: str | None = None

    @property
    def sentence(self) -> str:
        """What is not checkable, and why."""
        return f"{self.subject}: not checkable, {self.reason}"
