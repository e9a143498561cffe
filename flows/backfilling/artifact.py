"""Progress for Prefect's interface, where there is a server to show it."""

from __future__ import annotations

import os
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact


class ProgressArtifact:
    """Percent of the days to do; without a server nothing is sent, since nobody could see it."""

    def __init__(self, zone: str) -> None:
        self._id: UUID | None = None
        if os.environ.get("PREFECT_API_URL"):
            made = create_progress_artifact(0.0, key=f"backfill-{zone}", description="days of the backfill")
            self._id = made if isinstance(made, UUID) else None

    def at(self, percent: float) -> None:
        """How far it is."""
        if self._id is not None:
            update_progress_artifact(self._id, progress=percent)
