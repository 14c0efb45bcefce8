"""What every mapper of Slack asks of an event: where it happened, who did it, and the ids.

Ids of channels and users are Slack's own over all workspaces: Slack Connect and Enterprise Grid
deliver a message once for each workspace that has the app, with the same ids, and it counts once.
So no workspace is part of an id; the host is, where it is not slack.com.
"""

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from producers import people
from producers.connector import Event, Ignored, Statement
from producers.connectors.slack.options import SlackOptions
from producers.places import Place, Use
from producers.statements import activity, agent, hosted, statement, voiding
from xapi.ids import statement_id

HOME = "https://slack.com"
#: Slack's own user, in whose name it says what nobody is named for.
SLACKBOT = "USLACKBOT"
DIRECT = "a direct message: never read"
PRIVATE = "a private channel that the connection does not name: never read"
UNKNOWN = "Slack does not say whether the channel is public: name it in the connection's `channels`"
LEFT_OUT = "its channel is no learning, the connection says"
OUTSIDE = "by somebody outside the organisation: nobody of ours learned"
#: Types of channels that are direct messages.
DIRECT_TYPES = ("im", "mpim", "app_home")

User = str | None


class _Unknown(Ignored):
    """It is not known whether the channel is public."""


class Source:
    """One delivery of the Events API, or what a poll found in its shape."""

    def __init__(self, envelope: Event, options: SlackOptions) -> None:
        self.envelope = envelope
        self.event: Mapping[str, Any] = envelope["event"]
        self.options = options
        self.host = options.site.rstrip("/").lower()
        self.shared = bool(envelope.get("is_ext_shared_channel"))

    def place(self, channel: str, kind: str = "") -> Place:
        """The channel, where it may be read; `kind` is its type as Slack says it.

        Raises Ignored, with the reason.
        """
        if kind in DIRECT_TYPES or channel.startswith("D"):
            raise Ignored(DIRECT)
        named = self.options.channels.get(channel)
        if named is None and kind != "channel":
            raise Ignored(PRIVATE) if kind == "group" else _Unknown(UNKNOWN)
        if named and named.use is Use.NONE:
            raise Ignored(LEFT_OUT)
        return named or Place()

    def taken_back_in(self, channel: str) -> None:
        """Whether what is taken back there may have counted: a poll may know that it is public.

        Raises Ignored, with the reason, where it cannot.
        """
        with contextlib.suppress(_Unknown):
            self.place(channel)

    def person(self, user: User, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Whoever did it, as an Agent; `said` is the message, where it is one.

        Raises Ignored where that is no person, or nobody of ours.
        """
        if not user:
            raise Ignored(people.NOBODY)
        if self._is_machine(user, said):
            raise Ignored(people.BOT)
        if user in self.options.outsiders or self._from_outside(said):
            raise Ignored(OUTSIDE)
        return agent(self.host, user)

    def other(self, user: User, actor: Mapping[str, Any]) -> dict[str, Any] | None:
        """Whom it is for, where that is a person and not the actor."""
        if not user or self._is_machine(user):
            return None
        found = agent(self.host, user)
        return None if found == actor else found

    @property
    def asked_for(self) -> frozenset[str]:
        """The users of the app that listens: to mention it is to ask it."""
        given = self.envelope.get("authorizations") or ()
        return frozenset(each["user_id"] for each in given if each.get("is_bot"))

    def _is_machine(self, user: str, said: Mapping[str, Any] | None = None) -> bool:
        known = user == SLACKBOT or user in self.options.bots or user in self.asked_for
        return known or bool(said and said.get("bot_id"))

    def _from_outside(self, said: Mapping[str, Any] | None) -> bool:
        """Whether a message in a channel that is shared with others comes from there."""
        if not said or not self.shared:
            return False
        team = said.get("user_team") or said.get("source_team") or said.get("team")
        return bool(team) and team not in self._own

    @property
    def _own(self) -> frozenset[str]:
        given = (self.envelope, *(self.envelope.get("authorizations") or ()))
        ids = {each.get(name) for each in given for name in ("team_id", "enterprise_id")}
        return self.options.teams | {str(each) for each in ids if each}

    # What is made

    def key(self, event_id: str) -> str:
        """The event's id, with the host where that is not slack.com."""
        return hosted(HOME, self.host, event_id)

    def identify(self, event_id: str) -> UUID:
        """The id of the one statement of an event."""
        return statement_id("slack", self.key(event_id))

    def message(self, channel: str, ts: str, kind: str) -> dict[str, Any]:
        """A message as an Activity: its address, and nothing that it says."""
        return activity(f"{self.host}/archives/{channel}/p{ts.replace('.', '')}", kind)

    def channel(self, channel: str) -> dict[str, Any]:
        """A channel as an Activity."""
        return activity(f"{self.host}/archives/{channel}", "chat-channel")

    def statement(
        self,
        event_id: str,
        actor: Mapping[str, Any],
        verb: str,
        target: Mapping[str, Any],
        behaviour: str,
        at: str,
        **more: Any,
    ) -> Statement:
        """A statement of this event; `at` is a time as Slack writes it."""
        return statement(
            self.identify(event_id),
            actor,
            verb,
            target,
            behaviour=behaviour,
            platform="Slack",
            at=moment(at),
            **more,
        )

    def voiding(self, *event_ids: str) -> list[Statement]:
        """What is taken back is voided, in Slack's name: it does not always say by whom."""
        actor = agent(self.host, SLACKBOT)
        return [
            each
            for event_id in event_ids
            for each in voiding("slack", self.key(event_id), actor, self.identify(event_id))
        ]


def moment(ts: str) -> str:
    """A time as Slack writes it (Unix seconds, and what tells messages apart) in ISO 8601."""
    seconds, _, fraction = str(ts).partition(".")
    parts = timedelta(seconds=int(seconds), microseconds=int(f"{fraction:0<6.6}"))
    return (datetime(1970, 1, 1, tzinfo=UTC) + parts).isoformat()
