"""Every list as a perfect reader of the delivered files must see it: milestones, amounts, exclusions.

A plain second computation over the generator's own records: a document counts if at least one readable
file holds it in a usable row. Nothing here shares code with the transforms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.simulator.chance import Flags, Ints
from sources.simulator.truth_log import TruthLog

NEVER = -1
#: Milestones that are the first time of a status.
_FIRST_OF = {
    "declared_status": (2,),
    "accepted": (120,),
    "review": (300,),
    "waiting": (400,),
    "inspected": (500,),
    "released": (800,),
    "closed": (899,),
}
_HOLDS = {"review_next": 300, "waiting_next": 400, "inspected_next": 500}
_ENDS_REPAIR = (2, 3, 120, 800)
REASONS = ("arrival", "repair", "document", "suspended")
#: Stands for an interval that has not ended.
FOREVER = 2**60


@dataclass(frozen=True)
class Seen:
    """The lists that were seen, one position each, and their exclusions (list -> reason, start, end)."""

    columns: dict[str, Ints]
    has_exclusions: Flags
    exclusions: dict[int, list[tuple[int, int, int]]]
    states: dict[str, int]


@dataclass(frozen=True)
class _Statuses:
    """Receipts of lists in the order of their times, and which begin a run of equal ones."""

    list: Ints
    status: Ints
    at: Ints
    missing: Ints
    begins: Flags
    next: Ints  # when the run that begins here ended; NEVER if it has not


def lists_seen(log: TruthLog) -> Seen:
    """Rebuild the lists from the documents that can be read."""
    size = log.list_total
    first, second = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    for kind in ("CEB621", "CEB603"):
        ok, attempt = log.accepted(kind), log.fact(kind, "attempt")
        of = log.fact(kind, "list")
        first[of[ok & (attempt == 0)]] = True
        second[of[ok & (attempt == 1)]] = True
    known = first | second
    app, app2 = log.column("app"), log.column("app2")
    statuses = _statuses(log, known)
    columns = {name: log.column(name) for name in ("flow", "mode", "office", "items", "packages", "gross")}
    columns["first_app"] = np.where(first, app, app2)
    columns["newest_app"] = np.where(second, app2, app)
    columns["value"] = np.where(second, log.column("value2"), log.column("value"))
    for name, codes in _FIRST_OF.items():
        columns[name] = _first(size, statuses, np.isin(statuses.status, codes))
    for name, code in _HOLDS.items():
        columns[name] = _end_of_first(size, statuses, statuses.status == code)
    columns["declared"] = np.where(
        columns["declared_status"] >= 0, columns["declared_status"], columns["first_app"]
    )
    columns["order"] = _has(log, size, ("CEB311", "CEB303"))
    columns["arrived"] = _by_group(log, "arrival", _arrivals(log))
    numbered = _has_number(log, size)
    columns["gate_out"] = np.where(numbered, _by_group(log, "gate", _gate_outs(log)), NEVER)
    columns["signed"] = _earliest(log, size, "CEB513")
    asked = _has(log, size, ("CEB623", "CEB625")) > 0
    imports = columns["flow"] == 0
    reachable = numbered | (imports & asked)
    columns["cancelled"] = np.where(reachable, _granted(log, size, ("CEB624", "CEB606")), NEVER)
    columns["returned"] = np.where(reachable, _granted(log, size, ("CEB626",)), NEVER)
    columns["tax"] = _taxes(log, size)
    columns["last_status"], columns["last_at"] = _last(size, statuses)
    exclusions = _exclusions(statuses, app, app2, first, second)
    keep = np.flatnonzero(known)
    positions = {int(each): at for at, each in enumerate(keep) if int(each) in exclusions}
    kept = {name: values[keep] for name, values in columns.items()}
    return Seen(
        columns=kept,
        has_exclusions=np.isin(keep, list(positions)),
        exclusions={positions[each]: found for each, found in exclusions.items() if each in positions},
        states=_states(kept),
    )


def _statuses(log: TruthLog, known: Flags) -> _Statuses:
    parts: dict[str, list[Ints]] = {name: [] for name in ("list", "status", "at", "missing")}
    for kind in ("CEB622", "CEB604"):
        ok = log.accepted(kind)
        ok &= known[log.fact(kind, "list")]
        for name, collected in parts.items():
            collected.append(log.fact(kind, name)[ok])
    of, status, at, missing = (np.concatenate(parts[name]) for name in ("list", "status", "at", "missing"))
    order = np.lexsort((np.where(status < 0, 100, status), at, of))
    of, status, at, missing = of[order], status[order], at[order], missing[order]
    begins = np.ones(len(of), dtype=np.bool_)
    begins[1:] = (of[1:] != of[:-1]) | (status[1:] != status[:-1]) | (missing[1:] != missing[:-1])
    runs = np.flatnonzero(begins)
    following = np.full(len(of), NEVER, dtype=np.int64)
    same = of[runs[1:]] == of[runs[:-1]]
    following[runs[:-1]] = np.where(same, at[runs[1:]], NEVER)
    return _Statuses(of, status, at, missing, begins, following)


def _first(size: int, s: _Statuses, wanted: Flags) -> Ints:
    return _smallest(size, s.list[wanted], s.at[wanted])


def _smallest(size: int, of: Ints, at: Ints) -> Ints:
    found = np.full(size, FOREVER, dtype=np.int64)
    np.minimum.at(found, of, at)
    return np.where(found == FOREVER, NEVER, found)


def _end_of_first(size: int, s: _Statuses, wanted: Flags) -> Ints:
    begun = wanted & s.begins & (s.next >= 0)
    return _smallest(size, s.list[begun], s.next[begun])


def _last(size: int, s: _Statuses) -> tuple[Ints, Ints]:
    status, at = np.zeros(size, dtype=np.int64), np.full(size, NEVER, dtype=np.int64)
    last = s.begins & (s.next < 0)
    status[s.list[last]], at[s.list[last]] = s.status[last], s.at[last]
    return status, at


def _has(log: TruthLog, size: int, kinds: tuple[str, ...]) -> Ints:
    found = np.zeros(size, dtype=np.int64)
    for kind in kinds:
        found[log.fact(kind, "list")[log.accepted(kind)]] = 1
    return found


def _has_number(log: TruthLog, size: int) -> Flags:
    """Whether a receipt that can be read gives the list its invtNo (imports: from status 100 on)."""
    found = np.zeros(size, dtype=np.bool_)
    for kind in ("CEB622", "CEB604"):
        ok = log.accepted(kind)
        if kind == "CEB622":
            ok &= log.fact(kind, "status") >= 100
        found[log.fact(kind, "list")[ok]] = True
    return found


def _earliest(log: TruthLog, size: int, kind: str) -> Ints:
    ok = log.accepted(kind)
    return _smallest(size, log.fact(kind, "list")[ok], log.fact(kind, "at")[ok])


def _granted(log: TruthLog, size: int, kinds: tuple[str, ...]) -> Ints:
    of, at = [], []
    for kind in kinds:
        ok = log.accepted(kind)
        ok &= np.isin(log.fact(kind, "status"), (399, 800, 899))
        of.append(log.fact(kind, "list")[ok])
        at.append(log.fact(kind, "at")[ok])
    return _smallest(size, np.concatenate(of), np.concatenate(at))


def _taxes(log: TruthLog, size: int) -> Ints:
    """Tax of the newest bill that can be read; void ones (status 3) count nothing."""
    tax = np.zeros(size, dtype=np.int64)
    ok = log.accepted("CEB816")
    of, amount, status = (log.fact("CEB816", name)[ok] for name in ("list", "tax", "status"))
    valid, void = status == 1, status == 3
    tax[of[valid]] = amount[valid] * 1000
    tax[of[void]] = 0
    return tax


def _by_group(log: TruthLog, column: str, at: Ints) -> Ints:
    group = log.column(column)
    if not len(at):
        return np.full(len(group), NEVER, dtype=np.int64)
    return np.where(group >= 0, at[np.maximum(group, 0)], NEVER)


def _arrivals(log: TruthLog) -> Ints:
    """By flight or truck: its acceptance, else its own time; NEVER where its document cannot be read."""
    at = np.full(log.group_total, NEVER, dtype=np.int64)
    for detail, receipt in (("CEB711", "CEB712"), ("CEB507", "CEB508")):
        ok = log.accepted(detail)
        at[log.fact(detail, "group")[ok]] = log.fact(detail, "at")[ok]
        told = log.accepted(receipt)
        group, accepted = log.fact(receipt, "group")[told], log.fact(receipt, "at")[told]
        has = at[group] >= 0
        at[group[has]] = accepted[has]
    return at


def _gate_outs(log: TruthLog) -> Ints:
    """By vehicle: its second passage, if the whole chain of its messages can be read."""
    chain = np.zeros(log.group_total, dtype=np.int64)
    for kind in ("INV101", "INV201", "SAS223"):
        chain[log.fact(kind, "group")[log.accepted(kind)]] += 1
    at = np.full(log.group_total, NEVER, dtype=np.int64)
    at[log.fact("SAS223", "group")] = log.fact("SAS223", "passed_twice")
    return np.where(chain == 3, at, NEVER)


def _exclusions(
    s: _Statuses, app: Ints, app2: Ints, first: Flags, second: Flags
) -> dict[int, list[tuple[int, int, int]]]:
    """(reason, start, end) of every interval that is not charged to customs, list by list."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    kinds = (
        (0, s.status == 400),
        (2, (s.status == 2) & (s.missing == 1)),
        (3, s.status == 600),
    )
    for reason, wanted in kinds:
        for at in np.flatnonzero(wanted & s.begins):
            end = int(s.next[at]) if s.next[at] >= 0 else FOREVER
            found.setdefault(int(s.list[at]), []).append((reason, int(s.at[at]), end))
    for at in np.flatnonzero(((s.status == 100) | (s.status == 4) | (s.status < 0)) & s.begins):
        which, since = int(s.list[at]), int(s.at[at])
        ends = [FOREVER]
        later = at + 1
        while later < len(s.list) and s.list[later] == which:
            if s.status[later] in _ENDS_REPAIR and s.begins[later]:
                ends.append(int(s.at[later]))
                break
            later += 1
        versions = ((app, first), (app2, second))
        ends += [int(when[which]) for when, seen in versions if seen[which] and when[which] > since]
        found.setdefault(which, []).append((1, since, min(ends)))
    return found


def _states(c: dict[str, Ints]) -> dict[str, int]:
    """How many lists are in which state; every list is in exactly one."""
    last = c["last_status"]
    rejected = (last == 100) | (last == 4) | (last < 0)
    conditions = (
        ("returned", c["returned"] >= 0),
        ("cancelled", c["cancelled"] >= 0),
        ("closed", c["closed"] >= 0),
        ("released", c["released"] >= 0),
        ("declared", rejected & (c["newest_app"] > c["last_at"])),
        ("rejected", rejected),
        ("suspended", last == 600),
        ("inspected", np.isin(last, (500, 501, 502, 503, 509, 599))),
        ("waiting", last == 400),
        ("declared", np.isin(last, (1, 2, 3))),
        ("accepted", np.isin(last, (120, 300, 399)) | (c["accepted"] >= 0)),
        ("declared", np.ones(len(last), dtype=np.bool_)),
    )
    counts: dict[str, int] = {}
    left = np.ones(len(last), dtype=np.bool_)
    for name, holds in conditions:
        counts[name] = counts.get(name, 0) + int((left & holds).sum())
        left &= ~holds
    return dict(sorted(counts.items()))
