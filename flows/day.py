"""What a day came to: the record that gates the exit code, notifies, and documents the run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from warehouse.documents import CommitSummary


@dataclass
class DayReport:
    """Outcome of one run of one zone and business date. Counts are documents unless named otherwise."""

    run_id: str
    zone: str
    business_date: date
    files_seen: int = 0
    files_new: int = 0
    committed: CommitSummary = field(default_factory=lambda: CommitSummary(None))
    mended: int = 0  # quarantined rows taken in after a release
    vintages: list[tuple[date, int]] = field(default_factory=list)
    provisional: bool = False  # the day was not over: its vintage is marked
    refused: list[str] = field(default_factory=list)  # "name: rule, line, reason"
    quarantined: list[str] = field(default_factory=list)  # "rule: kind, count"
    warnings: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    corrections: list[str] = field(default_factory=list)  # declared ones in force, each as a sentence
    corrections_changed: bool = False  # any taken up, changed or withdrawn by this run
    filled: list[str] = field(default_factory=list)  # days that were missing before this one, each a sentence
    failed: list[str] = field(default_factory=list)  # missing days that stopped, "day: why"
    untidy: str | None = None  # why small files could not be merged
    stop: tuple[str, str] | None = None  # how it stopped (warehouse.watching.INVARIANT or STOPPED), and why
    stages: dict[str, float] = field(default_factory=dict)  # seconds by stage
    validation_page: str | None = None

    @property
    def changed(self) -> bool:
        """Whether the run committed anything."""
        return bool(self.files_new or self.mended or self.vintages or self.corrections_changed)

    @property
    def all_well(self) -> bool:
        """Whether nothing is missing, refused, quarantined, warned of or left undone."""
        return not self.problems()

    @property
    def exit_code(self) -> int:
        """0 all well, 1 finished with something to look at."""
        return 0 if self.all_well else 1

    def problems(self) -> list[tuple[str, str]]:
        """Everything that keeps the day from being green, as (class, sentence)."""
        return [
            *((self.stop,) if self.stop else ()),
            *(("gap", each) for each in self.gaps),
            *(("refused", each) for each in self.refused),
            *(("quarantine", each) for each in self.quarantined),
            *(("warning", each) for each in self.warnings),
            *(("missing", each) for each in self.filled),
            *(("stopped", each) for each in self.failed),
            *(("tidy", each) for each in (self.untidy,) if each),
        ]

    def as_json(self) -> dict[str, Any]:
        """For `--json` and the artifact."""
        return {**asdict(self), "all_well": self.all_well, "exit_code": self.exit_code}

    def published(self, day: date, vintage: int) -> str:
        """A vintage of this run as people read it."""
        return f"{day} as vintage {vintage}" + (
            " (provisional: the day is not over)" if self.provisional else ""
        )

    def markdown(self) -> str:
        """The day's summary for Prefect's interface."""
        rows = self.committed
        state = "all well" if self.all_well else f"{len(self.problems())} things to look at"
        lines = [
            f"# {self.zone} {self.business_date}: {state}",
            "",
            "| read | accepted | duplicate | superseded | quarantined |",
            "|---:|---:|---:|---:|---:|",
            f"| {rows.rows_read} | {rows.rows_accepted} | {rows.rows_duplicate} "
            f"| {rows.rows_superseded} | {rows.rows_quarantined} |",
            "",
            *(f"- **{kind}** {sentence}" for kind, sentence in self.problems()),
            *(f"- **correction** {sentence}" for sentence in self.corrections),
            *(f"- published {self.published(day, vintage)}" for day, vintage in self.vintages),
        ]
        return "\n".join(lines)
