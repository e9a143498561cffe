"""Prefect flows and the command line: what runs, when, in which order."""
