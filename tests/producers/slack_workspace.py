"""A Slack workspace of a test: what people do there, its deliveries, and its Web API.

`deliveries` are what the Events API brings, in order; `answer` is what the Web API says at any
time, in pages shorter than are asked for, as Slack may. It does
what Slack documents, and no more.
"""

import base64
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]
APP = "U0APP"
TEAM = "T0NORTH"
#: How many things a page has, whatever is asked for.
SIZE = 3


@dataclass
class Workspace:
    """Channels, and in each its messages by `ts`; replies stand beside what they answer."""

    channels: tuple[str, ...] = ("C0HELP", "C0WORK")
    start: int = 1_777_881_600
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    pins: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    clock: int = 0

    def joins(self, user: str, address: str = "", **more: Any) -> None:
        """Somebody has an account, or another address, from now on; `more` is what Slack says."""
        said = {"id": user, "deleted": False, "is_bot": False, "is_email_confirmed": bool(address)}
        self.users[user] = said | {"profile": {"email": address} if address else {}} | more

    def _now(self) -> str:
        self.clock += 1
        return f"{self.start + self.clock}.{self.clock:06}"

    def _tell(self, event: dict[str, Any]) -> None:
        self.deliveries.append(
            {
                "type": "event_callback",
                "team_id": TEAM,
                "event_id": f"Ev{len(self.deliveries)}",
                "is_ext_shared_channel": False,
                "authorizations": [
                    {"enterprise_id": None, "team_id": TEAM, "user_id": APP, "is_bot": True}
                ],
                "event": event,
            }
        )

    def _told(self, channel: str, message: Message) -> None:
        at = {"channel": channel, "channel_type": "channel", "event_ts": message["ts"]}
        self._tell(dict(message) | at)

    # What people do

    def write(self, user: str, channel: str, text: str, under: str = "", **more: Any) -> str:
        """Writes a message, or a reply; its `ts`."""
        message = {"type": "message", "user": user, "text": text, "ts": self._now(), **more}
        if under:
            root = self.messages[channel][under]
            message |= {"thread_ts": under, "parent_user_id": root["user"]}
            root |= {
                "thread_ts": under,
                "latest_reply": message["ts"],
                "reply_count": root.get("reply_count", 0) + 1,
            }
        self.messages.setdefault(channel, {})[message["ts"]] = message
        self._told(channel, message)
        return str(message["ts"])

    def edit(self, channel: str, ts: str, text: str) -> None:
        """Its author writes a message anew."""
        before = dict(self.messages[channel][ts])
        edited = {"user": before["user"], "ts": self._now()}
        self.messages[channel][ts] |= {"text": text, "edited": edited}
        now = dict(self.messages[channel][ts])
        self._changed(channel, "message_changed", message=now, previous_message=before)

    def delete(self, channel: str, ts: str) -> None:
        """A message is deleted; one with replies leaves a stone in its place."""
        gone = self.messages[channel].pop(ts)
        if gone.get("reply_count"):
            stone = {
                "type": "message",
                "subtype": "tombstone",
                "user": "USLACKBOT",
                "text": "This message was deleted.",
                "ts": ts,
                "thread_ts": ts,
                "reply_count": gone["reply_count"],
                "latest_reply": gone["latest_reply"],
            }
            self.messages[channel][ts] = stone
            self._changed(channel, "message_changed", message=stone, previous_message=gone)
        else:
            self._changed(channel, "message_deleted", deleted_ts=ts, previous_message=gone)

    def _changed(self, channel: str, subtype: str, **more: Any) -> None:
        at = self._now()
        self._tell({"type": "message", "subtype": subtype, "hidden": True, "channel": channel,
                    "channel_type": "channel", "ts": at, "event_ts": at, **more})  # fmt: skip

    def react(self, user: str, channel: str, ts: str, emoji: str) -> None:
        """Somebody reacts to a message."""
        message = self.messages[channel][ts]
        given = message.setdefault("reactions", [])
        of = next((each for each in given if each["name"] == emoji), None)
        if of is None:
            of = {"name": emoji, "users": [], "count": 0}
            given.append(of)
        of["users"].append(user)
        of["count"] += 1
        self._reacted("reaction_added", user, channel, message, emoji)

    def unreact(self, user: str, channel: str, ts: str, emoji: str) -> None:
        """Somebody takes a reaction back."""
        message = self.messages[channel][ts]
        of = next(each for each in message["reactions"] if each["name"] == emoji)
        of["users"].remove(user)
        of["count"] -= 1
        self._reacted("reaction_removed", user, channel, message, emoji)

    def _reacted(self, kind: str, user: str, channel: str, message: Message, emoji: str) -> None:
        item = {"type": "message", "channel": channel, "ts": message["ts"]}
        self._tell({"type": kind, "user": user, "reaction": emoji, "item": item,
                    "item_user": message["user"], "event_ts": self._now()})  # fmt: skip

    def pin(self, user: str, channel: str, ts: str) -> None:
        """Somebody pins a message."""
        at = self._now()
        item = {"type": "message", "channel": channel, "created": int(float(at)),
                "created_by": user, "message": dict(self.messages[channel][ts])}  # fmt: skip
        self.pins.setdefault(channel, []).append(item)
        self._tell({"type": "pin_added", "user": user, "channel_id": channel, "item": item,
                    "event_ts": at})  # fmt: skip

    def unpin(self, user: str, channel: str, ts: str) -> None:
        """Somebody takes a pin off."""
        item = next(each for each in self.pins[channel] if each["message"]["ts"] == ts)
        self.pins[channel].remove(item)
        self._tell({"type": "pin_removed", "user": user, "channel_id": channel, "item": item,
                    "event_ts": self._now()})  # fmt: skip

    # The Web API

    def answer(self, method: str, asked: dict[str, str]) -> dict[str, Any]:
        """What a method answers."""
        match method:
            case "auth.test":
                return {"ok": True, "team_id": TEAM, "user_id": APP, "bot_id": "B0APP"}
            case "users.list":
                return _page("members", list(self.users.values()), asked)
            case "conversations.list":
                found = [{"id": name, "is_private": False, "is_member": True,
                          "is_ext_shared": False} for name in self.channels]  # fmt: skip
                return _page("channels", found, asked)
            case "conversations.history":
                return _page("messages", self._between(asked, lambda m: not _is_reply(m)), asked)
            case "conversations.replies":
                root = self.messages[asked["channel"]][asked["ts"]]
                replies = self._between(asked, lambda m: _is_reply(m, asked["ts"]))
                page = _page("messages", replies[::-1], asked)
                return page | {"messages": [root, *page["messages"]]}
            case "pins.list":
                return {"ok": True, "items": self.pins.get(asked["channel"], [])}
            case "files.list":
                paging = {"page": 1, "pages": 1}
                return {"ok": True, "files": [], "paging": paging}
        return {"ok": False, "error": "unknown_method"}

    def _between(self, asked: dict[str, str], wanted: Any) -> list[Message]:
        """Messages of a channel, newest first, between two times that do not count themselves."""
        oldest, latest = asked.get("oldest", ""), asked.get("latest", "9" * 17)
        return [
            message
            for ts, message in sorted(self.messages.get(asked["channel"], {}).items(), reverse=True)
            if oldest < ts < latest and wanted(message)
        ]


def _is_reply(message: Message, root: str = "") -> bool:
    thread = message.get("thread_ts", message["ts"])
    return bool(thread != message["ts"] and (not root or thread == root))


def _page(name: str, found: list[Any], asked: dict[str, str]) -> dict[str, Any]:
    start = int(base64.b64decode(asked["cursor"])) if asked.get("cursor") else 0
    after = start + SIZE
    cursor = base64.b64encode(str(after).encode()).decode() if after < len(found) else ""
    return {"ok": True, name: found[start:after], "response_metadata": {"next_cursor": cursor}}
