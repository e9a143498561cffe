"""Landing: every file's bytes, once, under their SHA-256, readable by the service account only."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from sources import manifest as manifests
from sources.archives import ArchiveRefused, expand, is_archive
from sources.connectors.entry import passed_over
from sources.readers.json_documents import is_manifest
from sources.staging import LandedFile, Refusal
from warehouse import sql
from warehouse.connection import Lake
from warehouse.home import Home

CHUNK = 1 << 20
#: Hashing and copying release the interpreter lock.
WORKERS = 4
#: What fails in reading because this machine is out of something; no file is to blame.
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


@dataclass(frozen=True)
class Arrival:
    """One file to be landed: the name it bears, where its bytes lie, and which source it came from."""

    name: str
    path: Path
    source: str


@dataclass(frozen=True)
class Stored:
    """An arrival whose bytes are in landing."""

    arrival: Arrival
    digest: str
    size: int


class UnreadableError(OSError):
    """The file to be copied cannot be read; what fails in writing the copy bears another class."""


class ArrivalsGone(OSError):
    """Arrivals that were listed and cannot be read any more, each with the reason; the others are stored.

    An error of the system, for who does not look closer; the caller who can leaves these out and keeps again.
    """

    def __init__(self, gone: Sequence[tuple[Arrival, str]]) -> None:
        self.arrivals = [each for each, _ in gone]
        self.lost = {str(each.path): reason for each, reason in gone}
        first, reason = gone[0]
        more = f" (and {len(gone) - 1:,} more files)" if len(gone) > 1 else ""
        super().__init__(f"{first.path} was listed and could not be taken: {reason}{more}")


def land(
    home: Home,
    paths: Sequence[Path],
    source: str,
    lake: Lake,
    *,
    zone: str,
    progress: Callable[[int, int], None] | None = None,
) -> list[LandedFile]:
    """Store the bytes of files and directories (walked recursively) of one source and say what each is.

    Hidden and unfinished files are passed over; see `landed`.
    """
    known = stored_files(lake, zone)
    return landed(home, keep(home, list(arrivals(paths, source)), known, progress), lake, zone)


def keep(
    home: Home,
    arrived: Sequence[Arrival],
    known: Collection[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> list[Stored]:
    """Store the bytes of every arrival, once each; in the order given. `known`: hashes that will not be read again.

    Raises ArrivalsGone, with every other arrival stored, where files cannot be read any more.
    """
    home.prepare()
    kept: list[Stored] = []
    gone: list[tuple[Arrival, str]] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for arrival, found in zip(
            arrived, pool.map(lambda each: _kept(home, each, known), arrived), strict=True
        ):
            if isinstance(found, Stored):
                kept.append(found)
            else:
                gone.append((arrival, found))
            if progress:
                progress(len(kept) + len(gone), len(arrived))
    if gone:
        raise ArrivalsGone(gone)
    return kept


def _kept(home: Home, arrival: Arrival, known: Collection[str]) -> Stored | str:
    """The arrival stored, or why its bytes cannot be had."""
    try:
        return Stored(arrival, *store(home, arrival.path, known))
    except UnreadableError as error:
        if error.errno in _OURS:
            raise
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return "gone before the copy was made"
        return f"reading failed with {error.strerror}"


def landed(home: Home, kept: Sequence[Stored], lake: Lake, zone: str) -> list[LandedFile]:
    """What each stored arrival is: one result per distinct content, in order of arrival.

    `known` where the ledger of the zone already holds it. A .gz or .zip becomes its members, each named
    `archive!member`; an archive that is refused comes back itself with the reason. A file that its manifest
    refused is not known any more where a new manifest speaks of it.
    """
    known = stored_files(lake, zone)
    found: dict[str, LandedFile] = {}
    for each in kept:
        for file in _files(home, each.arrival.name, each.digest, each.size, each.arrival.source, known):
            _merge(found, file)
    for file in _judged_anew(home, list(found.values()), lake, zone):
        found[file.file_hash] = file
    return list(found.values())


def known_by_now(lake: Lake, zone: str, landed: Sequence[LandedFile]) -> list[LandedFile]:
    """The landed files with `known` as it is now: another run may have loaded the same bytes since.

    To be asked under the writer's lock, before they are committed.
    """
    known = stored_files(lake, zone)
    return [
        replace(
            each,
            known=each.known or (each.file_hash in known and not each.judged_anew),
            archive_hash=None if each.archive_hash in known else each.archive_hash,
        )
        for each in landed
    ]


def stored(home: Home, digest: str) -> Path:
    """Where the bytes with this SHA-256 lie."""
    return home.landing / digest[:2] / digest


def store(home: Home, path: Path, known: Collection[str] = ()) -> tuple[str, int]:
    """Copy a file's bytes into landing unless they are there; returns their SHA-256 and size.

    Bytes that are there and not `known` are to be read: they count as landed now, so that maintenance, by which
    another zone's time for them may be over, leaves them to this run. Hashes what it copies, so a file that changes
    meanwhile is stored under the hash of what was read. Raises UnreadableError where it is the file that fails, and
    not the copy.
    """
    digest, size = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=home.landing, prefix=".incoming-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as copy:
            for chunk in _chunks(path):
                digest.update(chunk)
                copy.write(chunk)
                size += len(chunk)
            target = stored(home, digest.hexdigest())
            fresh = not (target.exists() if digest.hexdigest() in known else _renewed(target))
            if fresh:
                copy.flush()
                os.fsync(copy.fileno())
        if fresh:
            target.parent.mkdir(mode=0o700, exist_ok=True)
            Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return digest.hexdigest(), size


def _renewed(path: Path) -> bool:
    """Give a landed file the time of now; False where there is none."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as original:
            while chunk := original.read(CHUNK):
                yield chunk
    except OSError as error:
        raise UnreadableError(error.errno, error.strerror, str(path)) from error


def arrivals(paths: Sequence[Path], source: str) -> Iterator[Arrival]:
    """Files, and what lies in directories, by name; hidden and unfinished files there are passed over."""
    for path in paths:
        if not path.is_dir():
            yield Arrival(path.name, path, source)
            continue
        for each in sorted(path.rglob("*")):
            name = each.relative_to(path).as_posix()
            if each.is_file() and not passed_over(name):
                yield Arrival(name, each, source)


def stored_files(lake: Lake, zone: str) -> set[str]:
    """Hashes of the files the ledger holds of a zone."""
    rows = lake.con.execute(
        f"SELECT file_hash FROM wh.ledger.files WHERE zone = {sql.literal(zone)}"
    ).fetchall()
    return {file_hash for (file_hash,) in rows}


def _judged_anew(home: Home, landed: Sequence[LandedFile], lake: Lake, zone: str) -> Iterator[LandedFile]:
    """The files their manifests refused that manifests new in this run speak of, to be read again.

    Whether they arrive again or not; without a new manifest nothing changes, however often a day is run.
    """
    refused = _refused_by_manifest(home, lake, zone)
    if not refused:
        return
    stated = [manifest for file in landed if not file.known for manifest in _stated(file)]
    if not stated:
        return
    here = {each.file_hash: each for each in landed}
    every = {**refused, **here}
    for file_hash in manifests.spoken_of(stated, every.values()) & refused.keys():
        yield replace(every[file_hash], known=False, judged_anew=True)


def _refused_by_manifest(home: Home, lake: Lake, zone: str) -> dict[str, LandedFile]:
    """What the ledger says of them, of those whose bytes have not expired."""
    rows = lake.con.execute(
        "SELECT file_hash, names, bytes, source, archive_hash FROM wh.ledger.files "
        f"WHERE zone = {sql.literal(zone)} AND status = 'refused' "
        f"AND starts_with(first_error, {sql.literal(f'{manifests.RULE}: {manifests.DIFFERS}')})"
    ).fetchall()
    return {
        digest: LandedFile(digest, str(path), tuple(names), size, source, archive_hash=archive, known=True)
        for digest, names, size, source, archive in rows
        if (path := stored(home, digest)).exists()
    }


def _stated(file: LandedFile) -> list[manifests.Manifest]:
    """What a new file states, if it is a manifest; one that cannot be understood is refused when it is read."""
    try:
        return manifests.of_file(file) if is_manifest(file) else []
    except manifests.ManifestError:
        return []


def _files(
    home: Home, name: str, digest: str, size: int, source: str, known: set[str]
) -> Iterator[LandedFile]:
    path = stored(home, digest)
    itself = LandedFile(digest, str(path), (name,), size, source, known=digest in known)
    if itself.known or not is_archive(path):
        yield itself
        return
    into = Path(tempfile.mkdtemp(dir=home.scratch, prefix="unpack-"))
    try:
        members = []
        for member, unpacked in expand(path, into):
            member_digest, member_size = store(home, unpacked, known)
            unpacked.unlink()
            members.append(
                LandedFile(
                    member_digest,
                    str(stored(home, member_digest)),
                    (f"{name}!{member}",),
                    member_size,
                    source,
                    archive_hash=digest,
                    known=member_digest in known,
                )
            )
        if not members:
            raise ArchiveRefused("holds no files; send it again with its files")
        yield from members  # only once the whole archive proved sound
    except ArchiveRefused as refused:
        yield replace(itself, refusal=Refusal(refused.rule, f"{name}: {refused}"))
    finally:
        shutil.rmtree(into, ignore_errors=True)


def _merge(landed: dict[str, LandedFile], new: LandedFile) -> None:
    """The same bytes under several names are one file with several names, whoever sent them."""
    old = landed.get(new.file_hash)
    if old is None:
        landed[new.file_hash] = new
    else:
        landed[new.file_hash] = replace(
            old,
            names=tuple(dict.fromkeys((*old.names, *new.names))),
            arrivals=tuple(dict.fromkeys((*old.sent, *new.sent))),
        )
