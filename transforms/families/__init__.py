"""The families of daily figures: one module a family, which declares its tables and computes them."""

from __future__ import annotations

from transforms.families import (
    capacity,
    clearance,
    declarations,
    enterprises,
    goods,
    integrity,
    logistics,
    payments,
    reconciliation,
    reduction,
    returns,
    targets,
    tax,
    timeliness,
    volume,
)
from transforms.families.family import Family, Inputs, Read, figures

__all__ = ["FAMILIES", "Family", "Inputs", "Read", "figures"]

#: In the order in which docs/metrics.md shows them.
FAMILIES: tuple[Family, ...] = (
    volume.FAMILY,
    goods.FAMILY,
    declarations.FAMILY,
    clearance.FAMILY,
    reduction.FAMILY,
    reconciliation.FAMILY,
    payments.FAMILY,
    tax.FAMILY,
    logistics.FAMILY,
    returns.FAMILY,
    capacity.FAMILY,
    enterprises.FAMILY,
    timeliness.FAMILY,
    targets.FAMILY,
    integrity.FAMILY,
)
