"""Alerts as Prefect events: one where an alert is new, one where it is resolved.

Automations of the server turn them into notices (automations.yaml). Without a server there is nobody to tell:
then nothing is emitted, and the alert stands in the warehouse, in `tongguan status` and on the status page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from warehouse.alerts import Alert

#: What every event's name begins with; the kind of the alert follows, and RESOLVED where it no longer holds.
PREFIX, RESOLVED = "tongguan.", ".resolved"
#: Emitted at the end of every watchdog: its absence tells that nothing runs any more.
WATCHED = f"{PREFIX}watched"


def event_name(alert: Alert) -> str:
    """The name of the event."""
    return f"{PREFIX}{alert.kind}{RESOLVED if alert.resolved_at else ''}"


def resource(zone: str) -> dict[str, str]:
    """The zone as a resource of Prefect."""
    return {
        "prefect.resource.id": f"{PREFIX}zone.{zone}",
        "prefect.resource.name": zone,
    }


def payload(alert: Alert) -> dict[str, Any]:
    """What a notice says; alerts hold no personal data and no credentials."""
    return {
        "zone": alert.zone,
        "business_date": alert.business_date.isoformat(),
        "kind": alert.kind,
        "subject": alert.subject,
        "sentence": alert.sentence,
        "state": "resolved" if alert.resolved_at else "new",
        "run_id": alert.run_id,
    }


def announce(alerts: Iterable[Alert]) -> int:
    """Emit the events of new and resolved alerts where a server is configured; returns how many.

    Prefect sends them from a thread of its own: a server that is slow or gone delays nothing here.
    """
    if not server():
        return 0
    told = 0
    for each in alerts:
        told += _emit(
            event_name(each),
            {**resource(each.zone), "tongguan.business-date": each.business_date.isoformat()},
            payload(each),
        )
    return told


def watched(zone: str) -> None:
    """Tell that a zone was looked at."""
    if server():
        _emit(WATCHED, resource(zone), {"zone": zone})


def server() -> str | None:
    """URL of the configured Prefect server, as environment or profile give it."""
    from prefect.settings import get_current_settings

    return get_current_settings().api.url


def _emit(name: str, about: dict[str, str], told: dict[str, Any]) -> int:
    from prefect.events import emit_event

    return 1 if emit_event(event=name, resource=about, payload=told) else 0
