"""Reconciliation of the documents of every purchase (三单对碰): result, reasons, and documents without a list."""

from __future__ import annotations

from transforms.reconciliation.rows import reconcile

__all__ = ["reconcile"]
