"""Points at which a process dies, by name: a function of the product is wrapped so that it kills the process.

Nothing in the product knows of them. `arm` is called in a child that is to die.
"""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows import stages
from warehouse import Lake, catalogs, landing, merging, published, running

#: The module; the package has a function of its name.
sealing = importlib.import_module("warehouse.record.seal")


def die(*_: Any, **__: Any) -> None:
    """As `kill -9` from outside: nothing is flushed, closed or released."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(module: Any, name: str) -> None:
    """Die instead of the call."""
    setattr(module, name, die)


def after(module: Any, name: str) -> None:
    """Die when the call has returned."""
    inner = getattr(module, name)

    def wrapped(*arguments: Any, **options: Any) -> None:
        inner(*arguments, **options)
        die()

    setattr(module, name, wrapped)


def in_commit(when: str, sign: str) -> None:
    """Die in the transaction whose message contains `sign`: before its work, before or after its commit."""
    transaction = Lake.transaction

    @contextmanager
    def mortal(self: Lake, author: str, message: str, run_id: str, **options: Any) -> Any:
        with transaction(self, author, message, run_id, **options) as con:
            if sign in message and when == "at the start of":
                die()
            yield con
            if sign in message and when == "before":
                die()
        if sign in message:
            die()

    Lake.transaction = mortal


def in_copy(sign: str) -> None:
    """Die after the call of `os.fsync`-like `_sync` or the replacement of the analysts' copy."""
    if sign == "written":
        after(published, "_sync")
        return
    replace = Path.replace

    def mortal(self: Path, target: Any) -> Any:
        result = replace(self, target)
        if Path(target).name == published.NAME:
            die()
        return result

    Path.replace = mortal


def half_copy() -> None:
    """Die with some tables of the copy written and its transaction open."""
    bring = published._bring_up_to_date
    count = iter(range(1000))

    def mortal(*arguments: Any) -> None:
        bring(*arguments)
        if next(count) == 5:
            die()

    published._bring_up_to_date = mortal
    changed = published._changed_days
    published._changed_days = lambda con: changed(con) or die()  # the first copy: nothing there to be changed


def in_log(which: str) -> None:
    """Die when one file of the record has been appended, and the next has not."""
    append = sealing.append

    def mortal(path: Path, data: bytes) -> None:
        append(path, data)
        if path.name == which:
            die()

    sealing.append = mortal


def in_merge() -> None:
    """Die when one table of several is merged, in the open transaction."""
    merge = merging._merge
    merging.MOST_FILES = 1

    def mortal(con: Any, tables: Any) -> None:
        merge(con, tables[:1])
        die()

    merging._merge = mortal


def before_merge() -> None:
    """Die with every table merged and the commit to come."""
    merging.MOST_FILES = 1
    in_commit("before", "merge small files")


def half_landed() -> None:
    """Die when one file of several is landed and another is half copied."""
    store, done = landing.store, []

    def mortal(home: Any, path: Path, known: Any) -> tuple[str, int]:
        if done:
            (home.landing / ".incoming-half").write_bytes(path.read_bytes()[:100])
            die()
        done.append(path)
        return store(home, path, known)

    landing.store = mortal
    landing.WORKERS = 1


def in_migration() -> None:
    """Die in a new home that has some of its migrations."""
    in_commit("after", "migration 2")


POINTS: dict[str, Callable[[], None]] = {
    "in a new home, the catalog made": lambda: after(catalogs.SqliteCatalog, "prepare"),
    "in a new home, half its migrations applied": in_migration,
    "with the run named and not marked": lambda: before(running, "begun"),
    "while landing": half_landed,
    "after landing, before it is noted": lambda: after(landing, "keep"),
    "after landing": lambda: after(stages, "land"),
    "after reading": lambda: after(stages, "read"),
    "after validating": lambda: after(stages, "validate"),
    "at the start of the commit of documents": lambda: in_commit("at the start of", "of documents"),
    "before the commit of documents": lambda: in_commit("before", "of documents"),
    "after the commit of documents": lambda: in_commit("after", "of documents"),
    "before the commit of lists": lambda: in_commit("before", ": link lists"),
    "after the commit of lists": lambda: in_commit("after", ": link lists"),
    "before the commit of figures": lambda: in_commit("before", ": figures of"),
    "after the commit of figures": lambda: in_commit("after", ": figures of"),
    "while the copy is written": half_copy,
    "with the copy written and not renamed": lambda: in_copy("written"),
    "with the copy renamed and not marked": lambda: in_copy("renamed"),
    "while files are merged": in_merge,
    "before the commit of a merge": before_merge,
    "before the run is kept": lambda: in_commit("before", ": run of"),
    "after the run is kept": lambda: in_commit("after", ": run of"),
    "with the log appended": lambda: in_log("log.jsonl"),
    "with the hashes appended": lambda: in_log("leaves.bin"),
    "with the checkpoint appended and the catalog not told": lambda: in_log("checkpoints.jsonl"),
    "before the commit of the checkpoint": lambda: in_commit("before", "checkpoint of"),
    "after the commit of the checkpoint": lambda: in_commit("after", "checkpoint of"),
}


def arm(point: str) -> None:
    """Make this process die at a point."""
    POINTS[point]()
