"""Notices: the channels an installation has, and the automations of the Prefect server that use them.

Channels come from the environment and become blocks of the server, which keeps their addresses encrypted:

    TONGGUAN_NOTIFY_WEBHOOK   https://...            posted as JSON: text, subject, body
    TONGGUAN_NOTIFY_SMTP      smtps://user:password@host:465, or smtp+starttls://..., or smtp://host:25
    TONGGUAN_NOTIFY_FROM      tongguan@example.gov.cn
    TONGGUAN_NOTIFY_TO        ops@example.gov.cn,duty@example.gov.cn

The server sends the notices itself, without a worker and without a cloud account.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import yaml

if TYPE_CHECKING:
    from prefect.blocks.abstract import NotificationBlock

FILE = Path(__file__).resolve().parent.parent / "automations.yaml"

WEBHOOK, SMTP, FROM, TO = (f"TONGGUAN_NOTIFY_{each}" for each in ("WEBHOOK", "SMTP", "FROM", "TO"))
#: Schemes of TONGGUAN_NOTIFY_SMTP: Apprise's scheme, its mode, the port where none is given.
_SMTP = {
    "smtp": ("mailto", "insecure", 25),
    "smtp+starttls": ("mailtos", "starttls", 587),
    "smtps": ("mailtos", "ssl", 465),
}


class NotificationError(ValueError):
    """A channel or a server is not configured as needed. The text never repeats an address with a password."""


def channels(environment: Mapping[str, str] = os.environ) -> dict[str, NotificationBlock]:
    """The configured channels as blocks, by the name they bear on the server. Raises NotificationError."""
    from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
    from prefect.types import SecretDict
    from pydantic import SecretStr

    found: dict[str, NotificationBlock] = {}
    if url := environment.get(WEBHOOK):
        if urlsplit(url).scheme not in ("http", "https"):
            raise NotificationError(f"{WEBHOOK} must be an http or https URL")
        found["tongguan-webhook"] = CustomWebhookNotificationBlock(
            name="tongguan",
            url="{{url}}",  # a secret of the block: webhook addresses bear their key
            json_data={"text": "{{subject}}\n{{body}}", "subject": "{{subject}}", "body": "{{body}}"},
            secrets=SecretDict({"url": url}),
            headers=None,
            cookies=None,
        )
    if server := environment.get(SMTP):
        # Prefect's Slack block hands whatever is no Slack address to Apprise as it is, mail too; it is the
        # only block the server knows from the start that does.
        found["tongguan-mail"] = SlackWebhook(
            url=SecretStr(mail_url(server, environment.get(FROM, ""), environment.get(TO, "")))
        )
    return found


def mail_url(server: str, sender: str, receivers: str) -> str:
    """The Apprise address of an SMTP server and who writes to whom. Raises NotificationError."""
    try:
        parts = urlsplit(server)
        host, own_port = parts.hostname, parts.port
    except ValueError:  # its text repeats part of the address, the password perhaps
        host, own_port = None, None
    # A path or more: a password was cut there, and what is left of it would be taken for the port.
    if not host or parts.scheme not in _SMTP or parts.path.strip("/") or parts.query or parts.fragment:
        raise NotificationError(
            f"{SMTP} must be written smtps://user:password@host:465; schemes: {', '.join(_SMTP)}; in user and password "
            "write / as %2F, # as %23, ? as %3F, @ as %40 and : as %3A"
        )
    if "@" not in sender or "@" not in receivers:
        raise NotificationError(
            f"{SMTP} needs {FROM} and {TO} too (addresses; several receivers with commas)"
        )
    scheme, mode, port = _SMTP[parts.scheme]
    login = ":".join(each for each in (parts.username, parts.password) if each)
    login = f"{login}@" if login else ""
    asked = {"smtp": host, "from": sender, "to": receivers, "mode": mode, "format": "text"}
    return f"{scheme}://{login}{host}:{own_port or port}/?{urlencode(asked, quote_via=quote)}"


def send(subject: str, body: str, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Send one notice over every channel from this machine; returns their names. Raises NotificationError."""
    sent: list[str] = []
    for name, block in channels(environment).items():
        try:
            notify: Any = block.notify  # declared as a coroutine; outside an event loop it sends at once
            with block.raise_on_failure():
                notify(body=body, subject=subject)
        except Exception as error:  # whatever HTTP or SMTP raise may repeat the address, which holds a key
            raise NotificationError(
                f"{name} could not send ({type(error).__name__}); {', '.join(sent) or 'nothing'} was sent"
            ) from None
        sent.append(name)
    return sent


def install_automations(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Put channels and automations on the configured Prefect server, replacing earlier ones; returns their names.

    Without a channel the automations of before are taken away and none is made: nobody is told of alerts,
    which the caller should say. Raises NotificationError where no server is configured.
    """
    from prefect.client.orchestration import get_client
    from prefect.events.schemas.automations import AutomationCore

    from flows.events import server

    if not server():
        raise NotificationError("PREFECT_API_URL names no Prefect server; `tongguan serve` starts one")
    blocks = {name: str(block.save(name, overwrite=True)) for name, block in channels(environment).items()}
    names = []
    with get_client(sync_client=True) as client:
        for wanted in automations(blocks):
            for old in client.read_automations_by_name(wanted["name"]):
                client.delete_automation(old.id)
            if blocks:
                client.create_automation(AutomationCore.model_validate(wanted))
                names.append(str(wanted["name"]))
    return names


def automations(blocks: Mapping[str, str]) -> list[dict[str, Any]]:
    """The automations of automations.yaml, each action once for every block (name -> id on the server)."""
    stated = yaml.safe_load(FILE.read_text(encoding="utf-8"))["automations"]
    return [
        {
            **each,
            "actions": [
                {**action, "block_document_id": block}
                for action in each["actions"]
                for block in blocks.values()
            ],
        }
        for each in stated
    ]
