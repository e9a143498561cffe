"""The rules a row must meet, checked by Great Expectations in DuckDB, and the gate they feed."""
