"""What may be said of a Discourse connection: what only the organisation knows."""

from pydantic import Field, field_validator

from producers.connector import Site, WithTexts, WithUsers
from producers.places import Place


class DiscourseOptions(WithUsers, WithTexts):
    """What `[connection.options]` may say of a Discourse connection."""

    #: The forum's address: `https://forum.example.com`, with the folder where it has one.
    site: Site
    #: The user in whose name the API key asks; what that user cannot see is not read.
    api_user: str = "system"
    #: Category id → `{name = "help-data", use = "work", "help", "knowledge" or "none"}`. A
    #: category inside another is named by itself.
    categories: dict[int, Place] = Field(default_factory=dict)
    #: Names of bots and machine accounts that are not Discourse's own.
    bots: frozenset[str] = frozenset()
    #: Names of users outside the organisation: they are helped, not counted.
    outsiders: frozenset[str] = frozenset()
    #: Whether replies and solutions are left to the poller (a token is needed), which reads them
    #: with their topic's author: webhooks name only whom a reply answers directly.
    read_topics: bool = False
    #: Whether likes are left to the poller (a token is needed), which reads them when they cannot
    #: be taken back any more: webhooks do not say that one is.
    read_likes: bool = False
    #: A post's likes are read once, when it is so many hours old; later ones come by webhook.
    settled_hours: float = Field(24.0, ge=0)
    #: Solutions are looked for in topics in which somebody wrote within so many days.
    solved_days: float = Field(14.0, gt=0)
    #: How many days of history the first round reads.
    history_days: int = Field(90, ge=0)

    @field_validator("bots", "outsiders")
    @classmethod
    def _lower(cls, names: frozenset[str]) -> frozenset[str]:
        return frozenset(name.lower() for name in names)
