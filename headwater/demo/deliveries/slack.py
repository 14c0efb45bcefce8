"""Slack's Events API: https://docs.slack.dev/apis/events-api."""

from typing import Any

from headwater.demo import accounts
from headwater.demo.acts import Act
from headwater.demo.event import Event
from headwater.demo.organisation import Person

TEAM = "T0DEMO"
#: Up to which draw an act is which.
ASKED, ANSWERED, WRITTEN = 0.3, 0.65, 0.8


def delivery(act: Act) -> Event:
    """A message in a channel: a question, an answer, what somebody learned, or a link."""
    return Event(act.at, "message", _envelope(act, written(act)), "slack")


def written(act: Act) -> dict[str, Any]:
    """The message of an act."""
    channel, text = "C0WORK", f"Worth reading: <https://docs.demo.headwater.invalid/{act.number}>"
    more: dict[str, Any] = {}
    if act.draw < ASKED:
        return _message(act.who, "C0HELP", _asks(act), _stamp(act))
    if act.draw < ANSWERED:
        channel, text = "C0HELP", f"The page on {act.topic} has it, and I can show you."
        asker = accounts.name("slack", act.other)
        more = {"thread_ts": question(act)["ts"], "parent_user_id": asker}
    elif act.draw < WRITTEN:
        channel, text = "C0TIL", f"Today I learned how {act.topic} fits together."
    return {**_message(act.who, channel, text, _stamp(act)), **more}


def question(act: Act) -> dict[str, Any]:
    """What an answer answers: a colleague's question."""
    asked = _message(act.other, "C0HELP", _asks(act), _stamp(act, before=True))
    return {**asked, "thread_ts": asked["ts"]}


def _asks(act: Act) -> str:
    return f"Who knows how we do {act.topic} now?"


def _message(who: Person, channel: str, text: str, ts: str) -> dict[str, Any]:
    return {
        "type": "message",
        "user": accounts.name("slack", who),
        "text": text,
        "ts": ts,
        "team": TEAM,
        "channel": channel,
        "event_ts": ts,
        "channel_type": "channel",
    }


def _envelope(act: Act, message: dict[str, Any]) -> dict[str, Any]:
    listening = {
        "enterprise_id": None,
        "team_id": TEAM,
        "user_id": "U0LISTENER",
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": "unused",
        "team_id": TEAM,
        "api_app_id": "A0LISTENER",
        "event": message,
        "type": "event_callback",
        "event_id": f"Ev{act.number}",
        "event_time": int(act.at.timestamp()),
        "authorizations": [listening],
        "is_ext_shared_channel": False,
    }


def _stamp(act: Act, *, before: bool = False) -> str:
    at = act.before if before else act.at
    return f"{int(at.timestamp())}.{act.number % 1_000_000:06}"
