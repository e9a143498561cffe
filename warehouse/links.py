"""How documents hang together (messages.md 1.2), declared once for finding what new documents touch.

Every document spells its identities; two documents that share one belong together. An identity is
compared as one 64-bit number, so that any kind can be matched against any other in one join. A chance
collision only makes a list be computed again to the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sources.contracts import CONTRACTS
from warehouse import sql

LIST_KINDS = ("CEB621", "CEB603")


@dataclass(frozen=True)
class Identity:
    """A name and the columns that spell it; `items` where each item spells one."""

    name: str
    columns: tuple[str, ...]
    items: bool = False

    def spelled(self) -> str:
        """SQL of the number, null where a column is null; for items a list of numbers."""
        if self.items:
            return f"list_transform(items, lambda item: {self._number('item.')})"
        return self._number("")

    def _number(self, prefix: str) -> str:
        columns = [prefix + sql.name(each) for each in self.columns]
        there = " AND ".join(f"{each} IS NOT NULL" for each in columns)
        return f"CASE WHEN {there} THEN hash({sql.literal(self.name)}, {', '.join(columns)}) END"


@dataclass(frozen=True)
class Links:
    """`lists`: identities shared with lists. `chain`: identities shared with other documents of a family,
    through which (or through whose other versions) they reach lists."""

    lists: tuple[Identity, ...] = ()
    chain: tuple[Identity, ...] = ()

    @property
    def families(self) -> frozenset[str]:
        """Names of the chain identities."""
        return frozenset(each.name for each in self.chain)


def _import(*names: str) -> tuple[Identity, ...]:
    return tuple(_OWN["I"][each] for each in names)


def _export(*names: str) -> tuple[Identity, ...]:
    return tuple(_OWN["E"][each] for each in names)


_COLUMNS: dict[str, tuple[str, ...]] = {
    "guid": ("guid",),
    "declaration": ("cop_no", "agent_code"),
    "pre": ("pre_no",),
    "invt": ("invt_no",),
    "order": ("ebc_code", "order_no"),
    "platform": ("ebp_code", "order_no"),
    "waybill": ("logistics_code", "logistics_no"),
    "parcel": ("logistics_no",),
}
_OWN: dict[str, dict[str, Identity]] = {
    flow: {name: Identity(f"{flow} {name}", columns) for name, columns in _COLUMNS.items()}
    for flow in ("I", "E")
}
#: Identities of which each belongs to one list only: lists that share one must be computed together.
EXCLUSIVE = ("guid", "declaration", "pre", "invt", "order", "platform", "waybill")


def _answered(family: str) -> tuple[Identity, ...]:
    """A request and its receipts find each other by guid or by the enterprise's own number."""
    return (Identity(f"{family} guid", ("guid",)), Identity(f"{family} cop", ("cop_no",)))


_BOND, _INNER = Identity("bond", ("bond_invt_no",)), Identity("inner", ("etps_inner_invt_no",))
_TAX = Identity("tax", ("tax_no",))

LINKS: dict[str, Links] = {
    "CEB621": Links(lists=tuple(_OWN["I"].values())),
    "CEB603": Links(lists=tuple(_OWN["E"].values())),
    "CEB311": Links(lists=_import("platform")),
    "CEB303": Links(lists=_export("order")),
    # A later version may name another order, so versions of one payment are looked at together.
    "CEB411": Links(
        lists=_import("platform"), chain=(Identity("payment", ("pay_code", "pay_transaction_id")),)
    ),
    "CEB403": Links(lists=_export("order")),
    "CEB511": Links(lists=_import("waybill")),
    "CEB505": Links(lists=_export("waybill")),
    # Waybill statuses carry no flow; both kinds of list have them.
    "CEB513": Links(lists=(*_import("waybill"), *_export("waybill"))),
    "CEB622": Links(lists=_import("guid", "declaration", "pre", "invt")),
    "CEB604": Links(lists=_export("guid", "declaration", "pre", "invt", "order")),
    "CEB816": Links(lists=_import("invt", "order"), chain=(_TAX,)),
    "CEB818": Links(chain=(_TAX,)),
    "CEB623": Links(lists=_import("invt", "order"), chain=_answered("import cancellation")),
    "CEB624": Links(lists=_import("invt"), chain=_answered("import cancellation")),
    "CEB625": Links(lists=_import("invt", "order"), chain=_answered("import return")),
    "CEB626": Links(lists=_import("invt"), chain=_answered("import return")),
    "CEB605": Links(lists=_export("invt"), chain=_answered("export cancellation")),
    "CEB606": Links(lists=_export("invt"), chain=_answered("export cancellation")),
    "CEB711": Links(lists=(Identity("I parcel", ("logistics_no",), items=True),), chain=_answered("inbound")),
    "CEB712": Links(chain=_answered("inbound")),
    "CEB507": Links(lists=(Identity("E parcel", ("logistics_no",), items=True),), chain=_answered("arrival")),
    "CEB508": Links(chain=_answered("arrival")),
    "INV201": Links(chain=(_BOND, _INNER)),
    "INV101": Links(lists=(Identity("I invt", ("invt_no",), items=True),), chain=(_BOND, _INNER)),
    "SAS223": Links(chain=(Identity("bond", ("rlt_no",)),)),
}
#: Kinds that carry others to lists, in the order in which a new answer climbs: gate passage, receipt of the
#: verification list, verification list.
CARRIERS = (
    "INV201",
    *(kind for kind, each in LINKS.items() if each.chain and each.lists and CONTRACTS[kind].answers is None),
)


def leading(kind: str) -> str:
    """SQL of a list with the numbers that name a document of the kind itself."""
    each = LINKS[kind]
    return numbers(tuple(identity for identity in each.lists + each.chain if not identity.items))


def inside(kind: str) -> str:
    """SQL of a list with the numbers of its items: parcels, lists."""
    return numbers(tuple(identity for identity in LINKS[kind].lists if identity.items))


def numbers(identities: Sequence[Identity]) -> str:
    """SQL of a list with all the numbers of a document."""
    head = ", ".join(each.spelled() for each in identities if not each.items)
    parts = [f"[{head}]"] if head else []
    parts += [f"coalesce({each.spelled()}, [])" for each in identities if each.items]
    if not parts:
        return "[]::UBIGINT[]"
    return f"list_filter({' || '.join(parts)}, lambda number: number IS NOT NULL)"


def key(kind: str) -> str:
    """SQL of the number of a list: flow, enterprise and order number."""
    flow = CONTRACTS[kind].flow
    return f"hash({sql.literal(f'{flow} list')}, ebc_code, order_no)"
