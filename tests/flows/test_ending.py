"""What Prefect is told a run came to: red with gaps, never well with anything to look at."""

import pytest

from flows.ending import ended as told
from flows.ending import outcome

GAP, ROW, WARNED = ("gap", "no documents of CEB411"), ("quarantine", "CEB411: 1 by P1"), ("warning", "V2")


@pytest.mark.parametrize(
    ("problems", "failed", "name", "message"),
    [
        ([], False, "Completed", "all well"),
        ([ROW, WARNED], False, "Something to look at", "quarantine: CEB411: 1 by P1; warning: V2"),
        ([ROW, GAP], True, "Not all well", "gap: no documents of CEB411; quarantine: CEB411: 1 by P1"),
        ([("refused", "cut.xml: F1")], True, "Not all well", "refused: cut.xml: F1"),
        (
            [("failed", "2026-11-11: a check broke")],
            True,
            "Not all well",
            "failed: 2026-11-11: a check broke",
        ),
        ([WARNED] * 7, False, "Something to look at", "warning: V2; " * 5 + "and 2 more"),
    ],
)
def test_the_state_of_a_run(problems: list[tuple[str, str]], failed: bool, name: str, message: str) -> None:
    state = told("report", problems)
    assert (state.is_failed(), state.is_completed()) == (failed, not failed)
    assert (state.name, state.message) == (name, message)


def test_a_red_run_still_gives_its_report_and_a_stopped_one_what_stopped_it() -> None:
    from prefect import flow

    @flow
    def run(what: str) -> object:
        if what == "stops":
            raise ValueError("stopped")
        return told(what, [GAP])

    assert outcome(run("a report", return_state=True)) == "a report"
    with pytest.raises(ValueError, match="stopped"):
        outcome(run("stops", return_state=True))
