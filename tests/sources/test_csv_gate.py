"""The CSV gate against a plain character-by-character reading of RFC 4180."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.readers.csv_gate import blocks
from sources.readers.refusal import RefusalError


def plain_reading(text: str) -> list[int] | None:
    """Fields of each record by a state machine over characters; None where the grammar is broken."""
    ending = "\r\n" if "\r\n" in text and text.index("\r\n") == text.index("\n") - 1 else "\n"
    records, fields, at, start_of_field = [], 1, 0, True
    while at < len(text):
        char = text[at]
        if "\0" in text:
            return None
        if start_of_field and char == '"':
            at += 1
            while True:
                close = text.find('"', at)
                if close < 0:
                    return None
                if text[close + 1 : close + 2] != '"':
                    break
                at = close + 2
            at = close + 1
            if text[at : at + 1] not in ("", ",") and not text.startswith(ending, at):
                return None
            start_of_field = False
        elif char == ",":
            fields, start_of_field, at = fields + 1, True, at + 1
        elif text.startswith(ending, at):
            records.append(fields)
            fields, start_of_field, at = 1, True, at + len(ending)
        elif char in '"\r\n\0':
            return None
        else:
            start_of_field, at = False, at + 1
    if (text and not text.endswith("\n")) or start_of_field is False or fields > 1:
        records.append(fields)
    return records if len(set(records)) <= 1 else None


def gated(text: str, size: int) -> tuple[int, list[int]] | None:
    try:
        found = list(blocks(text.encode(), size=size))
    except RefusalError:
        return None
    return sum(len(each.lines) for each in found), [int(line) for each in found for line in each.lines]


cells = st.text(alphabet='ab,"\n\r\0é ', max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='a,"\n\r\0', max_size=24), st.integers(1, 30))
def test_any_text(text: str, size: int) -> None:
    if '"' in text and "\n" in text.split('"', 1)[1] and "\r" in text:
        return  # the first line end may lie inside quotes; which ending the file has is then a convention
    expected, found = plain_reading(text), gated(text, size)
    assert (found is None) == (expected is None), (text, expected, found)
    if expected is not None and found is not None:
        assert found[0] == len(expected)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8), st.integers(1, 60), st.booleans())
def test_what_a_writer_writes_passes_with_its_lines(
    rows: list[tuple[str, str, str]], size: int, unix: bool
) -> None:
    # The strategy is typed as rows of fixed length, the oracle takes any.
    rows = [tuple(cell.replace("\0", "") for cell in row) for row in rows]  # type: ignore[misc]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n" if unix else "\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(("h1", "h2", "h3"))
    writer.writerows(rows)
    found = gated(out.getvalue(), size)
    assert found is not None
    line, lines = 2, [1]
    for row in rows:
        lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    assert found == (len(rows) + 1, lines)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a,b\n1,2\n3\n", 3),
        ('a,b\n1,"2\n\n3"\n4,5,6\n', 5),
        ('a,b\n"1""x",2\n"3"4,5\n', 3),
        ('a,b\n1,"2\n3,4\n', 2),
        ("a,b\r\n1,2\r\n3,4\n", 3),
    ],
)
def test_the_line_is_named(text: str, line: int) -> None:
    with pytest.raises(RefusalError) as refused:
        list(blocks(text.encode()))
    assert (refused.value.refusal.rule, refused.value.refusal.line) == ("F6", line)
