"""The DuckLake store: connection, migrations, ledgers, one commit function, read access, vintages."""

from warehouse.connection import Lake
from warehouse.home import Home, pii_key

__all__ = ["Home", "Lake", "pii_key"]
