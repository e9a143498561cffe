"""`tongguan notifications`: who is told of alerts."""

from __future__ import annotations

import typer

from flows import output
from flows.errors import UsageProblem
from flows.notifications import SMTP, WEBHOOK, NotificationError, install_automations, send

app = typer.Typer(
    no_args_is_help=True, help="Send notices of alerts by webhook and mail (docs/operations/watching.md)."
)
_NO_CHANNEL = f"no channel is configured: set {WEBHOOK} or {SMTP} (docs/operations/watching.md)"


@app.command("install")
def install() -> None:
    """Put the automations on the Prefect server that PREFECT_API_URL names, replacing earlier ones.

    Example: PREFECT_API_URL=http://127.0.0.1:4200/api tongguan notifications install
    """
    try:
        names = install_automations()
    except NotificationError as error:
        raise UsageProblem(str(error)) from error
    if not names:
        raise UsageProblem(_NO_CHANNEL)
    for name in names:
        output.line(name)


@app.command("test")
def test() -> None:
    """Send one notice over every channel from this machine, to see that it arrives.

    Example: tongguan notifications test
    """
    try:
        sent = send(
            "[通关 Tongguan] 测试 test", "这是一条测试通知。 This is a test notice; nothing is wrong."
        )
    except NotificationError as error:
        raise UsageProblem(str(error)) from error
    if not sent:
        raise UsageProblem(_NO_CHANNEL)
    output.line(f"sent over {', '.join(sent)}")
