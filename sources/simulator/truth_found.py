"""Under which code every injected fault must be found, document by document, and what else must be told.

From the simulator's own records: which documents some readable file holds in a usable row, which of them are
masked or differ, which file lacks what the version before it had.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from sources.simulator.chance import Flags, Ints
from sources.simulator.truth_log import TruthLog

_ORDERS, _PAYMENTS, _WAYBILLS = ("CEB311", "CEB303"), ("CEB411", "CEB403"), ("CEB511", "CEB505")


def found(log: TruthLog) -> dict[str, Any]:
    """`reconciliation` (list keys by reason), `vanished`, `rewritten` and `late` (documents by kind)."""
    readable = {each.path for each in log.files if not each.fault}
    return {
        "reconciliation": _reconciliation(log),
        "vanished": sorted(
            [kind, key, after.rpartition("/")[2]]
            for kind, keys, before, after in log.vanishing
            if before in readable and after in readable
            for key in keys
        ),
        "rewritten": sorted([kind, key] for kind, key in _rewritten(log)),
        "late": {kind: count for kind in sorted(log.days) if (count := _late(log, kind))},
    }


def _reconciliation(log: TruthLog) -> dict[str, list[str]]:
    """Keys (flow|ebcCode|orderNo) of the lists that have each reason."""
    size = log.list_total
    listed = _any(log, size, ("CEB621", "CEB603"))
    order, payment, waybill = (_any(log, size, kinds) for kinds in (_ORDERS, _PAYMENTS, _WAYBILLS))
    differs, payer_masked = _marked(log, size, "CEB411", "differs"), _marked(log, size, "CEB411", "masked")
    buyer_masked = _newest_marked(log, size, "CEB311", "version") | _newest_marked(
        log, size, "CEB621", "attempt"
    )
    keys = pl.concat(log.keys)
    reasons = {
        "waiting_order": ~order,
        "waiting_payment": ~payment
        & _any(log, size, ("CEB621",)),  # an export need not be paid by a document
        "waiting_waybill": ~waybill,
        "amount_mismatch": order & differs,
        "not_comparable": order & (buyer_masked | payer_masked),
    }
    return {
        reason: sorted(keys.filter(pl.Series(listed & which)).to_list()) for reason, which in reasons.items()
    }


def _any(log: TruthLog, size: int, kinds: tuple[str, ...]) -> Flags:
    """Lists of which a document of the kinds can be read."""
    there = np.zeros(size, dtype=np.bool_)
    for kind in kinds:
        there[log.fact(kind, "list")[log.accepted(kind)]] = True
    return there


def _marked(log: TruthLog, size: int, kind: str, mark: str) -> Flags:
    """Lists of which a readable document bears a mark."""
    marked = np.zeros(size, dtype=np.bool_)
    marked[log.fact(kind, "list")[log.accepted(kind) & (log.fact(kind, mark) > 0)]] = True
    return marked


def _newest_marked(log: TruthLog, size: int, kind: str, version: str) -> Flags:
    """Lists of which the newest readable version is masked."""
    ok = log.accepted(kind)
    of, number, masked = (log.fact(kind, name)[ok] for name in ("list", version, "masked"))
    newest = np.full(size, -1, dtype=np.int64)
    np.maximum.at(newest, of, number * 2 + (masked > 0))
    return np.asarray((newest >= 0) & (newest % 2 == 1), dtype=np.bool_)


def _rewritten(log: TruthLog) -> list[tuple[str, str]]:
    """Releases of which both tellings can be read; the key is without the time."""
    pairs = []
    for kind, keys, before, after in log.retold:
        ok = log.accepted(kind)
        both = ok[before] & ok[after]
        pairs += [(kind, key.rpartition("|")[0]) for key, seen in zip(keys, both, strict=True) if seen]
    return pairs


def _late(log: TruthLog, kind: str) -> int:
    """Documents that first came, in a file that can be read, on a day after their own."""
    own = np.concatenate(log.days[kind])
    came: Ints = np.full(len(own), np.iinfo(np.int64).max, dtype=np.int64)
    for each in log.files:
        if each.kind == kind and not each.fault:
            docs = each.docs[~each.bad]
            came[docs] = np.minimum(came[docs], each.day)
    return int(((came > own) & log.accepted(kind)).sum())
