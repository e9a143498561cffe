"""`tongguan check-published`: do published figures follow from each other?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from flows import output
from flows.errors import UsageProblem
from flows.options import JsonOption
from sources.published import EXAMPLE, PublishedFileError, load
from transforms.indicators.check import INCONSISTENT, NOT_CHECKABLE, Verdict, check_all, counts
from transforms.indicators.model import IndicatorError
from transforms.indicators.schema import read


def check_published(
    file: Annotated[
        Path | None,
        typer.Argument(help="YAML file of published figures; docs/check-published.md has its keys."),
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Check the file that ships with the system instead.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Recompute every rate of published figures from its neighbours and show the arithmetic.

    The digits a figure is printed with say how exact it is: it is consistent where some unrounded values
    fit. Figures nothing can be recomputed from are listed as not checkable, each with the reason where there
    is a rate or a key to give one for. Exit code 1 where any figure is inconsistent.

    Example: tongguan check-published --example
    """
    if (file is None) != example:
        raise UsageProblem("name one file to check, or --example for the one that ships with the system.")
    path = EXAMPLE if file is None else file
    try:
        verdicts = check_all(read(load(path), str(path)))
    except (PublishedFileError, IndicatorError) as error:
        raise UsageProblem(str(error)) from error
    found = counts(verdicts)
    if as_json:
        record = {"file": str(path), "counts": found, "figures": [each.as_record() for each in verdicts]}
        typer.echo(json.dumps(record, ensure_ascii=False))
    else:
        show(verdicts, found)
    raise typer.Exit(1 if found[INCONSISTENT] else 0)


def show(verdicts: list[Verdict], found: dict[str, int]) -> None:
    """Every figure with its arithmetic, those without any, and the inconsistent ones once more."""
    for each in verdicts:
        if each.outcome != NOT_CHECKABLE:
            output.line(each.indicator.title)
            _show_one(each, "    ")
    output.line("\nNot checkable, nothing is printed to recompute them from or what is named does not serve:")
    for each in verdicts:
        if each.outcome == NOT_CHECKABLE:
            output.line(f"    {each.indicator.title}")
            _show_one(each, "        ")
    output.line(
        f"\n{len(verdicts):,} figure{'' if len(verdicts) == 1 else 's'}: "
        + ", ".join(f"{number:,} {name}" for name, number in found.items())
    )
    for each in verdicts:
        if each.outcome == INCONSISTENT:
            output.line(f"    INCONSISTENT {each.indicator.title}", "red")
    wrong = sum(not note.consistent for each in verdicts for note in each.notes)
    if wrong:
        notes = "note of a reader does" if wrong == 1 else "notes of readers do"
        output.line(f"{wrong:,} {notes} not follow from the figures, which accuses none of them", "yellow")


def _show_one(verdict: Verdict, indent: str) -> None:
    for check in verdict.checks:
        output.line(f"{indent}{check.sentence}", "" if check.consistent else "red")
    for note in verdict.notes:
        output.line(f"{indent}{note.sentence}", "" if note.consistent else "yellow")
    for sentence in verdict.unchecked:
        output.line(f"{indent}{sentence}")
    if verdict.indicator.note:
        output.line(f"{indent}note: {verdict.indicator.note}")
