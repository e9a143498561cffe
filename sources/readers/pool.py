"""Many files at once: a reading process a core, the largest files first."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from sources.privacy import digester
from sources.readers.one_file import read_file
from sources.staging import LandedFile, ReadOutcome, dumps, loads_outcomes

#: Below this many bytes in all, starting processes costs more than they save.
SMALL_BYTES = 24 * 1024**2
#: Reading processes of one run; the default is one a core.
READERS = "TONGGUAN_READERS"
_ROOT = Path(__file__).resolve().parents[2]


class WorkerBrokeError(RuntimeError):
    """A reading process ended; the message is what it said. Nothing is known about the files' content."""


def read_files(
    landed: Sequence[LandedFile],
    out_dir: Path,
    key: bytes,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[ReadOutcome]:
    """Read every landed file to `out_dir`/<file_hash>.parquet, or refuse it; outcomes in the order given.

    Files are recognised by content, never by name. A refused file
    never stops the others; an error of the reader itself does (ReadingBrokeError, WorkerBrokeError), since
    its result could not be told from bad data. `progress(done, all)` is called after each file.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    outcomes: dict[str, ReadOutcome] = {}

    def done(outcome: ReadOutcome) -> None:
        outcomes[outcome.file_hash] = outcome
        if progress:
            progress(len(outcomes), len(landed))

    asked = _asked() or workers
    count = min(asked or _cores(), len(landed))
    # Where a number is asked for, others work beside this caller, perhaps in its own process: even one reader
    # is a process of its own then, so that reading does not hold the interpreter lock.
    if (count <= 1 and not asked) or sum(each.bytes for each in landed) < SMALL_BYTES:
        digest = digester(key)
        for each in landed:
            done(read_file(each, out_dir, digest))
    else:
        _read_apart(landed, out_dir, key, count, done)
    return [outcomes[each.file_hash] for each in landed]


def _asked() -> int | None:
    """What the environment says; raises ValueError where it is no number of processes."""
    text = os.environ.get(READERS)
    if not text:
        return None
    if not text.isdigit() or text == "0":
        raise ValueError(f"{READERS}={text!r}: write a number of reading processes, e.g. 2, or leave it out")
    return int(text)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_apart(
    landed: Sequence[LandedFile], out_dir: Path, key: bytes, count: int, done: Callable[[ReadOutcome], None]
) -> None:
    """Let `count` processes take the files, the largest first; the first failure ends all."""
    jobs: queue.SimpleQueue[LandedFile] = queue.SimpleQueue()
    for each in sorted(landed, key=lambda each: (-each.bytes, each.file_hash)):
        jobs.put(each)
    results: queue.SimpleQueue[ReadOutcome | Exception] = queue.SimpleQueue()
    workers = [_Worker(out_dir, key) for _ in range(count)]
    threads = [threading.Thread(target=each.serve, args=(jobs, results), daemon=True) for each in workers]
    try:
        for thread in threads:
            thread.start()
        for _ in landed:
            result = results.get()
            if isinstance(result, Exception):
                raise result
            done(result)
    finally:
        for worker in workers:
            worker.end()
        for thread in threads:
            thread.join()


class _Worker:
    """One reading process and the pipes to it; one thread of the caller serves it."""

    def __init__(self, out_dir: Path, key: bytes) -> None:
        self._said: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed in end
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sources.readers.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            encoding="utf-8",
            # One thread a process: the files are what runs in parallel.
            env={
                **os.environ,
                "POLARS_MAX_THREADS": "1",
                "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]),
                "PYTHONIOENCODING": "utf-8",
            },
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise WorkerBrokeError("a reading process could not be connected")
        self._in, self._out = self._process.stdin, self._process.stdout
        # The key goes through the pipe: arguments and environment can be seen by other processes.
        self._tell(json.dumps({"key": key.hex(), "out_dir": str(out_dir.resolve())}))

    def serve(
        self,
        jobs: queue.SimpleQueue[LandedFile],
        results: queue.SimpleQueue[ReadOutcome | Exception],
    ) -> None:
        """Take jobs until there are none; a failure is a result too, so that nobody waits for ever."""
        try:
            while True:
                job = jobs.get_nowait()
                self._tell(dumps([job]))
                answer = self._out.readline()
                if not answer:
                    raise WorkerBrokeError(self._last_words())
                for outcome in loads_outcomes(answer):
                    results.put(outcome)
        except queue.Empty:
            return
        except (OSError, ValueError) as error:
            results.put(WorkerBrokeError(self._last_words() or str(type(error))))
        except WorkerBrokeError as error:
            results.put(error)

    def end(self) -> None:
        """Let the process end; it is killed if it works on a file nobody waits for any more."""
        self._process.kill()
        self._process.wait()
        self._in.close()
        self._out.close()
        self._said.close()

    def _tell(self, line: str) -> None:
        self._in.write(line + "\n")
        self._in.flush()

    def _last_words(self) -> str:
        code = self._process.wait()
        self._said.seek(0)
        said = [each for each in self._said.read().splitlines() if each.startswith("reading ")]
        return said[-1] if said else f"a reading process ended with code {code}, perhaps out of memory"
