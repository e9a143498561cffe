"""Archives unpacked within bounds: a member is a file of its own, nothing is written outside the folder."""

from __future__ import annotations

import gzip
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

#: Members of one archive; a day of one-message files of a big zone stays well below.
MEMBERS = 200_000
#: Unpacked bytes of one member and of all members together.
MEMBER_BYTES = 4 * 1024**3
TOTAL_BYTES = 16 * 1024**3
#: Unpacked bytes for one packed byte, once more than FREE_BYTES came out: real extracts stay below 100.
RATIO = 400
FREE_BYTES = 32 * 1024**2
_CHUNK = 1024**2
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_ENCRYPTED = 0x1


#: What gzip and zip files raise where their bytes are not as they should be (bzip2: see `_pieces`).
DAMAGED = (
    *(zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError),
    *(struct.error, NotImplementedError, ValueError),
)


class ArchiveRefused(Exception):
    """The archive is not unpacked (rule F10); the message says why and what to do next."""

    rule = "F10"


def is_archive(path: Path) -> bool:
    """Whether the bytes are gzip, or a zip that is not itself a spreadsheet; a damaged zip is taken for one."""
    with path.open("rb") as file:
        magic = file.read(4)
    if magic[:2] == _GZIP:
        return True
    if magic not in (_ZIP, b"PK\x05\x06"):
        return False
    try:
        if not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" not in archive.namelist()
    except DAMAGED:
        return True  # unpacking it says what is wrong


def expand(path: Path, into: Path) -> Iterator[tuple[str, Path]]:
    """Members of a .gz or .zip as (name in the archive, unpacked file), written to `into` under own names.

    Folders and the files that packing tools add (`__MACOSX`, hidden ones) are passed over. An archive
    inside an archive is refused, and so are encrypted members, damaged ones and those over the bounds.
    """
    with path.open("rb") as handle:
        magic = handle.read(4)
    try:
        if magic.startswith(_GZIP):
            yield _gunzipped(path, into)
        elif magic.startswith((_ZIP, b"PK\x05\x06")):
            yield from _unzipped(path, into)
        else:
            raise ArchiveRefused("neither gzip nor zip; send the file as it is")
    except DAMAGED as error:
        raise ArchiveRefused(f"damaged or cut off ({type(error).__name__}); send it again") from error


def _gunzipped(path: Path, into: Path) -> tuple[str, Path]:
    target = into / "1"
    with gzip.open(path) as member:
        _copy(member, target, path.stat().st_size, 0, "the content")
    return _gzip_name(path), target


def _gzip_name(path: Path) -> str:
    """The original name a gzip header may bear, else `content`."""
    with path.open("rb") as handle:
        start = handle.read(1024)
    if len(start) < 10 or not start[3] & 0x08 or start[3] & 0x04:
        return "content"
    name = start[10:].split(b"\0", 1)[0].decode("latin-1")
    return _plain(name) or "content"


def _unzipped(path: Path, into: Path) -> Iterator[tuple[str, Path]]:
    with zipfile.ZipFile(path) as archive:
        members = [each for each in archive.infolist() if _wanted(each)]
        if len(members) > MEMBERS:
            raise ArchiveRefused(f"{len(members)} members; at most {MEMBERS} are read: split it")
        total = 0
        for number, member in enumerate(members, 1):
            name = _plain(_name(member)) or f"member {number}"
            if member.flag_bits & _ENCRYPTED:
                raise ArchiveRefused(f"{name} is encrypted; send the archive without a password")
            target = into / str(number)
            try:
                opened = archive.open(member)
            except NotImplementedError as error:
                raise ArchiveRefused(f"{name} is packed in a way that is not read; use deflate") from error
            with opened:
                total += _copy(opened, target, member.compress_size, total, name)
            yield name, target


def _wanted(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.split("/")
    return not member.is_dir() and not any(
        each.startswith((".", "__MACOSX")) and each != ".." for each in parts
    )


def _name(member: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag are, from Chinese Windows, GB18030 and not the cp437 of the standard."""
    if member.flag_bits & 0x800 or member.filename.isascii():
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _plain(name: str) -> str:
    """A name for the ledger: no steps up, no control characters."""
    return re.sub(r"[\x00-\x1f\x7f]|(?:^|/)\.\.(?=/|$)", "", name).lstrip("/")


def _copy(member: IO[bytes] | gzip.GzipFile, target: Path, packed: int, before: int, name: str) -> int:
    """Unpack one member in pieces; its size in bytes. Stops at the first bound that is passed."""
    size = 0
    with target.open("wb") as copy:
        for piece in _pieces(member):
            if not size and _archive_inside(piece):
                raise ArchiveRefused(f"{name} is itself an archive; send its content in one level")
            size += len(piece)
            if size > MEMBER_BYTES or before + size > TOTAL_BYTES:
                raise ArchiveRefused(f"{name} unpacks to more than the bound; split the extract")
            if size > FREE_BYTES and size > RATIO * max(packed, 1):
                raise ArchiveRefused(
                    f"{name} unpacks to over {RATIO} times its size, as no extract does; send it unpacked"
                )
            copy.write(piece)
    return size


def _pieces(member: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """What a member unpacks to. Damaged bzip2 raises an OSError without a number; one of the disk has one."""
    try:
        while piece := member.read(_CHUNK):
            yield piece
    except OSError as error:
        if error.errno is not None:
            raise
        raise zipfile.BadZipFile("damaged member") from error


def _archive_inside(start: bytes) -> bool:
    """A workbook is a zip too, and is a file of its own."""
    if start.startswith(_GZIP):
        return True
    return start.startswith(_ZIP) and b"[Content_Types].xml" not in start[:8192]
