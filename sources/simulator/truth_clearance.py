"""The true clearance_daily and exclusions_daily, from whole milliseconds, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from sources.simulator.chance import Flags, Ints
from sources.simulator.truth_cells import Cells, counts, roll_ups, totals
from sources.simulator.truth_lists import FOREVER, NEVER, REASONS, Seen
from sources.simulator.truth_quantiles import kaplan_meier, released
from sources.simulator.world import DAY, HOUR, midnight


@dataclass(frozen=True)
class Measure:
    """A duration between two milestones."""

    name: str
    start: str
    end: str
    net: bool = False
    excluded: bool = False
    hold: bool = False
    #: Of which lists it can tell; none named: of all.
    imports: bool = False
    modes: tuple[int, ...] = ()


MEASURES = (
    Measure("customs_gross", "accepted", "released", excluded=True),
    Measure("customs_net", "accepted", "released", net=True, excluded=True),
    Measure("declaration_gross", "declared", "released"),
    Measure("overall_gross", "arrived", "released", excluded=True),
    Measure("overall_net", "arrived", "released", net=True, excluded=True),
    Measure("inspection_hold", "inspected", "inspected_next", hold=True),
    Measure("review_hold", "review", "review_next", hold=True),
    Measure("arrival_wait", "waiting", "waiting_next", hold=True),
    Measure("gate_out", "released", "gate_out", imports=True, modes=(1210, 1239)),
    Measure("delivery", "released", "signed", imports=True),
)


@dataclass(frozen=True)
class _Spans:
    """What a measure found in a cohort: `which` are counted, the others negative or undefined."""

    which: Flags
    duration: Ints
    censored: Flags
    open_age: Ints  # NEVER where not open
    negative: Flags
    undefined: Flags
    excluded: Ints
    by_reason: list[Ints]


class Clearance:
    """Computes the rows of one zone's days."""

    def __init__(self, zone: str, seen: Seen, observed_until: int, told_until: str) -> None:
        self.zone, self.seen, self.c = zone, seen, seen.columns
        self.until, self.told_until = observed_until, told_until
        self.every = roll_ups(self.c)
        self.gone_at_last = self._gone(observed_until)

    def rows(self, day: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """clearance_daily and exclusions_daily of a day, both bases."""
        figures: list[dict[str, Any]] = []
        exclusions: list[dict[str, Any]] = []
        start, end = midnight(day), midnight(day) + DAY
        waiting, ages = self._open_at(end)
        for basis, milestone in (("release", "released"), ("acceptance", "accepted")):
            cohort = np.flatnonzero((self.c[milestone] >= start) & (self.c[milestone] < end))
            base = {"zone": self.zone, "business_date": day.isoformat(), "basis": basis}
            for measure in MEASURES:
                spans = self._spans(cohort, measure, basis)
                for cells in self.every:
                    still = (cells.among(waiting), ages) if basis == "release" else None
                    figures += self._figures(base, measure, cells.among(cohort), spans, still)
                    if measure.excluded:
                        exclusions += self._reasons(base, measure, cells.among(cohort), spans)
        return figures, exclusions

    def _gone(self, by: int) -> Ints:
        """When a list had left for good by a moment: cancelled, returned, closed, or in repair."""
        gone = np.full(len(self.c["flow"]), FOREVER, dtype=np.int64)
        for name in ("cancelled", "returned", "closed"):
            at = self.c[name]
            gone = np.where((at >= 0) & (at < by), np.minimum(gone, at), gone)
        for which, intervals in self.seen.exclusions.items():
            for reason, start, end in intervals:
                if REASONS[reason] == "repair" and start < by <= end:
                    gone[which] = min(gone[which], start)
        return gone

    def _open_at(self, end: int) -> tuple[Ints, Ints]:
        """Lists accepted and neither released nor gone by the end of a day, and their ages then."""
        accepted, released_at = self.c["accepted"], self.c["released"]
        is_open = (accepted >= 0) & (accepted < end) & ~((released_at >= 0) & (released_at < end))
        is_open &= self._gone(end) == FOREVER
        which = np.flatnonzero(is_open)
        return which, end - accepted[which]

    def _spans(self, cohort: Ints, measure: Measure, basis: str) -> _Spans:
        start, end = self.c[measure.start][cohort], self.c[measure.end][cohort]
        concerned = start >= 0 if measure.hold else np.ones(len(cohort), dtype=np.bool_)
        if measure.imports:
            concerned &= self.c["flow"][cohort] == 0
        if measure.modes:
            concerned &= np.isin(self.c["mode"][cohort], measure.modes)
        until, censored = end, np.zeros(len(cohort), dtype=np.bool_)
        open_age = np.full(len(cohort), NEVER, dtype=np.int64)
        if basis == "acceptance":
            left = self._left(measure)[cohort]
            running = (start >= 0) & (end < 0)
            stays = running & (left == FOREVER)
            until = np.where(stays, self.until, np.where(running, np.maximum(left, start), end))
            censored = running & concerned
            open_age = np.where(stays & concerned, self.until - start, NEVER)
        defined = concerned & (start >= 0) & (until >= 0)
        negative = defined & (until < start)
        which = defined & ~negative
        excluded, by_reason = self._excluded(measure, cohort, which, start, until)
        duration = np.where(which, until - start, 0)
        if measure.net:
            duration = duration - excluded
        return _Spans(
            which=which,
            duration=duration,
            censored=censored & which,
            open_age=open_age,
            negative=negative,
            undefined=concerned & ~defined,
            excluded=excluded,
            by_reason=by_reason,
        )

    def _left(self, measure: Measure) -> Ints:
        """When lists left before the end of a measure; FOREVER where they did not."""
        if measure.end == "released":
            return self.gone_at_last
        left = np.full(len(self.c["flow"]), FOREVER, dtype=np.int64)
        for name in ("cancelled", "returned"):
            left = np.where(self.c[name] >= 0, np.minimum(left, self.c[name]), left)
        return left

    def _excluded(
        self, measure: Measure, cohort: Ints, which: Flags, start: Ints, until: Ints
    ) -> tuple[Ints, list[Ints]]:
        """Milliseconds excluded of each list, all reasons united, and each reason for itself."""
        united = np.zeros(len(cohort), dtype=np.int64)
        single = [np.zeros(len(cohort), dtype=np.int64) for _ in REASONS]
        if measure.excluded:
            for at in np.flatnonzero(which & self.seen.has_exclusions[cohort]):
                intervals = self.seen.exclusions[int(cohort[at])]
                low, high = int(start[at]), int(until[at])
                united[at] = covered([each[1:] for each in intervals], low, high)
                for reason in {each[0] for each in intervals}:
                    own = [each[1:] for each in intervals if each[0] == reason]
                    single[reason][at] = covered(own, low, high)
        return united, single

    def _figures(
        self,
        base: dict[str, Any],
        measure: Measure,
        cells: Cells,
        s: _Spans,
        still: tuple[Cells, Ints] | None,
    ) -> Iterator[dict[str, Any]]:
        """One row a cell; `still` are the open lists of the day (release basis), else the censored are."""
        own = s.open_age >= 0
        of, age = (still[0].of, still[1]) if still else (cells.of[own], s.open_age[own])
        is_open = np.bincount(of, minlength=len(cells)).astype(np.int64)
        oldest = np.full(len(cells), NEVER, dtype=np.int64)
        np.maximum.at(oldest, of, age)
        n, negative, undefined = counts(cells, s.which), counts(cells, s.negative), counts(cells, s.undefined)
        excluded = totals(cells, s.which, s.excluded)
        statistics = released if still else kaplan_meier
        found = statistics(cells, s.which, s.duration, s.censored)
        if not still:
            ended = s.which & ~s.censored
            number, hours = counts(cells, ended), totals(cells, ended, s.duration)
            for cell, figures in enumerate(found):
                told = number[cell] and not is_open[cell]
                figures["mean_h"] = int(hours[cell]) / int(number[cell]) / HOUR if told else None
        for at in np.flatnonzero(n + negative + undefined + is_open):
            flow, mode, office = cells.names[at]
            yield {
                **base,
                "flow": flow,
                "mode": mode,
                "office": office,
                "measure": measure.name,
                "n": int(n[at]),
                **found[at],
                "open": int(is_open[at]),
                "oldest_open_h": int(oldest[at]) / HOUR if is_open[at] else None,
                "negative": int(negative[at]),
                "undefined": int(undefined[at]),
                "excluded_h": int(excluded[at]) / HOUR if measure.excluded else None,
                "observed_until": self.told_until,
            }

    def _reasons(
        self, base: dict[str, Any], measure: Measure, cells: Cells, s: _Spans
    ) -> Iterator[dict[str, Any]]:
        for reason, own in zip(REASONS, s.by_reason, strict=True):
            which = s.which & (own > 0)
            if not which.any():
                continue
            n, hours = counts(cells, which), totals(cells, which, own)
            for at in np.flatnonzero(n):
                flow, mode, office = cells.names[at]
                yield {
                    **base,
                    "flow": flow,
                    "mode": mode,
                    "office": office,
                    "measure": measure.name,
                    "reason": reason,
                    "n": int(n[at]),
                    "hours": int(hours[at]) / HOUR,
                }


def covered(intervals: list[tuple[int, int]], low: int, high: int) -> int:
    """Length of the union of the intervals inside low..high."""
    total, reached = 0, low
    for start, end in sorted(intervals):
        start, end = max(start, reached), min(end, high)
        if end > start:
            total += end - start
            reached = end
    return total
