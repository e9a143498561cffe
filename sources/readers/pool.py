"""Many files at once: one process a core, the largest files first."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from sources.privacy import Digest, digester
from sources.readers.one_file import read_file
from sources.staging import LandedFile, ReadOutcome
from sources.zone import Zone

#: Below this many bytes in all, starting processes costs more than they save.
_SMALL = 24 * 1024**2
_digest: Digest | None = None


def read_files(
    landed: Sequence[LandedFile],
    out_dir: Path,
    key: bytes,
    *,
    zone: Zone | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[ReadOutcome]:
    """Read every landed file to `out_dir`/<file_hash>.parquet, or refuse it; outcomes in the order given.

    Files are recognised by content, never by name. A refused file never stops the others; an error of
    the reader itself does, since its result could not be told from bad data. `progress(done, all)` is
    called after each file.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    digest = digester(key)
    count = min(workers or _cores(), len(landed))
    if count <= 1 or sum(each.bytes for each in landed) < _SMALL:
        outcomes = []
        for each in landed:
            outcomes.append(read_file(each, out_dir, digest))
            if progress:
                progress(len(outcomes), len(landed))
        return outcomes
    by_hash: dict[str, ReadOutcome] = {}
    largest = sorted(landed, key=lambda each: (-each.bytes, each.file_hash))
    with ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_start, initargs=(key,)
    ) as pool:
        waiting = [pool.submit(_work, each, out_dir) for each in largest]
        for done, future in enumerate(as_completed(waiting), 1):
            outcome = future.result()
            by_hash[outcome.file_hash] = outcome
            if progress:
                progress(done, len(landed))
    return [by_hash[each.file_hash] for each in landed]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(key: bytes) -> None:
    global _digest
    _digest = digester(key)


def _work(landed: LandedFile, out_dir: Path) -> ReadOutcome:
    if _digest is None:
        raise RuntimeError("the worker was not started with a key")
    return read_file(landed, out_dir, _digest)
