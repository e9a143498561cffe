"""An XML file before it is parsed: decoded to UTF-8, its prolog checked, its root element known."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from sources.readers import limits
from sources.readers.encodings import line_of, without_declaration, xml_encoding
from sources.readers.names import told
from sources.readers.refusal import RefusalError

_SKIP = re.compile(rb"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_ROOT = re.compile(rb"""<([^\s<>/"'=]+)((?:\s+[^\s<>/"'=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>""")
_ATTRIBUTE = re.compile(rb"""([^\s<>/"'=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@dataclass(frozen=True)
class Root:
    """The root start tag: namespace, local name, prefixes in force, where it ends in the UTF-8 bytes."""

    namespace: str
    local: str
    prefixes: dict[str, str]
    start: int
    end: int
    line: int
    tag: bytes


@dataclass(frozen=True)
class XmlSource:
    """A landed file or the payload of an envelope. `where` names the payload in messages."""

    path: Path | None = None
    data: bytes | None = None
    where: str = ""

    def open(self) -> BinaryIO:
        """The bytes as they lie there."""
        if self.data is not None:
            return io.BytesIO(self.data)
        if self.path is None:
            raise ValueError("an XML source is a path or bytes")
        return self.path.open("rb")

    def chunks(self, size: int = limits.CHUNK_BYTES) -> Iterator[bytes]:
        """The document as UTF-8 without byte-order mark, in pieces."""
        with self.open() as handle:
            start = handle.read(max(size, 64 * 1024))
            encoding, mark = xml_encoding(start)
            piece = start[mark:]
            if encoding == "utf-8":
                while piece:
                    yield piece
                    piece = handle.read(size)
                return
            yield from self._decoded(piece, handle, encoding, size)

    def _decoded(self, piece: bytes, handle: BinaryIO, encoding: str, size: int) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)()
        first, lines = True, 0
        while True:
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise RefusalError(
                    "F7",
                    f"{self.where}the file says it is {encoding} but has bytes that are not; "
                    "export it again in the encoding it declares",
                    lines + line_of(piece, error.start),
                ) from error
            if text:
                lines += text.count("\n")
                yield (without_declaration(text) if first else text).encode()
                first = False
            if not piece:
                return
            piece = handle.read(size)

    @cached_property
    def root(self) -> Root:
        """The root element; a DOCTYPE (F2) or what is no XML (F1) is refused here, before parsing."""
        head = b""
        for piece in self.chunks(limits.XML_PROLOG_BYTES):
            head += piece
            if len(head) >= 2 * limits.XML_PROLOG_BYTES:
                break
        return self._root(head)

    def _root(self, head: bytes) -> Root:
        skipped = _SKIP.match(head)
        at = skipped.end() if skipped else 0
        line = line_of(head, at)
        rest = head[at : at + 9].upper()
        if rest.startswith(b"<!DOCTYPE"):
            raise RefusalError(
                "F2",
                f"{self.where}the file has a DOCTYPE, which can make a reader open other files; "
                "no customs message has one: remove it and send the file again",
                line,
            )
        if at > limits.XML_PROLOG_BYTES:
            raise RefusalError(
                "F3", f"{self.where}no root element in the first MiB; send the message alone", line
            )
        found = _ROOT.match(head, at)
        if not found:
            raise RefusalError(
                "F1",
                f"{self.where}no XML element where the message should begin; "
                "the file is cut off or is not XML: export it again",
                line,
            )
        try:
            found[0].decode()
        except UnicodeDecodeError as error:
            raise RefusalError(
                "F7", f"{self.where}the root element is not in the encoding the file declares", line
            ) from error
        attributes = {name: a or b for name, a, b in _ATTRIBUTE.findall(found[2])}
        if len(attributes) > limits.XML_ATTRIBUTES:
            raise RefusalError(
                "F3", f"{self.where}more than {limits.XML_ATTRIBUTES} attributes on the root element", line
            )
        prefixes = {"xml": "http://www.w3.org/XML/1998/namespace"}
        for name, value in attributes.items():
            key = name.decode()
            if key == "xmlns" or key.startswith("xmlns:"):
                prefixes[key[6:]] = value.decode()
        prefix, _, local = found[1].decode().rpartition(":")
        if prefix and prefix not in prefixes:
            raise RefusalError(
                "F1", f"{self.where}prefix {told(prefix)} of the root element is not declared", line
            )
        return Root(prefixes.get(prefix, ""), local, prefixes, at, found.end(), line, found[0])
