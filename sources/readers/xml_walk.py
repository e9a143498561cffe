"""CEB messages through lxml, document by document: the reading that any well-formed message gets.

Elements are known by namespace and name, never by prefix. `xml_columns` reads plain files faster and
must give the same batches; what it does not recognise as plain comes here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl
from lxml import etree

from sources.contracts import Contract, Field
from sources.readers import limits
from sources.readers.batch import FINDING_ROWS, Batch
from sources.readers.names import told
from sources.readers.refusal import RefusalError

#: Elements beside the documents that carry no document data.
ENVELOPE_ELEMENTS = frozenset({"BaseTransfer", "BaseSubscribe", "ExtendMessage", "Signature"})


class Chunks(Protocol):
    """What a walk needs of its source: UTF-8 pieces, and how messages name it."""

    @property
    def where(self) -> str:
        """Put before messages about a payload."""

    def chunks(self, size: int) -> Iterator[bytes]:
        """The message in pieces of at most `size` bytes."""


#: Raw cells of one document or item, with `row_no` and for a head `line_no`.
Cells = dict[str, str | int | None]


def pull_parser() -> etree.XMLPullParser:
    """The hardened parser: no entities, no network, no DTD, libxml2's own bounds kept."""
    return etree.XMLPullParser(
        events=("start", "end"),
        remove_comments=True,
        remove_pis=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )


def line(element: etree._Element) -> int | None:
    """Line of the start tag (the stubs of lxml know no type for it)."""
    found: object = element.sourceline
    return found if isinstance(found, int) else None


def events(parser: etree.XMLPullParser) -> Iterator[tuple[str, etree._Element]]:
    """Events read so far; only elements, as comments and instructions are left out."""
    for event, element in parser.read_events():
        if not isinstance(element, etree._Element):
            raise TypeError(f"event {event} of the parser is no element")
        yield event, element


def name_of(element: etree._Element, where: str) -> tuple[str, str]:
    """(namespace, local name); refuses a prefix that is not declared, which libxml2 lets pass."""
    tag = str(element.tag)
    if tag.startswith("{"):
        namespace, _, local = tag[1:].partition("}")
        return namespace, local
    if ":" in tag:
        raise RefusalError(
            "F1",
            f"{where}prefix {told(tag.split(':')[0])} is not declared; export the file again",
            line(element),
        )
    return "", tag


def bounded(element: etree._Element, depth: int, where: str) -> None:
    """Refuses (F3) an element that is nested too deep or has too many attributes."""
    if depth > limits.XML_DEPTH:
        raise RefusalError(
            "F3",
            f"{where}elements nested more than {limits.XML_DEPTH} deep; "
            "no customs message is: check what made the file",
            line(element),
        )
    if len(element.attrib) > limits.XML_ATTRIBUTES:
        raise RefusalError(
            "F3",
            f"{where}an element with more than {limits.XML_ATTRIBUTES} attributes; "
            "no customs message has one: check what made the file",
            line(element),
        )


def names_of(fields: tuple[Field, ...]) -> dict[str, str]:
    """Element name (or alias) -> CEB field name."""
    return {alias: each.name for each in fields for alias in (each.name, *each.aliases)}


#: libxml2's numbers of errors, by what they mean to people. Its own texts repeat names, which may be a person's
#: where a text was not escaped.
_ENCODING = (31, 32, 79, 81, 101, *range(6000, 6005))
_BOUND = (89, 110, 114)
_WRONG = {
    **dict.fromkeys((4, 5), "it is not one element with all else inside"),
    **dict.fromkeys((6, 7, 8, 9), "a character that XML does not allow"),
    **dict.fromkeys((22, 23, 26), "an & that begins no entity of XML: in a text it is written &amp;"),
    **dict.fromkeys((38, 68), "a < that begins no tag: in a text it is written &lt;"),
    **dict.fromkeys((39, 41, 42, 65), 'attributes that are not written name="value", each once'),
    **dict.fromkeys((45, 47, 63, 80), "a comment, instruction or CDATA section that does not end as it must"),
    **dict.fromkeys((62,), "the characters ]]> in a text"),
    **dict.fromkeys((73, 74), "a tag that is not finished"),
    **dict.fromkeys((76,), "an element that ends under another name than it began"),
    **dict.fromkeys((77,), "it ends before its elements do, as if cut off"),
    **dict.fromkeys((35, 200, 201, 202, 203, 204, 205), "a prefix that is not declared as it must be"),
}


def syntax_refusal(error: etree.XMLSyntaxError, where: str) -> RefusalError:
    """The refusal for text that is not well-formed: F3 for a bound of the parser, F7 for wrong bytes."""
    number: object = getattr(error, "code", None)  # the stubs of lxml do not know it
    if number in _ENCODING:
        return RefusalError(
            "F7",
            f"{where}the bytes are not in the encoding the file declares; export it again",
            error.lineno,
        )
    if number in _BOUND:
        return RefusalError("F3", f"{where}over a bound of the parser; split the file", error.lineno)
    wrong = _WRONG.get(number if isinstance(number, int) else 0, f"error {number} of libxml2")
    return RefusalError("F1", f"{where}not well-formed XML ({wrong}); export the file again", error.lineno)


@dataclass
class Rows:
    """Raw rows being gathered: cells by field name, with the document each belongs to."""

    head: list[Cells] = field(default_factory=list)
    items: list[Cells] = field(default_factory=list)
    findings: list[dict[str, str | int]] = field(default_factory=list)

    def batch(self, contract: Contract) -> Batch:
        """The rows as a batch."""
        head = pl.DataFrame(self.head, schema=_schema(contract.fields, "line_no"))
        items = pl.DataFrame(self.items, schema=_schema(contract.items)) if contract.items else None
        findings = pl.DataFrame(self.findings, schema=FINDING_ROWS) if self.findings else None
        return Batch(contract, head, items, findings)


def _schema(fields: tuple[Field, ...], *numbers: str) -> dict[str, pl.DataType]:
    return {
        **{name: pl.Int64() for name in ("row_no", *numbers)},
        **{each.name: pl.String() for each in fields},
    }


class Walk:
    """One pass over a message; `unknown` and `documents` are complete when the batches are used up."""

    def __init__(self, source: Chunks, contract: Contract) -> None:
        self.source, self.contract = source, contract
        self.unknown: set[str] = set()
        self.documents = 0
        self._heads = names_of(contract.fields)
        self._items = names_of(contract.items)

    def batches(self) -> Iterator[Batch]:
        """Batches of the message's documents; refuses what breaks a bound or is not well-formed."""
        parser = pull_parser()
        rows, depth, since, given = Rows(), 0, 0, False
        try:
            for chunk in self.source.chunks(limits.FEED_BYTES):
                parser.feed(chunk)
                since += len(chunk)
                for event, element in events(parser):
                    if event == "start":
                        depth += 1
                        bounded(element, depth, self.source.where)
                        continue
                    depth -= 1
                    if depth == 1:
                        self._second_level(element, rows)
                        since = 0
                        element.clear()
                        parent = element.getparent()
                        while parent is not None and parent[0] is not element:
                            del parent[0]
                if since > limits.XML_DOCUMENT_BYTES:
                    raise RefusalError("F3", f"{self.source.where}one document of more than 32 MiB; split it")
                if len(rows.head) >= limits.BATCH_ROWS // 2:
                    yield rows.batch(self.contract)
                    rows, given = Rows(), True
            parser.close()
        except etree.XMLSyntaxError as error:
            raise syntax_refusal(error, self.source.where) from error
        if rows.head or not given:
            yield rows.batch(self.contract)

    def _second_level(self, element: etree._Element, rows: Rows) -> None:
        namespace, local = name_of(element, self.source.where)
        if namespace != self.contract.namespace or local != self.contract.node:
            if local not in ENVELOPE_ELEMENTS:
                self.unknown.add(local)
            return
        self.documents += 1
        head: Cells = {"row_no": self.documents, "line_no": line(element)}
        if self.contract.head is None:
            self._fields(element, self._heads, head, rows)
        else:
            self._parts(element, head, rows)
        rows.head.append(head)

    def _parts(self, element: etree._Element, head: Cells, rows: Rows) -> None:
        heads = 0
        for part in element:
            namespace, local = name_of(part, self.source.where)
            ours = namespace == self.contract.namespace
            if ours and local == self.contract.head:
                heads += 1
                self._fields(part, self._heads, head, rows)
            elif ours and local == self.contract.items_node:
                item: Cells = {"row_no": self.documents}
                self._fields(part, self._items, item, rows, "items.")
                rows.items.append(item)
            else:
                self.unknown.add(local)
        if heads > 1:
            raise RefusalError(
                "F1",
                f"{self.source.where}a {self.contract.node} with {heads} {self.contract.head} elements: "
                "which is meant cannot be known; send one document each",
                line(element),
            )

    def _fields(
        self,
        element: etree._Element,
        names: dict[str, str],
        cells: Cells,
        rows: Rows,
        prefix: str = "",
    ) -> None:
        for leaf in element:
            namespace, local = name_of(leaf, self.source.where)
            name = names.get(local) if namespace == self.contract.namespace else None
            if name is None:
                self.unknown.add(local)
                continue
            text = leaf.text
            if len(leaf):
                self._notice(rows, prefix + name, "(elements where text belongs)")
                text = None
            elif text is not None and len(text) > limits.XML_TEXT:
                raise RefusalError(
                    "F3",
                    f"{self.source.where}element {local} holds more than 1 MiB of text",
                    line(leaf),
                )
            if name not in cells:
                cells[name] = text
            elif (text or "").strip() != (str(cells[name] or "")).strip():
                self._notice(rows, prefix + name, "(given twice with different values)")

    def _notice(self, rows: Rows, name: str, detail: str) -> None:
        rows.findings.append({"row_no": self.documents, "rule": "P1", "field": name, "detail": detail})
