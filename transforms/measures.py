"""What is measured: bases, measures, shares, quantiles and exclusion reasons, declared once."""

from __future__ import annotations

from dataclasses import dataclass

#: Version of the method; stands beside every published figure. Changes: transforms.definition_versions.
DEFINITION_VERSION = "2"
ALL = "all"
UNKNOWN = "unknown"
FLOWS = ("I", "E")
VOLUME_BASES = ("declared", "accepted", "released")
CLEARANCE_BASES = ("release", "acceptance")
REASONS = ("arrival", "repair", "document", "suspended")
#: Modes of imports that leave a bonded zone through its gate.
BONDED = ("1210", "1239")
#: Shares published: column -> longest duration in milliseconds that still counts.
WITHIN_MS = {"within_1m": 60_000, "within_10m": 600_000, "within_1h": 3_600_000, "within_24h": 86_400_000}
#: Quantiles published: column -> probability as an exact fraction (numerator, denominator).
QUANTILES = {"median_h": (1, 2), "p90_h": (9, 10), "p95_h": (19, 20)}
QUANTILE_RULE = (
    "Quantiles on the release basis are linear-interpolated: between the order statistics around "
    "(n - 1) x p, on whole milliseconds; on the acceptance basis they are the smallest t with F(t) >= p "
    "of the Kaplan-Meier estimate, null if not reached."
)


@dataclass(frozen=True)
class Measure:
    """A duration of a list: between two milestones of core.lists, net of its exclusions or gross."""

    id: str
    zh: str
    en: str
    start: str
    end: str
    net: bool = False
    #: Whether hours excluded stand beside it (on the gross row too).
    excluded: bool = False
    #: A hold concerns only lists that had its event; others are neither counted nor undefined.
    hold: bool = False
    #: Other measures concern all lists, or only those of a flow and of modes: those that can have the event at all.
    flow: str = ""
    modes: tuple[str, ...] = ()
    #: Definition version of what it says now.
    since: str = "1"


MEASURES: tuple[Measure, ...] = (
    Measure(
        "customs_gross",
        "海关通关时间（毛）",
        "customs clearance, gross",
        "accepted_at",
        "released_at",
        excluded=True,
    ),
    Measure(
        "customs_net",
        "海关通关时间（净）",
        "customs clearance, net",
        "accepted_at",
        "released_at",
        net=True,
        excluded=True,
    ),
    Measure(
        "declaration_gross",
        "申报至放行时间（毛）",
        "declaration to release, gross",
        "declared_at",
        "released_at",
    ),
    Measure(
        "overall_gross",
        "整体通关时间（毛）",
        "overall clearance, gross",
        "arrived_at",
        "released_at",
        excluded=True,
    ),
    Measure(
        "overall_net",
        "整体通关时间（净）",
        "overall clearance, net",
        "arrived_at",
        "released_at",
        net=True,
        excluded=True,
    ),
    Measure(
        "inspection_hold", "查验停留时间", "inspection hold", "inspected_at", "inspected_next_at", hold=True
    ),
    Measure(
        "review_hold", "人工审核停留时间", "manual review hold", "review_at", "review_next_at", hold=True
    ),
    Measure("arrival_wait", "待运抵时间", "wait for arrival", "waiting_at", "waiting_next_at", hold=True),
    Measure(
        "gate_out",
        "放行至出区时间",
        "release to gate-out, bonded imports",
        "released_at",
        "gate_out_at",
        flow="I",
        modes=BONDED,
        since="2",
    ),
    Measure(
        "delivery",
        "放行至签收时间",
        "release to delivery, imports",
        "released_at",
        "signed_at",
        flow="I",
        since="2",
    ),
)
