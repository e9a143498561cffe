"""What Prefect is told a run came to, so that nothing which is not well looks green there.

A day with a missing source or a file that was refused is published and red (design, section 5.7), as its exit code on
the command line is 1. What the rules set aside or warn of is named on a run that is completed: rows in quarantine are
an everyday matter, and what is critical among them is an alert.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

Report = TypeVar("Report")
#: Classes of problems (DayReport.problems) that a run must not look well with.
RED = frozenset({"gap", "refused", "stopped", "failed"})
NOT_WELL, LOOK_AT = "Not all well", "Something to look at"
#: Of a long list, as many are named in the state; all of them are in the summary of the run.
NAMED = 5


def ended(report: Report, problems: Collection[tuple[str, str]]) -> State[Report]:
    """The end of a run that came to a report, with its problems as (class, sentence), the red ones first."""
    if not problems:
        return Completed(message="all well", data=report)
    ordered = sorted(problems, key=lambda each: each[0] not in RED)
    said = sentence(ordered)
    if ordered[0][0] in RED:
        return Failed(name=NOT_WELL, message=said, data=report)
    return Completed(name=LOOK_AT, message=said, data=report)


def sentence(problems: Sequence[tuple[str, str]]) -> str:
    """Some problems in a line."""
    named = "; ".join(f"{kind}: {said}" for kind, said in problems[:NAMED])
    return named if len(problems) <= NAMED else f"{named}; and {len(problems) - NAMED} more"


def outcome(state: State[Any]) -> Any:
    """The report of a run that ended, red or not; raises what stopped one that has none.

    Prefect types a flow that returns a state as one whose result is a state, hence Any.
    """
    found = state.result(raise_on_failure=False)
    if isinstance(found, BaseException):
        raise found
    return found
