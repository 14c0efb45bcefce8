"""What may be said of a Confluence connection: what only the organisation knows."""

from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from producers.connector import Site, WithTexts

#: Where Atlassian's own installations are.
ATLASSIAN = (".atlassian.net", ".jira.com")
STREAMS = frozenset({"pages", "comments", "likes", "trash"})


class Hosting(StrEnum):
    """Which of the two Confluences it is."""

    CLOUD = "cloud"
    DATA_CENTER = "data-center"


class Use(StrEnum):
    """What a space is for."""

    #: Pages are written down for others.
    KNOWLEDGE = "knowledge"
    #: To begin a page asks, and who comments helps.
    HELP = "help"
    #: No learning: nothing of it is recorded.
    NONE = "none"


class Space(BaseModel):
    """A space that is named in a connection."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: The topic under which it is shown; without, its key.
    name: str = ""
    use: Use = Use.KNOWLEDGE


class ConfluenceOptions(WithTexts):
    """What `[connection.options]` may say of a Confluence connection."""

    #: The site's address with its context path: `https://example.atlassian.net/wiki`,
    #: `https://wiki.example.com` or `https://example.com/confluence`.
    site: Site
    #: Cloud: the mail address of the account whose API token asks. Data Center needs none.
    api_user: str = ""
    #: `cloud` or `data-center`; by default an address of Atlassian's own is Cloud.
    hosting: Hosting | None = None
    #: Space key → `{name = "runbooks", use = "knowledge", "help" or "none"}`.
    spaces: dict[str, Space] = Field(default_factory=dict)
    #: Account ids (Cloud), user keys or user names (Data Center) of bots and machine accounts.
    bots: frozenset[str] = frozenset()
    #: Account ids or user keys of people outside: they are helped, not counted. Guests of Cloud
    #: are known as such.
    outsiders: frozenset[str] = frozenset()
    #: Whether an edit counts of which watchers were not told ("minor" in Confluence's words).
    minor_edits: bool = False
    #: Which streams are read.
    streams: frozenset[str] = STREAMS
    #: The likes of a page or comment are read once, when it is so many hours old.
    settled_hours: float = Field(72.0, ge=0)
    #: How many days of history the first round reads.
    history_days: int = Field(90, ge=0)

    @field_validator("spaces")
    @classmethod
    def _lower(cls, spaces: dict[str, Space]) -> dict[str, Space]:
        return {key.lower(): space for key, space in spaces.items()}

    @field_validator("streams")
    @classmethod
    def _known(cls, streams: frozenset[str]) -> frozenset[str]:
        if unknown := streams - STREAMS:
            known = ", ".join(sorted(STREAMS))
            raise ValueError(f"{', '.join(sorted(unknown))} is none of {known}")
        return streams

    @property
    def cloud(self) -> bool:
        """Whether it is Atlassian's Cloud."""
        if self.hosting is not None:
            return self.hosting is Hosting.CLOUD
        return (urlsplit(self.site).hostname or "").endswith(ATLASSIAN)

    @property
    def home(self) -> str:
        """The home page of accounts: Cloud's are the same in Jira, so `/wiki` is left out."""
        return self.site.removesuffix("/wiki") if self.cloud else self.site

    def space(self, key: str) -> Space | None:
        """What is said of a space; None where it is not named."""
        return self.spaces.get(key.lower())
