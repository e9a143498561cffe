"""What the gate hands on: records of expectations, the report, and the error that stops a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

PASSED, FAILED, BROKEN = "passed", "failed", "broken"


@dataclass(frozen=True)
class Record:
    """One expectation and what came of it; a broken check says nothing about the data."""

    kind: str  # empty: a step over all kinds broke
    rule: str  # empty: a step broke outside of any one rule
    severity: str
    field: str | None  # null: any field of the rule
    expectation: str
    outcome: str  # passed, failed (the data), broken (the check)
    broken_reason: str | None
    checked: int | None  # rows looked at
    failed: int | None  # rows found
    observed_value: int | None
    sample: tuple[str, ...] = ()  # business keys of some rows found

    @property
    def sentence(self) -> str:
        """What was checked and why the check broke."""
        words = (self.kind, self.rule, self.field or "", self.expectation if not self.rule else "")
        return f"{' '.join(word for word in words if word)}: {self.broken_reason}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class GateReport:
    """The result of the gate. Rows are documents."""

    rule_set: str
    rows: Mapping[str, int]  # kind -> staged rows
    rejected: Mapping[str, int]  # kind -> rows in quarantine, each counted once
    found: Mapping[tuple[str, str], int]  # (kind, rule) -> rows with a finding
    records: tuple[Record, ...]
    broken: tuple[str, ...]  # sentences: which check broke, where and why

    @property
    def warnings(self) -> int:
        """Rows and rules of severity warning that found something."""
        return sum(
            each.failed or 0 for each in self.records if each.severity == "warning" and each.field is None
        )


class CheckBroke(RuntimeError):
    """A check broke: nothing is known about the data and nothing may be committed."""

    def __init__(self, report: GateReport) -> None:
        self.report = report
        first = "\n  ".join(report.broken[:10])
        more = f"\n  and {len(report.broken) - 10} more" if len(report.broken) > 10 else ""
        super().__init__(
            f"{len(report.broken)} checks broke; this says nothing about the data. Nothing is committed; "
            f"mend the check (validations.json has all of them) and run the day again:\n  {first}{more}"
        )
