"""Bonded-zone gate messages: INV101, INV201, SAS121, SAS221, SAS223, one document a file.

Their kind stands in EnvelopInfo/message_type; elements are known by local name, because real files put
them in the XML-signature namespace or in none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from sources.contracts import CONTRACTS, Contract
from sources.readers.batch import Batch
from sources.readers.names import told
from sources.readers.reading import Reading
from sources.readers.refusal import RefusalError
from sources.readers.xml_source import XmlSource
from sources.readers.xml_tree import parsed
from sources.readers.xml_walk import Cells, Rows, name_of, names_of
from sources.readers.xml_walk import line as line_of

_KINDS = {kind: each for kind, each in CONTRACTS.items() if each.namespace == ""}
#: Message types that are known and have no contract, with the reason.
_NOT_LOADED = {
    "INV202": "it tells that a declaration was made from a verification list; no figure uses it",
}


def read(source: XmlSource) -> Reading:
    """The document of a gate message."""
    tree = parsed(source)
    named = next(tree.iter("{*}message_type"), None)
    kind = (named.text or "").strip() if named is not None else ""
    contract = _KINDS.get(kind)
    line = line_of(named if named is not None else tree)
    if contract is None:
        raise RefusalError("F4", source.where + _unknown(kind, tree), line)
    reading = Reading("xml", contract, iter(()))
    reading.batches = _batches(tree, contract, source, reading.unknown)
    return reading


def _unknown(kind: str, tree: etree._Element) -> str:
    if kind in _NOT_LOADED:
        return f"{kind} is not loaded: {_NOT_LOADED[kind]}"
    if kind:
        return f"message type {told(kind)} has no contract; see docs/add-a-document-kind.md"
    root = name_of(tree, "")[1]
    return f"a {root} without EnvelopInfo/message_type is no gate message; send the message whole"


def _batches(
    tree: etree._Element, contract: Contract, source: XmlSource, unknown: set[str]
) -> Iterator[Batch]:
    nodes = list(tree.iter(f"{{*}}{contract.node}"))
    if not nodes:
        raise RefusalError(
            "F1", f"{source.where}{contract.kind} without {contract.node}; export it again", line_of(tree)
        )
    rows = Rows()
    heads, inner = names_of(contract.fields), names_of(contract.items)
    envelope = next(tree.iter("{*}EnvelopInfo"), None)
    for number, node in enumerate(nodes, 1):
        head: Cells = {"row_no": number, "line_no": line_of(node)}
        parts = [node] if contract.head is None else list(node.iter(f"{{*}}{contract.head}"))
        for part in parts:
            _fill(part, heads, head, unknown, contract.items_node)
        if envelope is not None:
            _fill(envelope, heads, head, None, None)
        rows.head.append(head)
        if contract.items_node is not None:
            for each in node.iter(f"{{*}}{contract.items_node}"):
                item: Cells = {"row_no": number}
                _fill(each, inner, item, unknown, None)
                rows.items.append(item)
    yield rows.batch(contract)


def _fill(
    part: etree._Element,
    names: dict[str, str],
    cells: Cells,
    unknown: set[str] | None,
    leave: str | None,
) -> None:
    """Leaves below an element by local name. Receipts repeat a number in several blocks: the first filled
    one is taken (the audit result before the document's own block)."""
    for leaf in part.iter("{*}*"):
        if len(leaf) or leaf is part:
            continue
        local = name_of(leaf, "")[1]
        if local == leave or any(name_of(each, "")[1] == leave for each in leaf.iterancestors()):
            continue
        name = names.get(local)
        if name is None:
            if unknown is not None:
                unknown.add(local)
        elif not cells.get(name):
            cells[name] = (leaf.text or "").strip() or None
