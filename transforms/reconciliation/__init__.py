"""Reconciliation of the documents of every purchase (三单对碰): result, reasons, and documents without a list."""

from __future__ import annotations

from transforms.reconciliation.orphans import looked_at, orphans
from transforms.reconciliation.purchases import with_purchases
from transforms.reconciliation.rows import reconcile

__all__ = ["looked_at", "orphans", "reconcile", "with_purchases"]
