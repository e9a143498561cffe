"""What a failure of one day means: a sentence and the next day, or the end since no further day would fare better."""

from __future__ import annotations

import errno
from concurrent.futures import BrokenExecutor

import duckdb

from expectations.outcome import CheckBroke
from flows.errors import UsageProblem
from sources.connectors.entry import SourceError
from sources.readers.one_file import ReadingBrokeError
from sources.readers.pool import WorkerBrokeError
from sources.zone import ZoneError
from warehouse.errors import RecordError, SigningKeyError, WarehouseError, WarehouseMissingError

#: Failures whose text is fit to be shown as it is.
WORDED = (
    *(CheckBroke, OSError, ReadingBrokeError, SourceError, UsageProblem),
    *(WarehouseError, WorkerBrokeError, ZoneError),
)
#: Of the system: no day after this one will fare better.
_HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}


def sentence(error: BaseException) -> str:
    """The failure for people; one nobody foresaw bears its class."""
    if isinstance(error, BrokenExecutor):
        return "a process that prepares days ended, perhaps out of memory: fewer --workers need less"
    return str(error) if isinstance(error, WORDED) else f"{type(error).__name__}: {error}"


def hopeless(error: BaseException) -> bool:
    """Whether every further day would fail too: the lake or its disk fails, or the workers are gone.

    Not where only this day's documents or memory are at fault.
    """
    if isinstance(error, duckdb.OutOfMemoryException):
        return False
    if isinstance(error, OSError):
        return error.errno in _HOPELESS
    return isinstance(
        error,
        BrokenExecutor
        | duckdb.OperationalError
        | duckdb.InternalError
        | duckdb.FatalException
        | WarehouseMissingError
        | RecordError
        | SigningKeyError,
    )
