"""What every mapper of Microsoft 365 asks of an event: who did it, and the ids.

Users, messages and audit records have ids of Microsoft's own over all tenants, so no tenant is part
of an id. An account is at `https://graph.microsoft.com`: Teams names a user by the object id, the
audit log by the user name (UPN), both in lower case; a person has both.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from producers import people
from producers.connector import Ignored, Statement
from producers.connectors.microsoft365.options import Microsoft365Options
from producers.places import Place, Use
from producers.statements import agent, statement, voiding
from xapi.ids import statement_id

HOME = "https://graph.microsoft.com"
LEFT_OUT = "its channel or site is no learning, the connection says"
OUTSIDE = "by somebody outside the organisation: nobody of ours learned"
#: Who says that something is taken back: Microsoft does not always say by whom.
NOBODY = agent(HOME, "microsoft365")
#: Kinds of identities that are of the directory; others are guests of another service.
INSIDE = ("", "aadUser", "onPremisesAadUser")
#: UserType of the audit log: of those that are persons of the organisation, and of guests.
REGULAR, GUESTS = (0, 2), (10,)
_EXTERNAL = ("#ext#", "urn:spo:guest", "urn:spo:anon")
_MACHINES = ("app@", "sharepoint\\", "nt authority", "nt service", "i:0i.t")

Agent = dict[str, Any]


class Source:
    """What a connection says of who acts."""

    def __init__(self, options: Microsoft365Options) -> None:
        self.options = options

    def place(self, place: Place) -> Place:
        """A channel or site, where it counts. Raises Ignored."""
        if place.use is Use.NONE:
            raise Ignored(LEFT_OUT)
        return place

    # Users as Teams names them

    def identity(self, identities: Mapping[str, Any] | None) -> Agent:
        """Whoever acted in Teams, as an Agent. Raises Ignored for no person of ours."""
        user = self._user(identities)
        if self._is_outside(user):
            raise Ignored(OUTSIDE)
        return agent(HOME, user["id"].lower())

    def other(self, identities: Mapping[str, Any] | None, actor: Agent) -> Agent | None:
        """Whom it is for, where that is a person and not the actor."""
        try:
            found = agent(HOME, self._user(identities)["id"].lower())
        except Ignored:
            return None
        return None if found == actor else found

    def outside(self, identities: Mapping[str, Any] | None) -> bool:
        """Whether a person is from outside the organisation."""
        try:
            return self._is_outside(self._user(identities))
        except Ignored:
            return False

    def _user(self, identities: Mapping[str, Any] | None) -> Mapping[str, Any]:
        found = identities or {}
        if found.get("application") or found.get("device"):
            raise Ignored(people.BOT)
        user: Mapping[str, Any] = found.get("user") or {}
        if not user.get("id"):
            raise Ignored(people.NOBODY)
        if user["id"].lower() in self.options.bots:
            raise Ignored(people.BOT)
        return user

    def _is_outside(self, user: Mapping[str, Any]) -> bool:
        known = user["id"].lower() in self.options.outsiders
        foreign = (user.get("userIdentityType") or "") not in INSIDE
        tenant = (user.get("tenantId") or "").lower()
        return known or foreign or bool(tenant and self._tenant and tenant != self._tenant)

    @property
    def _tenant(self) -> str:
        """The tenant's id; "" where the options name it by a domain."""
        return self.options.tenant if "." not in self.options.tenant else ""

    # Users as the audit log names them

    def auditor(self, record: Mapping[str, Any]) -> Agent:
        """Whoever the audit log names, as an Agent. Raises Ignored for no person of ours."""
        name, kind = str(record.get("UserId") or "").lower(), record.get("UserType", 0)
        if self._is_guest(name) or kind in GUESTS:
            raise Ignored(OUTSIDE)
        if kind not in REGULAR or name in self.options.bots or name.startswith(_MACHINES):
            raise Ignored(people.BOT)
        if "@" not in name:
            raise Ignored(people.BOT if name else people.NOBODY)
        return agent(HOME, name)

    def _is_guest(self, name: str) -> bool:
        return name in self.options.outsiders or any(each in name for each in _EXTERNAL)

    def target(self, name: str, actor: Agent) -> Agent | None:
        """Whom the audit log names beside the actor, where that is a person."""
        plain = name.lower().rpartition("|")[2]
        found = agent(HOME, plain) if "@" in plain and plain not in self.options.bots else None
        return None if found == actor else found

    def guest(self, name: str, kind: str) -> bool:
        """Whether somebody with whom something is shared is from outside."""
        return kind == "Guest" or self._is_guest(name.lower())

    # What is made

    def identify(self, event_id: str) -> UUID:
        """The id of the one statement of an event."""
        return statement_id("microsoft365", event_id)

    def statement(
        self,
        event_id: str,
        actor: Agent,
        verb: str,
        target: Mapping[str, Any],
        behaviour: str,
        at: str,
        **more: Any,
    ) -> Statement:
        """A statement of an event."""
        return statement(
            self.identify(event_id),
            actor,
            verb,
            target,
            behaviour=behaviour,
            platform="Microsoft 365",
            at=at,
            **more,
        )

    def voiding(self, *event_ids: str) -> list[Statement]:
        """What is taken back is voided."""
        return [
            each
            for event_id in event_ids
            for each in voiding("microsoft365", event_id, NOBODY, self.identify(event_id))
        ]
