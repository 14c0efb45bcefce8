"""What every mapper of Confluence asks of an event: who, about what, where, and the ids.

Content is as the interface and Forge's events tell it: `id`, `type`, `space`, `history`, `version`;
an account is {the site, account id} on Cloud and {the site, user key} on Data Center, where a user
name may change.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from producers import people
from producers.connector import Ignored, Statement
from producers.connectors.confluence.options import ConfluenceOptions, Use
from producers.statements import activity, agent, statement, voiding
from producers.texts import Written
from xapi.ids import statement_id

OUTSIDE = "done by somebody outside the organisation: helped, not counted"
LEFT_OUT = "in a space that is no learning, the connection says"
PERSONAL = "in somebody's own space, which the connection does not name"
#: In whose name is voided: no account has such an id.
ITSELF = "confluence"
#: Content type → activity type.
KINDS = {"page": "wiki-page", "blogpost": "article", "comment": "comment", "attachment": "doc"}

Json = Mapping[str, Any]
Agent = dict[str, Any]


class Source:
    """What a connection says, and the ids that follow from its site."""

    def __init__(self, options: ConfluenceOptions) -> None:
        self.options = options

    # Who

    def person(self, user: Json | str | None) -> Agent:
        """Whoever acted. Raises Ignored where that is a machine, nobody, or somebody outside."""
        known = _user(user)
        if not identifier(known) or _is_gone(known):
            raise Ignored(people.NOBODY)
        if self._is_machine(known):
            raise Ignored(people.BOT)
        if self.is_outside(known):
            raise Ignored(OUTSIDE)
        return self._agent(known)

    def other(self, user: Json | str | None, actor: Json) -> Agent | None:
        """Whom it is for, where that is a person and not the actor."""
        known = _user(user)
        if not identifier(known) or _is_gone(known) or self._is_machine(known):
            return None
        found = self._agent(known)
        return None if found == actor else found

    def is_outside(self, user: Json | str | None) -> bool:
        """Whether somebody is outside the organisation: named so, or a guest."""
        known = _user(user)
        guest = known.get("isExternalCollaborator") or known.get("isGuest")
        return bool(guest) or identifier(known) in self.options.outsiders

    def _is_machine(self, user: Json) -> bool:
        name = str(user.get("username") or identifier(user))
        named = {identifier(user), name} & self.options.bots
        kind = str(user.get("accountType") or "")
        return bool(named) or not people.is_person(name, kind)

    def towards(self, user: Json | str | None, counterpart: Json | None, behaviour: str) -> str:
        """The behaviour towards somebody of ours; `connect` to who is outside."""
        return "connect" if counterpart and self.is_outside(user) else behaviour

    def _agent(self, user: Json) -> Agent:
        return agent(self.options.home, identifier(user))

    # What

    def use(self, content: Json) -> Use:
        """What the content's space is for. Raises Ignored where it is not read."""
        key = space_key(content)
        named = self.options.space(key)
        if named is None and key.startswith("~"):
            raise Ignored(PERSONAL)
        if named and named.use is Use.NONE:
            raise Ignored(LEFT_OUT)
        return named.use if named else Use.KNOWLEDGE

    def topic(self, content: Json) -> str:
        """The content's space as it is shown."""
        key = space_key(content)
        named = self.options.space(key)
        return (named.name if named else "") or key

    def thing(self, content: Json) -> Agent:
        """Content as an Activity, without its title by default; a comment has none of its own."""
        title = self.options.named(content.get("title"))
        number, address = str(content["id"]), f"{self.options.site}/pages/viewpage.action?pageId="
        kind = KINDS.get(content["type"], "doc")
        if content["type"] == "comment":
            page = content["container"]["id"]
            return activity(f"{address}{page}&focusedCommentId={number}", kind)
        if content["type"] == "attachment":
            page, plain = content["container"]["id"], number.removeprefix("att")
            return activity(f"{address}{page}&preview=/{page}/{plain}", kind, title)
        return activity(address + number, kind, title)

    def question(self, content: Json) -> Agent:
        """Content that asks, as an Activity."""
        title = "" if content["type"] == "comment" else self.options.named(content.get("title"))
        return activity(self.thing(content)["id"], "question", title)

    # What is made

    def key(self, event_id: str) -> str:
        """An event's id with its site: each site of Confluence counts by itself."""
        return f"{self.options.site}/{event_id}"

    def identify(self, event_id: str) -> UUID:
        """The id of the one statement of an event."""
        return statement_id("confluence", self.key(event_id))

    def statement(
        self,
        event_id: str,
        actor: Json,
        verb: str,
        target: Json,
        behaviour: str,
        at: str,
        *,
        topic: str = "",
        tags: Sequence[str] = (),
        counterpart: Json | None = None,
        written: Written | None = None,
    ) -> Statement:
        """A statement of an event."""
        return statement(
            self.identify(event_id),
            actor,
            verb,
            target,
            behaviour=behaviour,
            platform="Confluence",
            at=at,
            topic=topic,
            tags=tags,
            counterpart=counterpart,
            written=written,
        )

    def voiding(self, *event_ids: str) -> list[Statement]:
        """What is taken back is voided, in Confluence's own name: lists do not say by whom."""
        actor = agent(self.options.home, ITSELF)
        return [
            each
            for event_id in event_ids
            for each in voiding("confluence", self.key(event_id), actor, self.identify(event_id))
        ]


def identifier(user: Json) -> str:
    """What tells an account from others: the account id on Cloud, the user key on Data Center."""
    return str(user.get("accountId") or user.get("userKey") or "")


def _user(user: Json | str | None) -> Json:
    """A user who is told as a whole, or by the id alone."""
    return {"accountId": user} if isinstance(user, str) else user or {}


def _is_gone(user: Json) -> bool:
    return user.get("type") == "anonymous"


def space_key(content: Json) -> str:
    """The key of the content's space, also where that is not told as a whole."""
    if "space" in content:
        return str(content["space"]["key"])
    return str(content["_expandable"]["space"]).rpartition("/")[2]


def labels(content: Json) -> list[str]:
    """The labels that everybody sees."""
    found = ((content.get("metadata") or {}).get("labels") or {}).get("results") or ()
    return [str(each["name"]) for each in found if each.get("prefix") == "global"]


def floored(at: str, *, minutes: int) -> str:
    """The beginning of the span of so many minutes (60 at most) in which a time lies, in UTC."""
    found = datetime.fromisoformat(at).astimezone(UTC)
    whole = found.replace(minute=found.minute - found.minute % minutes, second=0, microsecond=0)
    return whole.strftime("%Y-%m-%dT%H:%M:%SZ")
