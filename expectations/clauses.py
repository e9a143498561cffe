"""What a predicate is made of: one test of one field of one row, and how tests join into one predicate.

A clause is SQL over the columns of a staged view (`stage.<table>`), or, for an item field, over one item
`i` of the row's `items`. It is true where the rule is broken; null counts as "not broken", so a test whose
operands are missing decides nothing (an empty mandatory field is rule M1's).
No clause holds a percent sign or a brace: both mean something on the way through Great Expectations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Clause:
    """One way to break `rule`. `detail` is SQL text for people, never a personal value."""

    rule: str
    field: str  # CEB name of the field, "items.<name>" for an item field
    sql: str
    detail: str
    item: bool = False


def quoted(column: str) -> str:
    """A quoted identifier."""
    return '"' + column.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted text literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(values: Iterable[str]) -> str:
    """A SQL list of text values. `list_contains` runs once a dictionary entry, `IN` once a row."""
    return "[" + ", ".join(literal(each) for each in values) + "]"


def predicate(clauses: Sequence[Clause]) -> str:
    """One boolean over a row: true where any clause is broken. Item clauses share one pass over the items."""
    tests = [f"({each.sql})" for each in clauses if not each.item]
    items = [f"({each.sql})" for each in clauses if each.item]
    if items:
        tests.append(f"len(list_filter(items, lambda i: {' or '.join(items)})) > 0")
    return " or ".join(tests)


def broken(clause: Clause) -> str:
    """The clause as a boolean over a row."""
    return predicate([clause])


def detail(clause: Clause) -> str:
    """The clause's detail as SQL text over a row; of an item clause that of the first item that breaks it."""
    if not clause.item:
        return clause.detail
    place = f"list_position(list_transform(items, lambda i: coalesce({clause.sql}, false)), true)"
    text = f"list_transform(list_filter(items, lambda i: {clause.sql}), lambda i: {clause.detail})"
    return f"'item ' || {place} || ': ' || list_extract({text}, 1)"
