"""The record of commits outside the catalog: a hash-chained log with signed checkpoints (decision 0020)."""

from warehouse.record.seal import LOCK, Sealed, seal
from warehouse.record.verify import Verified, verify, verify_home

__all__ = ["LOCK", "Sealed", "Verified", "seal", "verify", "verify_home"]
