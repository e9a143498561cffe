"""Notices over real channels, and the automations against the kinds of alerts there are."""

from uuid import uuid4

import pytest
import yaml
from prefect.events.schemas.automations import AutomationCore, EventTrigger
from receivers import mail, web

from flows.events import PREFIX, RESOLVED, WATCHED, resource
from flows.notifications import FILE, NotificationError, automations, channels, mail_url, send
from warehouse.alerts import KINDS

TOLD = {"TONGGUAN_NOTIFY_FROM": "a@x", "TONGGUAN_NOTIFY_TO": "b@x"}
SENTENCE = "2026-11-20: 没有 no documents of “CEB621”\nsecond line"


def test_a_notice_arrives_by_webhook_and_by_mail() -> None:
    with web() as (url, posted), mail() as (smtp, box):
        environment = {
            "TONGGUAN_NOTIFY_WEBHOOK": url,
            "TONGGUAN_NOTIFY_SMTP": smtp,
            "TONGGUAN_NOTIFY_FROM": "tongguan@example.org",
            "TONGGUAN_NOTIFY_TO": "ops@example.org,duty@example.org",
        }
        assert send("zhengzhou 2026-11-20", SENTENCE, environment) == ["tongguan-webhook", "tongguan-mail"]
    assert posted == [
        {"text": f"zhengzhou 2026-11-20\n{SENTENCE}", "subject": "zhengzhou 2026-11-20", "body": SENTENCE}
    ]
    assert sorted(each for to in box.to for each in to) == ["duty@example.org", "ops@example.org"]
    (one, *_) = box.mails
    assert (one["Subject"], one["From"].addresses[0].addr_spec) == (
        "zhengzhou 2026-11-20",
        "tongguan@example.org",
    )
    assert one.get_content().replace("\r\n", "\n").strip() == SENTENCE


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"TONGGUAN_NOTIFY_WEBHOOK": "ftp://secret@h"}, "must be an http or https URL"),
        ({"TONGGUAN_NOTIFY_SMTP": "secret@h"}, "must be written smtps://"),
        ({"TONGGUAN_NOTIFY_SMTP": "smtps://u:secret@h"}, "needs TONGGUAN_NOTIFY_FROM and TONGGUAN_NOTIFY_TO"),
        ({"TONGGUAN_NOTIFY_SMTP": "smtps://u:1/secret@h:465", **TOLD}, "write / as %2F"),
        ({"TONGGUAN_NOTIFY_SMTP": "smtps://u:1#secret@h:465", **TOLD}, "write / as %2F"),
        ({"TONGGUAN_NOTIFY_WEBHOOK": "http://127.0.0.1:9/secret"}, "tongguan-webhook could not send"),
    ],
)
def test_a_complaint_never_repeats_an_address(environment: dict[str, str], says: str) -> None:
    with pytest.raises(NotificationError, match=says) as complaint:
        send("s", "b", environment)
    assert "secret" not in str(complaint.value) and complaint.value.__cause__ is None


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("smtp://h", "mailto://h:25/?smtp=h&from=a%40x&to=b%40x&mode=insecure&format=text"),
        (
            "smtps://u%40x:p%2F@h",
            "mailtos://u%40x:p%2F@h:465/?smtp=h&from=a%40x&to=b%40x&mode=ssl&format=text",
        ),
        (
            "smtps://u@h",
            "mailtos://u@h:465/?smtp=h&from=a%40x&to=b%40x&mode=ssl&format=text",
        ),
        ("smtp+starttls://h:26", "mailtos://h:26/?smtp=h&from=a%40x&to=b%40x&mode=starttls&format=text"),
    ],
)
def test_the_address_of_a_mail_server(server: str, url: str) -> None:
    assert mail_url(server, "a@x", "b@x") == url


def test_no_channel_is_no_error() -> None:
    assert channels({}) == {} and send("s", "b", {}) == []


def test_every_kind_of_alert_has_its_automations() -> None:
    new, resolved, watched, of_a_zone = yaml.safe_load(FILE.read_text(encoding="utf-8"))["automations"]
    assert new["trigger"]["expect"] == [f"{PREFIX}{kind}" for kind in KINDS]
    assert resolved["trigger"]["expect"] == [f"{PREFIX}{kind}{RESOLVED}" for kind in KINDS]
    assert watched["trigger"]["expect"] == of_a_zone["trigger"]["expect"] == [WATCHED]


def test_a_zone_that_nobody_watches_is_told_although_others_are_watched() -> None:
    (made,) = [each for each in automations({"a": str(uuid4())}) if each["name"].endswith("watches a zone")]
    trigger = AutomationCore.model_validate(made).trigger
    assert isinstance(trigger, EventTrigger) and trigger.for_each == set(resource("zhengzhou")) - {
        "prefect.resource.name"
    }


def test_each_action_is_repeated_for_every_channel() -> None:
    made = automations({"a": "1", "b": "2"})
    assert [[each["block_document_id"] for each in one["actions"]] for one in made] == [["1", "2"]] * 4
