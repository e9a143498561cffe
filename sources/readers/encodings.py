"""Which encoding bytes are really in; a wrong guess would turn names into other names unseen."""

from __future__ import annotations

import codecs
import mmap
import re

from sources.readers.refusal import RefusalError

_DECLARED = re.compile(rb"""^<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*?\?>""")
_DECLARATION = re.compile(r"^<\?xml\s[^>]*?\?>")
#: GB18030 holds all of GBK and GB2312.
_CHINESE = frozenset({"gb18030", "gbk", "gb2312", "cp936"})
_THREE_BYTES = re.compile(rb"[\xe1-\xef][\x80-\xbf]{2}")
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


def looks_like_utf8(sample: bytes) -> bool:
    """Whether most of the non-ASCII bytes form UTF-8 Chinese: then GB18030 would read them as nonsense."""
    high = sum(len(each) for each in _NOT_ASCII.findall(sample))
    triples = 3 * len(_THREE_BYTES.findall(sample))
    return triples >= 12 and triples > 0.6 * high


def line_of(data: bytes | mmap.mmap, offset: int) -> int:
    """1-based line of a byte offset."""
    step = 2**24
    return 1 + sum(data[at : min(at + step, offset)].count(b"\n") for at in range(0, offset, step))


def xml_encoding(start: bytes) -> tuple[str, int]:
    """(encoding, bytes of the mark to skip) of an XML file from its first bytes."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if start.startswith(mark):
            return encoding, len(mark)
    if start.startswith(b"<\x00"):
        return "utf-16-le", 0
    if start.startswith(b"\x00<"):
        return "utf-16-be", 0
    declared = _DECLARED.match(start)
    name = declared[1].decode().lower() if declared else "utf-8"
    if name in ("utf-8", "utf8", "us-ascii", "ascii"):
        return "utf-8", 0
    if name in _CHINESE:
        if looks_like_utf8(start):
            raise RefusalError(
                "F7",
                f"the file declares {name} but its bytes are UTF-8; "
                "declare the encoding it is really written in and send it again",
                1,
            )
        return "gb18030", 0
    raise RefusalError("F7", f"encoding {name} is not read; send the file as UTF-8 or GB18030", 1)


def without_declaration(text: str) -> str:
    """XML text less its declaration, whose encoding no longer holds after decoding; lines stay."""
    found = _DECLARATION.match(text)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text


def flat_text_encoding(data: bytes | mmap.mmap) -> tuple[str, int]:
    """(encoding, bytes of the mark to skip) of a CSV file; all of it is decoded once to be sure."""
    start = data[:4]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise RefusalError("F7", "the file is UTF-16; export it as UTF-8 or GB18030 and send it again", 1)
    marked = start.startswith(codecs.BOM_UTF8)
    broken = _first_fault(data, "utf-8")
    if broken is None:
        return "utf-8", 3 if marked else 0
    around = data[max(0, broken - 2**20) : broken + 2**20]
    if marked or looks_like_utf8(around):
        raise RefusalError(
            "F7",
            "the file is UTF-8 but has bytes that are not; it was damaged or pasted together "
            "from two encodings: export it again",
            line_of(data, broken),
        )
    fault = _first_fault(data, "gb18030")
    if fault is not None:
        raise RefusalError(
            "F7",
            "the file is neither UTF-8 nor GB18030; export it as UTF-8 and send it again",
            line_of(data, fault),
        )
    return "gb18030", 0


def _first_fault(data: bytes | mmap.mmap, encoding: str) -> int | None:
    """Offset of the first byte that is not in the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    at, size = 0, 2**22
    while at < len(data):
        piece = data[at : at + size]
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(piece, final=at + len(piece) >= len(data))
        except UnicodeDecodeError as error:
            return max(0, at - held + error.start)
        at += len(piece)
    return None
