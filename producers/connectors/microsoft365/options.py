"""What may be said of a Microsoft 365 connection: what only the organisation knows."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import KeySet
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from producers import secrets
from producers.connector import Site, WithTexts, WithUsers
from producers.places import NO_SOURCES, Place

#: Reactions that thank, without the tone of a skin: as Unicode.
THANKS = ("🙏", "🙌", "👏", "🙇")
#: Reactions by which people keep a message.
BOOKMARKS = ("🔖", "📑", "📚", "💾", "📒")


class Service(StrEnum):
    """Which of the two interfaces is asked: each has a token of its own."""

    #: Microsoft Graph: what is written in channels of Teams.
    TEAMS = "teams"
    #: The Office 365 Management Activity API: what is read, searched, edited and shared.
    ACTIVITY = "activity"


class Microsoft365Options(WithUsers, WithTexts):
    """What `[connection.options]` may say of a Microsoft 365 connection."""

    #: The directory (tenant) id: the token is asked for there; who is of another one is outside.
    tenant: str = Field("", pattern=r"^[\w.-]*$")
    #: The application (client) id; the connection's token is its client secret.
    app: str = ""
    #: What is asked: `teams` (Microsoft Graph) or `activity` (the Management Activity API). Who
    #: wants both makes two connections.
    service: Service = Service.TEAMS
    #: Ids of the teams whose channels are read.
    teams: tuple[str, ...] = ()
    #: Channel id → `{name = "help-data", use = "work", "help", "knowledge" or "none"}`. A private
    #: or shared channel is read only if it stands here. A notification does not say whether its
    #: channel is private: of one that does not stand here it only makes the poller look.
    channels: dict[str, Place] = Field(default_factory=dict)
    #: A SharePoint site's path, as `sites/atlas` → `{name = "atlas", use = "work", "knowledge" or
    #: "none"}`. In one for knowledge a new document is written down for peers.
    sites: dict[str, Place] = Field(default_factory=dict)
    #: Reactions that thank whoever wrote the message; the others say nothing.
    thanks: frozenset[str] = frozenset(THANKS)
    #: Reactions by which people keep a message for themselves.
    bookmarks: frozenset[str] = frozenset(BOOKMARKS)
    #: Object ids or user names of machine accounts that Microsoft does not call so.
    bots: frozenset[str] = frozenset()
    #: Object ids or user names of people outside the organisation whom nothing else tells.
    outsiders: frozenset[str] = frozenset()
    #: Hosts of links by which nothing is shared to learn from.
    no_sources: frozenset[str] = frozenset(NO_SOURCES)
    #: The operation of the audit log that a search is; `SearchQueryInitiatedSharePoint` is told by
    #: some licences beside it, for the same search.
    search: str = "SearchQueryPerformed"
    #: The private key of the certificate to which Graph encrypts (`file:…` or `env:…`, PEM);
    #: without, notifications only make the poller look.
    private_key: SecretStr = SecretStr("")
    #: Microsoft's published keys (`file:…`, a JWK Set), by which the tokens in notifications are
    #: verified; without, only what they say is.
    signing_keys: SecretStr = SecretStr("")
    #: The address to which Graph notifies: subscriptions with it are renewed by the poller.
    notification_url: str = ""
    #: Resources that must have such a subscription: the poller's state tells of one that has none.
    resources: tuple[str, ...] = ()
    #: For how many minutes a subscription is renewed.
    renewed_minutes: int = Field(55, ge=10)
    #: How many days of history the first round reads; the audit log is asked for seven at most.
    history_days: int = Field(30, ge=0)
    #: How many days after its first message a thread is looked at for new replies and reactions.
    thread_days: int = Field(14, ge=1)
    #: Microsoft Graph, where tokens are asked for, and the Management Activity API; national clouds
    #: have others.
    site: Site = "https://graph.microsoft.com"
    login_site: Site = "https://login.microsoftonline.com"
    activity_site: Site = "https://manage.office.com"

    @model_validator(mode="after")
    def _users_of_graph(self) -> Self:
        if self.read_users and self.service is not Service.TEAMS:
            raise ValueError("read_users is for the service teams: Microsoft Graph has the users")
        return self

    @field_validator("tenant", "app")
    @classmethod
    def _lower(cls, name: str) -> str:
        return name.lower()

    @field_validator("bots", "outsiders")
    @classmethod
    def _names(cls, names: frozenset[str]) -> frozenset[str]:
        return frozenset(name.lower() for name in names)

    @field_validator("sites")
    @classmethod
    def _paths(cls, sites: dict[str, Place]) -> dict[str, Place]:
        return {path.strip("/").lower(): place for path, place in sites.items()}

    @field_validator("private_key", "signing_keys", mode="before")
    @classmethod
    def _read(cls, name: Any, info: ValidationInfo) -> Any:
        folder = (info.context or {}).get("folder", Path())
        return secrets.named(name, folder).decode() if isinstance(name, str) and name else name

    @field_validator("private_key")
    @classmethod
    def _is_key(cls, key: SecretStr) -> SecretStr:
        pem = key.get_secret_value().encode()
        if pem and not isinstance(load_pem_private_key(pem, None), RSAPrivateKey):
            raise ValueError("it must be an RSA key")
        return key

    @field_validator("signing_keys")
    @classmethod
    def _are_keys(cls, keys: SecretStr) -> SecretStr:
        if keys.get_secret_value():
            KeySet.import_key_set(orjson.loads(keys.get_secret_value()))
        return keys
