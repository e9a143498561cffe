"""What a backfill came to: the days done, failed and skipped, and how fast it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flows.backfilling.load import Loaded
from flows.day import DayReport
from warehouse.backfills import DONE, FAILED, SKIPPED, Asked, DayOutcome


@dataclass
class BackfillReport:
    """Outcome of one backfill. `seconds` is by the clock, start of Prefect not counted."""

    asked: Asked
    inbox: str = ""  # what was detected
    workers: int = 0
    runner: str = ""
    outcomes: list[DayOutcome] = field(default_factory=list)
    problems: dict[date, list[tuple[str, str]]] = field(
        default_factory=dict
    )  # of days done: (class, sentence)
    vintages: dict[date, int] = field(default_factory=dict)  # newest, of every date published
    lists: int = 0  # customs lists read
    documents: int = 0
    stages: dict[str, float] = field(
        default_factory=dict
    )  # seconds summed over days; prepare beside the others
    reused: int = 0  # days an earlier start had prepared
    seconds: float = 0.0

    def add(self, loaded: Loaded) -> None:
        """Take in a day."""
        self.outcomes.append(loaded.outcome)
        self.lists += loaded.lists
        self.documents += loaded.documents
        self._spent("prepare", loaded.prepared_seconds)
        if loaded.report:
            self._took(loaded.report)

    def skip(self, days: Sequence[date]) -> None:
        """Take in days that were done before."""
        self.outcomes += [DayOutcome(day, SKIPPED) for day in days]

    def _took(self, report: DayReport) -> None:
        if found := report.problems():
            self.problems[report.business_date] = found
        self.vintages |= dict(report.vintages)
        for name, seconds in report.stages.items():
            self._spent(name, seconds)

    def _spent(self, name: str, seconds: float) -> None:
        self.stages[name] = round(self.stages.get(name, 0.0) + seconds, 3)

    def of(self, outcome: str) -> list[DayOutcome]:
        """Days with an outcome, in order."""
        return sorted((each for each in self.outcomes if each.outcome == outcome), key=lambda each: each.day)

    @property
    def failures(self) -> list[str]:
        """A sentence for every day that failed."""
        return [f"{each.day}: {each.sentence}" for each in self.of(FAILED)]

    @property
    def troubles(self) -> list[tuple[str, str]]:
        """Days that failed, and what there is to look at on days done, as (class, sentence)."""
        return [
            *(("failed", each) for each in self.failures),
            *((kind, f"{day}: {said}") for day, found in self.problems.items() for kind, said in found),
        ]

    @property
    def exit_code(self) -> int:
        """0 all well; 1 days failed, or have something to look at."""
        return 1 if self.troubles else 0

    @property
    def days_an_hour(self) -> float | None:
        """Days done an hour, this time."""
        return len(self.of(DONE)) / self.seconds * 3600 if self.seconds and self.of(DONE) else None

    @property
    def lists_a_second(self) -> float | None:
        """Customs lists a second, this time."""
        return self.lists / self.seconds if self.seconds and self.lists else None

    def as_json(self) -> dict[str, Any]:
        """For `--json`, scripts and the benchmark."""
        return {
            "backfill_id": self.asked.backfill_id,
            "zone": self.asked.zone,
            "from": self.asked.first,
            "to": self.asked.last,
            "reason": self.asked.reason,
            "asked_by": self.asked.asked_by,
            "inbox": self.inbox,
            "runner": self.runner,
            "workers": self.workers,
            "done": [each.day for each in self.of(DONE)],
            "skipped": [each.day for each in self.of(SKIPPED)],
            "failed": {str(each.day): each.sentence for each in self.of(FAILED)},
            "problems": {
                str(day): [f"{kind}: {said}" for kind, said in found] for day, found in self.problems.items()
            },
            "vintages": {str(day): vintage for day, vintage in sorted(self.vintages.items())},
            "lists": self.lists,
            "documents": self.documents,
            "reused": self.reused,
            "stages": self.stages,
            "seconds": round(self.seconds, 3),
            "days_an_hour": self.days_an_hour,
            "lists_a_second": self.lists_a_second,
            "exit_code": self.exit_code,
        }
