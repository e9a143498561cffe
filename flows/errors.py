"""Errors of the command line, each with its exit code."""

from __future__ import annotations


class UsageProblem(Exception):
    """Wrong usage or configuration (exit code 2). The message says what to do."""


class DayStopped(Exception):
    """The day stopped and nothing of the stopped stage was committed (exit code 3)."""
