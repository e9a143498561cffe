"""Contracts, readers, zones and the simulator: how extracts become typed rows."""
