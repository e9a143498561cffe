"""Upkeep: what keeps a home small and quick over years without losing anything published (decision 0024)."""

from warehouse.upkeep.maintain import Maintained, maintain
from warehouse.upkeep.policy import Policy

__all__ = ["Maintained", "Policy", "maintain"]
