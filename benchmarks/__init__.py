"""Stage-by-stage timings beside a bare DuckDB script on the same files."""
