"""The DuckLake store: connection, migrations, ledgers, one commit function, vintages, read access."""
