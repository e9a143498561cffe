"""What the machine does to a run, told to the person who has to act: a full disk, no right to write, a busy catalog."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from warehouse import Home

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}
#: The same in the words of DuckDB, SQLite and Polars, whose errors bear no number.
_SAY_FULL = (
    *("no space left on device", "database or disk is full", "disk quota exceeded", "file too large"),
    "could not write all bytes",
)
_SAY_CLOSED = (
    *("read-only file system", "permission denied", "readonly database", "unable to open database file"),
    "operation not permitted",
)
_SAY_BUSY = ("database is locked",)
_AGAIN = "then run the same command again: nothing of the stage that stopped was committed (docs/operations/faults.md)"


def full(error: BaseException) -> bool:
    """Whether a disk, a quota or the size allowed for files is exhausted."""
    return any(_number(each) in _FULL or _says(each, _SAY_FULL) for each in _causes(error))


def told(error: BaseException, home: Home | None = None) -> str | None:
    """The trouble as a sentence: what failed, where, and what to do; None where it is of another kind.

    Without a home the sentence does not say how much room is left in it.
    """
    reason = f"{error}".splitlines()[0] if f"{error}" else type(error).__name__
    if full(error):
        free = f" Free now: {_free(home)}." if home else ""
        return f"the disk is full: {reason}.{free} Make room, {_AGAIN}"
    if any(_number(each) in _CLOSED or _says(each, _SAY_CLOSED) for each in _causes(error)):
        return (
            f"a file or folder cannot be written: {reason}. Give the account this runs under the right to write in "
            f"{home.path if home else 'the home'} and its folders, or mount them writable, {_AGAIN}"
        )
    if any(_says(each, _SAY_BUSY) for each in _causes(error)):
        return (
            f"the catalog{f' {home.catalog}' if home else ''} is held by another program: {reason}. End what has it open "
            f"(a copy or backup being made, an SQLite shell), {_AGAIN}"
        )
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _number(error: BaseException) -> int | None:
    return error.errno if isinstance(error, OSError) else None


def _says(error: BaseException, signs: tuple[str, ...]) -> bool:
    """Of libraries only: a sentence of our own may speak of a file that cannot be opened for another reason."""
    library = isinstance(error, duckdb.Error | OSError) or type(error).__module__.startswith(
        ("polars", "sqlite3", "sqlalchemy")
    )
    text = str(error).lower()
    return library and any(sign in text for sign in signs)


def _free(home: Home) -> str:
    """Room left on every file system the home lies on, least first."""
    room: dict[int, tuple[int, Path]] = {}
    for path in (home.path, home.data, home.landing, home.staging, home.scratch, home.published, home.record):
        if path.exists():
            room.setdefault(path.stat().st_dev, (shutil.disk_usage(path).free, path))
    return ", ".join(f"{free / 1e6:,.1f} MB in {path}" for free, path in sorted(room.values()))
