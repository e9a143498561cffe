"""The work of a backfill below its flow: what to do, preparing days on workers, loading them in order, the report."""
