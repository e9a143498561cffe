"""What a stage did, as the one line that stays on the terminal and in the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flows.stages import Run
from sources.staging import load_landed, load_outcomes


def landed_sentence(run: Run) -> str:
    """How many files are new."""
    landed = load_landed(run.landed)
    new = [each for each in landed if not each.known]
    return f"{len(new):,} new files, {sum(each.bytes for each in new) / 1e6:,.1f} MB; {len(landed) - len(new):,} known"


def read_sentence(run: Run) -> str:
    """How many documents were read."""
    outcomes = load_outcomes(run.outcomes)
    refused = sum(each.refusal is not None for each in outcomes)
    return f"{sum(each.rows for each in outcomes):,} documents; {refused:,} files refused"


def vintages_sentence(vintages: Sequence[tuple[date, int]]) -> str:
    """Which dates got a new vintage."""
    if not vintages:
        return "no figure changed"
    return ", ".join(f"{day} vintage {vintage}" for day, vintage in vintages)
