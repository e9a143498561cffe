"""The maintenance flow: merge, expire, remove what nothing refers to; see warehouse.upkeep."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed

from flows import upkeep
from flows.settings import home_path
from warehouse.upkeep import Maintained


@flow(name="maintenance", flow_run_name="maintenance {zone}", validate_parameters=False)
def maintenance(zone: str | None = None, home: str | None = None) -> State[Maintained]:
    """Maintain the home; `zone` narrows the expiry of landed files to one zone's.

    What could not be done is named in the run's summary and its state.
    """
    result = keep_up(home_path(Path(home) if home else None), zone)
    name = "Completed" if result.exit_code == 0 else "Something left"
    message = "; ".join([result.sentence(), *result.left, *result.kept])
    return Completed(name=name, message=message, data=result)


@task(name="keep up the home", cache_policy=NO_CACHE, persist_result=False)
def keep_up(home: Path, zone: str | None) -> Maintained:
    """One maintenance, with its summary as an artifact."""
    result = upkeep.run(home, zone, say=get_run_logger().info)
    lines = [f"- {each['action']}: {each['objects']:,} {each['of']}" for each in result.actions]
    lines += [f"- **left** {each}" for each in [*result.left, *result.kept]]
    create_markdown_artifact(
        key="maintenance",
        markdown="\n".join([f"# {result.run_id}", *lines]),
        description="What maintenance did",
    )
    return result
