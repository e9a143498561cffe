"""The grammar gate of CSV: strict RFC 4180, checked on the bytes before any value is read.

Lenient readers shift values unseen when a line has a delimiter too many (measured: 743 of 2,290 broken
files). Here a quote may only open a field, close one, or stand doubled inside one; every record has as
many fields as the header; lines end alike; there is no NUL. A missing newline at the end is allowed.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sources.readers import limits
from sources.readers.refusal import RefusalError

_QUOTE, _COMMA, _LF, _CR = 0x22, 0x2C, 0x0A, 0x0D
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Whole records that passed: where their bytes lie, and the line each begins on (1-based)."""

    start: int
    end: int
    second: int  # where the second record begins (the end if there is one record)
    lines: Positions
    quoted: bool


def blocks(data: bytes | mmap.mmap, start: int = 0, size: int = limits.CHUNK_BYTES) -> Iterator[Block]:
    """Checked blocks of whole records in file order; the first record's field count holds for all.

    `data` is UTF-8 without byte-order mark. Refuses (F6) with the line of the first record that breaks
    the grammar.
    """
    crlf = _line_ends(data)
    fields: int | None = None
    line = 1
    while start < len(data):
        window = size
        while True:
            piece = data[start : start + window]
            final = start + len(piece) >= len(data)
            passed = _records(piece, final=final, fields=fields, line=line, crlf=crlf)
            if passed is not None:
                break
            if window >= limits.XML_DOCUMENT_BYTES * 4:
                raise RefusalError("F6", "one record is longer than 128 MiB: a quote is not closed", line)
            window *= 2
        used, starts, lines, quoted, fields = passed
        second = int(starts[1]) if len(starts) > 1 else used
        yield Block(start, start + used, start + second, lines, quoted)
        start += used
        line += piece.count(b"\n", 0, used)


def _line_ends(data: bytes | mmap.mmap) -> bool:
    """Whether lines end CR LF; refuses a file that mixes line ends (outside quotes is checked later)."""
    first = data.find(b"\n")
    return first > 0 and data[first - 1] == _CR


def _records(
    piece: bytes, *, final: bool, fields: int | None, line: int, crlf: bool
) -> tuple[int, Positions, Positions, bool, int] | None:
    """The whole records at the start of a piece, checked: (bytes taken, where each begins, its line, whether
    any is quoted, fields a record). None asks for more bytes."""
    raw = np.frombuffer(piece, dtype=np.uint8)
    quotes = np.flatnonzero(raw == _QUOTE)
    newlines, commas = np.flatnonzero(raw == _LF), np.flatnonzero(raw == _COMMA)
    outside_newlines = _outside(newlines, quotes)
    if final:
        used = len(piece)
    elif len(outside_newlines):
        used = int(outside_newlines[-1]) + 1
    else:
        return None
    if used < len(piece):
        raw, piece = raw[:used], piece[:used]
        quotes, newlines, commas = (each[each < used] for each in (quotes, newlines, commas))
        outside_newlines = outside_newlines[outside_newlines < used]
    starts = np.concatenate(([0], outside_newlines + 1))
    if starts[-1] == len(piece):
        starts = starts[:-1]
    lines = np.searchsorted(newlines, starts) + line
    nul = piece.find(b"\0")
    if nul >= 0:
        raise RefusalError(
            "F6", "a NUL byte; export the file again", line + int(np.searchsorted(newlines, nul))
        )
    first_bad = [len(piece)]
    reasons = {len(piece): ""}

    def found(positions: Positions, reason: str) -> None:
        if len(positions):
            reasons.setdefault(int(positions[0]), reason)
            first_bad.append(int(positions[0]))

    found(_quote_faults(raw, quotes), "a quote inside a field, or text after a closing quote")
    if len(quotes) % 2:
        found(quotes[-1:], "a quote that is never closed")
    found(_line_end_faults(raw, quotes, outside_newlines, crlf=crlf), "line ends of two sorts")
    if not min(first_bad) < len(piece):
        ends = (
            np.append(outside_newlines, len(piece))
            if len(outside_newlines) < len(starts)
            else outside_newlines
        )
        outside_commas = _outside(commas, quotes)
        counts = np.diff(np.searchsorted(outside_commas, np.append(0, ends))) + 1
        expected = int(counts[0]) if fields is None else fields
        wrong = np.flatnonzero(counts != expected)
        if len(wrong):
            at = int(wrong[0])
            raise RefusalError(
                "F6",
                f"a record has {int(counts[at])} fields where the header has {expected}; a value with "
                "a comma must stand in double quotes: correct the line and send the file again",
                int(lines[at]),
            )
        return used, starts, lines, bool(len(quotes)), expected
    bad = min(first_bad)
    record = int(np.searchsorted(starts, bad, side="right")) - 1
    at_line = line + int(np.searchsorted(newlines, bad))
    begun = f", in the record that begins on line {int(lines[record])}" if lines[record] != at_line else ""
    raise RefusalError(
        "F6", f"{reasons[bad]}{begun}; write the file as RFC 4180 CSV and send it again", at_line
    )


def _outside(positions: Positions, quotes: Positions) -> Positions:
    """The positions that do not lie inside a quoted field (an even number of quotes before them)."""
    if not len(quotes):
        return positions
    outside: Positions = positions[np.searchsorted(quotes, positions) % 2 == 0]
    return outside


def _quote_faults(raw: npt.NDArray[np.uint8], quotes: Positions) -> Positions:
    """Quotes that neither open a field, close one, nor double one, in file order."""
    if not len(quotes):
        return quotes
    opening, closing = quotes[0::2], quotes[1::2]
    # An opening quote follows a delimiter or a line end, or directly the quote it doubles.
    before = np.where(opening > 0, raw[np.maximum(opening - 1, 0)], _LF)
    doubled = np.zeros(len(opening), dtype=bool)
    doubled[1:] = opening[1:] == closing[: len(opening) - 1] + 1
    bad_opening = opening[~(doubled | (before == _COMMA) | (before == _LF))]
    # A closing quote is followed by a delimiter, a line end, the end, or the quote that doubles it.
    after = np.where(closing + 1 < len(raw), raw[np.minimum(closing + 1, len(raw) - 1)], _LF)
    bad_closing = closing[~((after == _COMMA) | (after == _LF) | (after == _CR) | (after == _QUOTE))]
    return np.sort(np.concatenate((bad_opening, bad_closing)))


def _line_end_faults(
    raw: npt.NDArray[np.uint8], quotes: Positions, newlines: Positions, *, crlf: bool
) -> Positions:
    """Carriage returns and line feeds outside quotes that do not match the first line's ending."""
    returns = _outside(np.flatnonzero(raw == _CR), quotes)
    if not crlf:
        return returns
    bare_feeds = newlines[(newlines == 0) | (raw[np.maximum(newlines - 1, 0)] != _CR)]
    follows = np.where(returns + 1 < len(raw), raw[np.minimum(returns + 1, len(raw) - 1)], 0)
    return np.sort(np.concatenate((bare_feeds, returns[follows != _LF])))
