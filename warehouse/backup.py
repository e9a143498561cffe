"""A copy of a home from which it can be put back: taken while runs go on, checked before it is believed.

Data files, landed files and pages are never altered once written, so they are copied without any lock and only
once. The catalog, the log of commits and what was written meanwhile are copied under the writer's lock, seconds, into
the folder `next` of the backup, which counts once its `backup.json` is there; only then do they take their places, and
only after that goes what the home has no more. So a backup that was stopped, at whatever moment, is the one before it
or the new one. A folder without `backup.json`, or whose catalog is another, is no backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from warehouse import catalogs, published, storage
from warehouse.connection import Lake
from warehouse.errors import BackupError
from warehouse.home import LANDING, RECORD, Home

MARK = "backup.json"
#: Which of the files written once belong to the backup: others may have been copied by one that was stopped.
FILES = "files.json"
#: Stands in a folder from the beginning of its first backup to the end of it.
BEGUN = "backup.begun"
#: Where the changing part of a backup is made before it takes the place of the one before.
NEXT = "next"
#: The zone files with their corrections, which lie beside the home.
ZONES = "zones"
#: Folders of a home that are copied file by file; files in them are written once.
_WRITTEN_ONCE = ("data", "landing", "reports")
#: Folders that nobody needs back: work in progress, Prefect's own history, what sources put there.
_PASSING = ("staging", "scratch", "prefect", "inbox", "demo", "running")
#: Endings of locks and of what is being written; hidden names are the same.
_UNFINISHED = (".lock", ".pid", ".part")
#: The keys of a home. Whoever has both can name people from digests and sign checkpoints: kept apart.
KEYS = ("pii.key", "signing.key")

#: What a backup never holds: whoever names the folder of another warehouse must not lose it.
_OF_A_HOME = {"writer.lock", "staging", *KEYS}

_SHA256 = re.compile(r"[0-9a-f]{64}")
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


@dataclass(frozen=True)
class Restored:
    """What the backup says of itself, and the landed files in it whose bytes are not those of their name."""

    said: BackedUp
    altered: tuple[str, ...]


def backup(
    home: Home,
    target: Path,
    at: datetime,
    waiting: Callable[[str], None],
    progress: Progress,
    zones: Path | None = None,
) -> BackedUp:
    """Bring the backup in `target` up to date with the home; the files it has already are not copied again.

    `zones`: the folder of the zone files and corrections; it goes along as `zones`, and stands in the restored home.
    Keys are never copied: `without_keys` names those that must be kept elsewhere. Raises BackupError where the
    catalog is a shared one, or the folder holds something else.
    """
    _refuse(home, target, zones)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackupError(f"{target} cannot be made or is no folder: {error.strerror}") from error
    if not (target / MARK).exists():
        _write(target / BEGUN, "")
    _take_places(target)  # where the last one was stopped in the middle of it
    wanted = [each for folder in _WRITTEN_ONCE for each in _files(home.path, folder)]
    copied = 0
    for number, each in enumerate(wanted, 1):
        copied += _copy(home.path, target, each)
        progress(number, len(wanted))
    fresh = target / NEXT
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    with Lake.write(home, waiting) as lake:
        snapshot = lake.snapshot()
        _copy_catalog(home.catalog, fresh / home.catalog.name)
        found = {each for folder in _WRITTEN_ONCE for each in _files(home.path, folder)}
        copied += sum(_copy(home.path, target, each) for each in sorted(found))
        with published.alone(home):
            for name in _changing(home.path):
                _copy_changing(home.path / name, fresh / name)
    if zones is not None:
        shutil.rmtree(fresh / ZONES, ignore_errors=True)  # those of a home that was restored, and uses others
        _copy_changing(zones, fresh / ZONES)
    kept = sorted(each for each in found if (target / each).exists())
    _write(fresh / FILES, json.dumps([each.as_posix() for each in kept], ensure_ascii=False, indent=0))
    made = BackedUp(
        taken_at=at.isoformat(timespec="seconds"),
        snapshot=snapshot,
        catalog_sha256=_digest(fresh / home.catalog.name),
        files=len(kept),
        bytes=sum((target / each).stat().st_size for each in kept),
        copied=copied,
        without_keys=tuple(each for each in KEYS if (home.path / each).exists()),
    )
    _write(fresh / MARK, json.dumps(asdict(made), ensure_ascii=False, indent=1))
    _take_places(target)
    for folder in _WRITTEN_ONCE:  # what maintenance took away since the last backup
        for each in {*_files(target, folder)} - {*kept}:
            (target / each).unlink()
    (target / BEGUN).unlink(missing_ok=True)
    return made


def restore(source: Path, home: Home, progress: Progress) -> Restored:
    """Put a backup back into a home that does not exist yet.

    Landed files bear their SHA-256 as their name: those that were altered are left out, so that a source can send
    them again. Data files are proved by the log of commits (warehouse.record). Raises BackupError where the backup is
    unfinished or damaged, the home is not empty, or a setting names a catalog or a folder beside the home: whatever
    was asked of the restored home would be told of that one.
    """
    if given := [each for each in (catalogs.URL, storage.URL, LANDING, RECORD) if os.environ.get(each)]:
        raise BackupError(
            f"{' and '.join(given)} {'are' if len(given) > 1 else 'is'} set, so that commands would read and write there "
            f"and not in {home.path} alone: restore, and use what is restored, with settings without "
            f"{'them' if len(given) > 1 else 'it'} (docs/operations/runbook.md, backup and restore)"
        )
    said = _read(source)
    catalog = home.catalog.name
    if _digest(_newest(source, catalog)) != said.catalog_sha256:
        raise BackupError(
            f"{_newest(source, catalog)} is not the catalog that {_newest(source, MARK)} describes: take another backup"
        )
    found = _listed(source)
    if len(found) != said.files:
        raise BackupError(
            f"{source} holds {len(found):,} files where {MARK} tells of {said.files:,}: it was altered since it was taken"
        )
    if home.path.exists() and any(home.path.iterdir()):
        raise BackupError(
            f"{home.path} is not empty: restore into a new folder, then let TONGGUAN_HOME name it"
        )
    home.prepare()
    altered = []
    for number, each in enumerate(found, 1):
        if _of_other_bytes(source, each):
            altered.append(each.as_posix())
        else:
            _copy(source, home.path, each)
        progress(number, len(found))
    for name in sorted({*_changing(source), *(_changing(source / NEXT) if _is_whole(source / NEXT) else ())}):
        _copy_changing(_newest(source, name), home.path / name)
    _put(_newest(source, catalog), home.catalog)  # last: before it there is no warehouse to be read
    home.catalog.chmod(0o600)
    return Restored(said, tuple(altered))


def _refuse(home: Home, target: Path, zones: Path | None) -> None:
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
    if zones is not None and not zones.is_dir():
        raise BackupError(f"the zone files are to go along, and {zones} is no folder: mend TONGGUAN_ZONES")
    try:
        there = {each.name for each in target.iterdir()} if target.exists() else set()
    except OSError as error:
        raise BackupError(f"{target} is no folder that can be listed: {error.strerror}") from error
    if there & _OF_A_HOME:
        raise BackupError(f"{target} is the home of a warehouse: choose an empty folder")
    if there and not there & {MARK, BEGUN} and not (target / NEXT / MARK).exists():
        raise BackupError(f"{target} holds something that is no backup: choose an empty folder")


def _read(source: Path) -> BackedUp:
    mark = _newest(source, MARK)
    try:
        told = json.loads(mark.read_text(encoding="utf-8"))
        return BackedUp(**{**told, "without_keys": tuple(told["without_keys"])})
    except FileNotFoundError as error:
        raise BackupError(
            f"{source} has no {MARK}: it is no backup, or taking it did not come to its end"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError(f"{mark} cannot be read ({error}): take another backup") from error


def _is_whole(fresh: Path) -> bool:
    """Whether the changing part was made to its end, and has yet to take the place of the one before."""
    return (fresh / MARK).exists()


def _newest(source: Path, name: str) -> Path:
    """Where the backup has a part that changes."""
    fresh = source / NEXT
    return fresh / name if _is_whole(fresh) and (fresh / name).exists() else source / name


def _take_places(target: Path) -> None:
    """Put the new changing part in the place of the old one, its mark last; begun before, it goes on."""
    fresh, aside = target / NEXT, target / ".replaced"
    if not _is_whole(fresh):
        return
    for each in sorted(fresh.iterdir()):
        if each.name == MARK:
            continue
        if (target / each.name).is_dir():
            shutil.rmtree(aside, ignore_errors=True)
            (target / each.name).rename(aside)
        each.rename(target / each.name)
    (fresh / MARK).replace(target / MARK)
    shutil.rmtree(aside, ignore_errors=True)
    fresh.rmdir()


def _listed(source: Path) -> list[Path]:
    """The files written once that belong to a backup; those of releases that kept no list are what there is."""
    there = {each for folder in _WRITTEN_ONCE for each in _files(source, folder)}
    try:
        named = {Path(each) for each in json.loads(_newest(source, FILES).read_text(encoding="utf-8"))}
    except FileNotFoundError:
        return sorted(there)
    return sorted(named & there)


def _of_other_bytes(source: Path, each: Path) -> bool:
    """Whether a landed file does not hold the bytes of its name."""
    return (
        each.parts[0] == "landing"
        and bool(_SHA256.fullmatch(each.name))
        and _digest(source / each) != each.name
    )


def _changing(base: Path) -> list[str]:
    """What grows or is replaced: the log of commits, published copies, small files; not keys, locks or the catalog."""
    return sorted(
        each.name
        for each in base.iterdir()
        if each.name not in (*_WRITTEN_ONCE, *_PASSING, MARK, FILES, NEXT, BEGUN)
        and not each.name.startswith(KEYS)  # and those that were replaced
        and not each.name.startswith("catalog.sqlite")
        and not _unfinished(each)
    )


def _unfinished(path: Path) -> bool:
    return path.name.startswith(".") or path.suffix in _UNFINISHED


def _copy_changing(original: Path, copy: Path) -> None:
    """A file, or the finished files below a folder; what is taken away meanwhile is left out."""
    if not original.is_dir():
        _put(original, copy)
        return
    copy.mkdir(exist_ok=True)
    for each in sorted(original.rglob("*")):
        inside = each.relative_to(original)
        if not any(_unfinished(Path(part)) for part in inside.parts) and each.is_file():
            _put(each, copy / inside)


def _files(base: Path, folder: str) -> Iterator[Path]:
    """Finished files below a folder, relative to the base."""
    for each in sorted((base / folder).rglob("*")):
        if each.is_file() and not each.name.startswith("."):
            yield each.relative_to(base)


def _copy(base: Path, into: Path, each: Path) -> int:
    """Copy one file unless it is there; 1 where it was copied. A file that maintenance took away meanwhile is none."""
    target = into / each
    try:
        if target.exists() and target.stat().st_size == (base / each).stat().st_size:
            return 0
    except FileNotFoundError:
        return 0
    return _put(base / each, target)


def _put(original: Path, target: Path) -> int:
    """Copy a file, whole or not at all; 1 where it was copied, 0 where it was taken away meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.copying")
    try:
        shutil.copy2(original, temporary)
    except FileNotFoundError:
        if original.exists():
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
