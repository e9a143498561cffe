"""Which document kind a flat or nested table holds, from its column names alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sources.contracts import CONTRACTS, Contract
from sources.readers.refusal import RefusalError
from sources.readers.xml_walk import names_of

#: Optional column that says the kind where the headers do not decide it.
KIND_COLUMN = "messageType"
ITEM_PREFIX = "item_"


@dataclass(frozen=True)
class Layout:
    """How the columns of a file map to a contract: column -> CEB field name."""

    contract: Contract
    head: dict[str, str]
    items: dict[str, str]
    unknown: tuple[str, ...]


@cache
def _columns(kind: str) -> tuple[dict[str, str], dict[str, str]]:
    """(head columns, flat item columns) -> field names. An item field that shares its name with a head
    field is written `item_<name>`; the prefix is accepted on every item field."""
    contract = CONTRACTS[kind]
    heads, items = names_of(contract.fields), names_of(contract.items)
    flat = {name: field for name, field in items.items() if name not in heads}
    flat |= {ITEM_PREFIX + name: field for name, field in items.items()}
    return heads, flat


def flat_column(contract: Contract, item_field: str) -> str:
    """Header of an item field in a flat file."""
    taken = {each.name for each in contract.fields}
    return ITEM_PREFIX + item_field if item_field in taken else item_field


def kind_named(text: str) -> str | None:
    """The kind a `messageType` value names (CEB622, CEB622Message, INV101), if it is one we read."""
    kind = text.strip().removesuffix("Message")
    return kind if kind in CONTRACTS else None


def layout(columns: Iterable[str], kind: str | None, nested: Iterable[str] | None = None) -> Layout:
    """The contract of a table with these columns. `nested` are the fields of an `items` column, if any.

    A kind fits when its key columns are there; of those that fit, one whose mandatory columns are all
    there and that knows every column wins; otherwise the one with the fewest unknown and missing
    columns, and of those alike one whose items are there or that has none. Refuses what fits none (F4) or several alike (F5).
    """
    names = [each for each in columns if each not in (KIND_COLUMN, "items")]
    inner = list(nested) if nested is not None else None
    if kind is not None:
        return _checked(_layout(CONTRACTS[kind], names, inner))
    ranked: list[tuple[tuple[int, int, int, bool], str]] = []
    for each, contract in CONTRACTS.items():
        candidate = _layout(contract, names, inner)
        have = set(candidate.head.values())
        needed = {*contract.key, contract.business_time}
        if not needed <= have:
            continue
        missing = sum(field.mandatory and field.name not in have for field in contract.fields)
        bare = bool(contract.items) and not candidate.items
        exact = not candidate.unknown and not missing
        ranked.append(((not exact, len(candidate.unknown), missing, bare), each))
    if not ranked:
        raise RefusalError(
            "F4",
            f"the {len(names)} column names fit no document kind; the first row must hold CEB field names, "
            "among them the key fields of the kind (see docs/data-dictionary.md)",
            1,
        )
    best = min(ranked)[0]
    winners = [each for rank, each in ranked if rank == best]
    if len(winners) > 1:
        raise RefusalError(
            "F5",
            f"the columns fit {' and '.join(winners)} alike; "
            f"add a column {KIND_COLUMN} with the kind in every row",
            1,
        )
    return _checked(_layout(CONTRACTS[winners[0]], names, inner))


def _checked(found: Layout) -> Layout:
    """Two spellings of one field in one file leave open which is meant."""
    for columns in (found.head, found.items):
        fields = list(columns.values())
        twice = sorted({each for each in fields if fields.count(each) > 1})
        if twice:
            raise RefusalError("F6", f"two columns both mean {', '.join(twice)}; keep one of them", 1)
    missing = [each for each in found.contract.key if each not in found.head.values()]
    if missing:
        raise RefusalError(
            "F6",
            f"{found.contract.kind} ({found.contract.zh}) needs the key columns "
            f"{', '.join(missing)}; add them",
            1,
        )
    return found


def _layout(contract: Contract, names: list[str], inner: list[str] | None) -> Layout:
    heads, flat = _columns(contract.kind)
    head = {each: heads[each] for each in names if each in heads}
    if inner is None:
        items = {each: flat[each] for each in names if each in flat}
        unknown = [each for each in names if each not in heads and each not in flat]
    else:
        own = names_of(contract.items)
        items = {each: own[each] for each in inner if each in own}
        unknown = [each for each in names if each not in heads]
        unknown += [f"items.{each}" for each in inner if each not in own]
    return Layout(contract, head, items, tuple(unknown))


def one_kind(values: Iterable[str | None]) -> str:
    """The single kind of a `messageType` column."""
    kinds = {each.strip() for each in values if each is not None and each.strip()}
    if len(kinds) > 1:
        raise RefusalError("F9", f"the file mixes {len(kinds)} kinds; send one file a kind")
    if not kinds:
        raise RefusalError("F5", f"column {KIND_COLUMN} is empty; fill it with the kind in every row")
    kind = kind_named(kinds.pop())
    if kind is None:
        raise RefusalError(
            "F4", f"column {KIND_COLUMN} names a kind that is not read; use one of {', '.join(CONTRACTS)}"
        )
    return kind
