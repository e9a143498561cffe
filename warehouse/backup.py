"""A copy of a home from which it can be put back: taken while runs go on, checked before it is believed.

Data files, landed files and pages are never altered once written, so they are copied without any lock and only
once. The catalog, the log of commits and what was written meanwhile are copied under the writer's lock: seconds.
`backup.json` is written last; a folder without it, or whose catalog is another, is no backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from warehouse import catalogs, storage
from warehouse.connection import Lake
from warehouse.errors import BackupError
from warehouse.home import LANDING, RECORD, Home

MARK = "backup.json"
#: Folders of a home that are copied file by file; files in them are written once.
_WRITTEN_ONCE = ("data", "landing", "reports")
#: Folders that nobody needs back: work in progress, Prefect's own history, what sources put there.
_PASSING = ("staging", "scratch", "prefect", "inbox", "demo")
#: The keys of a home. Whoever has both can name people from digests and sign checkpoints: kept apart.
KEYS = ("pii.key", "signing.key")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BackedUp:
    """What a backup holds, and what taking it copied."""

    taken_at: str  # local Beijing time
    snapshot: int
    catalog_sha256: str
    files: int
    bytes: int
    copied: int = 0
    without_keys: tuple[str, ...] = ()


def backup(
    home: Home, target: Path, at: datetime, waiting: Callable[[str], None], progress: Progress
) -> BackedUp:
    """Bring the backup in `target` up to date with the home; the files it has already are not copied again.

    Keys are never copied: `without_keys` names those that must be kept elsewhere. Raises BackupError where the
    catalog is a shared one, or the folder holds something else.
    """
    _refuse(home, target)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackupError(f"{target} cannot be made or is no folder: {error.strerror}") from error
    (target / MARK).unlink(missing_ok=True)  # from here on it is not one backup, until it is another
    wanted = [each for folder in _WRITTEN_ONCE for each in _files(home.path, folder)]
    copied = 0
    for number, each in enumerate(wanted, 1):
        copied += _copy(home.path, target, each)
        progress(number, len(wanted))
    with Lake.write(home, waiting) as lake:
        snapshot = lake.snapshot()
        _copy_catalog(home.catalog, target / home.catalog.name)
        kept = {each for folder in _WRITTEN_ONCE for each in _files(home.path, folder)}
        copied += sum(_copy(home.path, target, each) for each in sorted(kept))
        for name in _changing(home.path):
            _replace(home.path / name, target / name)
    for folder in _WRITTEN_ONCE:  # what maintenance took away since the last backup
        for each in set(_files(target, folder)) - kept:
            (target / each).unlink()
    made = BackedUp(
        taken_at=at.isoformat(timespec="seconds"),
        snapshot=snapshot,
        catalog_sha256=_digest(target / home.catalog.name),
        files=len(kept),
        bytes=sum((target / each).stat().st_size for each in kept),
        copied=copied,
        without_keys=tuple(each for each in KEYS if (home.path / each).exists()),
    )
    _write(target / MARK, json.dumps(asdict(made), ensure_ascii=False, indent=1))
    return made


def restore(source: Path, home: Home, progress: Progress) -> BackedUp:
    """Put a backup back into a home that does not exist yet; returns what the backup says of itself.

    Raises BackupError where the backup is unfinished or damaged, the home is not empty, or a setting names a
    catalog or a folder beside the home: whatever was asked of the restored home would be told of that one.
    """
    if given := [each for each in (catalogs.URL, storage.URL, LANDING, RECORD) if os.environ.get(each)]:
        raise BackupError(
            f"{' and '.join(given)} {'are' if len(given) > 1 else 'is'} set, so that commands would read and write there "
            f"and not in {home.path} alone: restore, and use what is restored, with settings without "
            f"{'them' if len(given) > 1 else 'it'} (docs/operations/runbook.md, backup and restore)"
        )
    said = _read(source)
    catalog = home.catalog.name
    if _digest(source / catalog) != said.catalog_sha256:
        raise BackupError(
            f"{source / catalog} is not the catalog that {source / MARK} describes: take another backup"
        )
    found = [each for folder in _WRITTEN_ONCE for each in _files(source, folder)]
    if len(found) != said.files:
        raise BackupError(
            f"{source} holds {len(found):,} files where {MARK} tells of {said.files:,}: it was altered since it was taken"
        )
    if home.path.exists() and any(home.path.iterdir()):
        raise BackupError(
            f"{home.path} is not empty: restore into a new folder, then let TONGGUAN_HOME name it"
        )
    home.prepare()
    for number, each in enumerate(found, 1):
        _copy(source, home.path, each)
        progress(number, len(found))
    for name in _changing(source):
        _replace(source / name, home.path / name)
    shutil.copyfile(source / catalog, home.catalog)  # last: before it there is no warehouse to be read
    home.catalog.chmod(0o600)
    return said


def _refuse(home: Home, target: Path) -> None:
    if catalogs.of(home).shared:
        raise BackupError(
            "the catalog is a shared one: back it up with pg_dump and the bucket with its own versioning "
            "(docs/operations/shared.md, backup)"
        )
    if any(os.environ.get(each) for each in (storage.URL, LANDING, RECORD)):
        raise BackupError(
            f"{storage.URL}, {LANDING} or {RECORD} puts part of the warehouse outside the home: back those places "
            "up by their own means (docs/operations/shared.md, backup)"
        )
    if not home.catalog.exists():
        raise BackupError(f"there is no warehouse in {home.path}: set TONGGUAN_HOME or give --home")
    if target.resolve() == home.path.resolve() or home.path.resolve() in target.resolve().parents:
        raise BackupError(f"{target} lies in the home itself: choose a folder on another disk")
    there = {each.name for each in target.iterdir()} if target.exists() else set()
    if home.catalog.name not in there and not there <= {*_WRITTEN_ONCE, MARK}:  # nor one begun before
        raise BackupError(f"{target} holds something that is no backup: choose an empty folder")


def _read(source: Path) -> BackedUp:
    try:
        told = json.loads((source / MARK).read_text(encoding="utf-8"))
        return BackedUp(**{**told, "without_keys": tuple(told["without_keys"])})
    except FileNotFoundError as error:
        raise BackupError(
            f"{source} has no {MARK}: it is no backup, or taking it did not come to its end"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError(f"{source / MARK} cannot be read ({error}): take another backup") from error


def _changing(base: Path) -> list[str]:
    """What grows or is replaced: the log of commits, published copies, small files; not keys, locks or the catalog."""
    return sorted(
        each.name
        for each in base.iterdir()
        if each.name not in (*_WRITTEN_ONCE, *_PASSING, *KEYS, MARK)
        and not each.name.startswith((".", "catalog.sqlite"))
        and each.suffix not in (".lock", ".pid")
    )


def _replace(original: Path, copy: Path) -> None:
    if original.is_dir():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(original, copy)
    else:
        shutil.copy2(original, copy)


def _files(base: Path, folder: str) -> Iterator[Path]:
    """Finished files below a folder, relative to the base."""
    for each in sorted((base / folder).rglob("*")):
        if each.is_file() and not each.name.startswith("."):
            yield each.relative_to(base)


def _copy(base: Path, into: Path, each: Path) -> int:
    """Copy one file unless it is there; 1 where it was copied. A file that maintenance took away meanwhile is none."""
    target = into / each
    try:
        size = (base / each).stat().st_size
        if target.exists() and target.stat().st_size == size:
            return 0
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.copying")
        shutil.copy2(base / each, temporary)
    except FileNotFoundError:
        if (base / each).exists():
            raise
        return 0
    _sync(temporary)
    temporary.replace(target)
    return 1


def _copy_catalog(catalog: Path, target: Path) -> None:
    """SQLite's own online copy: whole, whatever its write-ahead log holds."""
    temporary = target.with_name(f".{target.name}.copying")
    temporary.unlink(missing_ok=True)
    source, copy = sqlite3.connect(catalog), sqlite3.connect(temporary)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    _sync(temporary)
    temporary.chmod(0o600)
    temporary.replace(target)


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.writing")
    temporary.write_text(text + "\n", encoding="utf-8")
    _sync(temporary)
    temporary.replace(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
