"""What customs does with each list: its statuses, one after another, and the times that follow from them.

Statuses: 1 saved, 2 declared, 3 sent, 100 rejected, 120 accepted, 300/399 review, 400 waits for arrival,
500 inspection, 501 detained, 600 suspended, 800 released, 899 closed; below 0 an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sources.simulator.chance import Flags, Ids, Ints
from sources.simulator.lists import Lists
from sources.simulator.world import HOUR, MINUTE, SECOND

#: Receipt texts; an event holds the position of its own.
INFO = (
    "新增申报成功",
    "支付信息不存在",
    "运单信息不存在",
    "订单信息不存在",
    "电子口岸已暂存",
    "发送海关成功",
    "[Code:1800;Desc:逻辑校验通过]",
    "[Code:1200;Desc:待人工审核]",
    "海关审结",
    "海关已接受申报待货物运抵后处理",
    "布控查验",
    "扣留移送通关",
    "收件地址不详",
    "[Code:2600;Desc:放行]",
    "结关",
    "订购人与支付人不匹配",
    "订购人超过年度限额",
    "身份验证未通过，请核对身份信息",
    "清单报文校验失败:商品编码未备案",
)
OK, SAVED, SENT, PASSED, REVIEW, REVIEWED, ARRIVAL, INSPECT = 0, 4, 5, 6, 7, 8, 9, 10
DETAINED, ADDRESS, RELEASE, CLOSE, MISMATCH, INVALID = 11, 12, 13, 14, 15, 18
MISSING = (1, 2, 3)


@dataclass
class Events:
    """Statuses of lists, column by column."""

    list: Ints
    attempt: Ints
    status: Ints
    at: Ints
    info: Ints


@dataclass
class Course:
    """What became of the lists: their events, second declarations and the moments others build on."""

    events: Events
    again: Flags  # declared a second time
    app2: Ints  # when
    released: Ints  # -1: never
    cancelled: Ints  # when the enterprise withdrew it; -1: never


@dataclass
class _Log:
    lists: Lists
    parts: list[tuple[Ints, Ints, int, Ints, Ints]] = field(default_factory=list)

    def add(self, which: Flags, status: int, at: Ints, info: int | Ints, attempt: Ints | int = 0) -> None:
        picked = np.flatnonzero(which)
        full = np.broadcast_to(np.asarray(info, dtype=np.int64), len(which))
        tries = np.broadcast_to(np.asarray(attempt, dtype=np.int64), len(which))
        self.parts.append((picked, tries[picked], status, at[picked], full[picked]))

    def events(self) -> Events:
        return Events(
            list=np.concatenate([part[0] for part in self.parts]),
            attempt=np.concatenate([part[1] for part in self.parts]),
            status=np.concatenate([np.full(len(part[0]), part[2], dtype=np.int64) for part in self.parts]),
            at=np.concatenate([part[3] for part in self.parts]),
            info=np.concatenate([part[4] for part in self.parts]),
        )


def course(lists: Lists, arrival: Ints) -> Course:
    """Play the lists through. `arrival` is when the goods of a list arrive, -1 where that never delays it."""
    chance, shares, times, ids = (
        lists.world.chance,
        lists.world.calibration.shares,
        lists.world.calibration.times,
        lists.ids,
    )
    log = _Log(lists)

    def happens(what: str) -> Flags:
        return chance.happens(what, ids, shares[what])

    def short(draw: str, median_ms: float, low: int, high: int, sigma: float = 0.6) -> Ints:
        return np.clip(chance.lognormal(draw, ids, median_ms, sigma).astype(np.int64), low, high)

    everyone = np.ones(len(lists), dtype=np.bool_)
    declared = lists.app + short("declared", 1200, 250, 20 * SECOND)
    log.add(chance.happens("saved", ids, 0.02), 1, declared - chance.between("saved ms", ids, 20, 200), SAVED)
    waits = happens("document_wait")
    log.add(everyone, 2, declared, np.where(waits, chance.between("missing", ids, 1, 4), OK))
    waited = declared + chance.exponential_ms("document_wait", ids, times["document_wait_h"]) + MINUTE
    log.add(waits, 2, waited, OK)
    passed = np.where(waits, waited, declared)

    rejected = happens("rejected")
    how = chance.uniform("rejected how", ids)
    error, before, after = (
        rejected & (how < 0.15),
        rejected & (how >= 0.15) & (how < 0.5),
        rejected & (how >= 0.5),
    )
    accepted = passed + short("accepted", 5900, 400, 60 * SECOND, 0.5)
    log.add(
        chance.happens("sent", ids, 0.03) & ~error & ~before,
        3,
        accepted - chance.between("sent ms", ids, 50, 250),
        SENT,
    )
    refused = np.where(
        after,
        accepted + chance.exponential_ms("refused", ids, 0.5) + SECOND,
        passed + chance.between("refused", ids, 300, 60_000),
    )
    family = -621001 if lists.flow == "I" else -603001
    reason = chance.between("refused why", ids, MISMATCH, INVALID)
    log.add(error, family, refused, INVALID)
    log.add(before | after, 100, refused, reason)
    log.add(after, 120, accepted, PASSED)
    again = rejected & ~chance.happens("given_up", ids, shares["given_up"])
    repair = chance.exponential_ms("repair", ids, times["repair_h"]) + MINUTE
    app2 = np.where(again, (refused + repair) // SECOND * SECOND + SECOND, -1)
    declared2 = app2 + short("declared again", 1200, 250, 20 * SECOND)
    log.add(again, 2, declared2, OK, 1)

    going = ~rejected | again
    attempt = again.astype(np.int64)
    now = np.where(again, declared2 + short("accepted again", 5900, 400, 60 * SECOND, 0.5), accepted)
    log.add(going, 120, now, PASSED, attempt)
    first = now

    def step(draw: str, which: Flags, status: int, info: int, until: Ints) -> None:
        """The status comes a moment after `now`; `until` is how long or until when it lasts."""
        nonlocal now
        begun = now + chance.between(draw + " begins", ids, 20, 3_000)
        log.add(which, status, begun, info, attempt)
        now = np.where(which, np.maximum(until, begun + MINUTE), now)

    landed = arrival + chance.between("handled", ids, 5 * MINUTE, 30 * MINUTE)
    step("arrival_wait", going & (arrival > now + MINUTE), 400, ARRIVAL, landed)
    reviewed = going & happens("reviewed")
    step("review", reviewed, 300, REVIEW, now + chance.exponential_ms("review", ids, times["review_h"]))
    log.add(reviewed, 399, now, REVIEWED, attempt)
    held = chance.exponential_ms("inspection", ids, times["inspection_h"])
    step("inspection", going & happens("inspected"), 500, INSPECT, now + held)
    held = chance.exponential_ms("suspension", ids, times["suspended_h"])
    step("suspension", going & happens("suspended"), 600, ADDRESS, now + held)
    detained = going & happens("detained")
    step("detention", detained, 501, DETAINED, now)
    withdrawn = going & ~detained & happens("cancelled")

    through = going & ~detained & ~withdrawn
    released = now + short("released", 60, 5, 20 * SECOND, 1.3)
    # Two clocks: now and then the release bears an earlier time than the acceptance.
    skewed = through & (now == first) & chance.happens("skew", ids, 0.0005)
    released = np.where(skewed, first - chance.between("skew ms", ids, 1, 40), released)
    log.add(through, 800, released, RELEASE, attempt)
    log.add(through, 899, released + chance.between("closed", ids, 2 * HOUR, 30 * HOUR), CLOSE, attempt)
    withdrawal = (now + chance.between("withdrawn", ids, 30 * MINUTE, 6 * HOUR)) // SECOND * SECOND
    return Course(
        events=log.events(),
        again=again,
        app2=app2,
        released=np.where(through, released, -1),
        cancelled=np.where(withdrawn, withdrawal, -1),
    )


def unplayed() -> Course:
    """Before anything has happened."""
    none = np.zeros(0, dtype=np.int64)
    return Course(Events(none, none, none, none, none), none.astype(np.bool_), none, none, none)


def distinct(draw_ids: Ids, attempt: Ints) -> Ids:
    """One identity an attempt."""
    return draw_ids * np.uint64(2) + attempt.astype(np.uint64)
