"""What may be said of a Discourse connection: what only the organisation knows."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator

from producers.connector import Options, Site


class Use(StrEnum):
    """What a category is for."""

    #: A topic whose title is a question asks; any other writes something down.
    WORK = "work"
    #: Whatever topic is begun asks.
    HELP = "help"
    #: Whatever topic is begun is written down for peers, even if its title is a question.
    KNOWLEDGE = "knowledge"
    #: No learning: nothing of it is recorded.
    NONE = "none"


class Category(BaseModel):
    """A category that is named in a connection."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: The topic under which it is shown; without, its slug at Discourse.
    name: str = ""
    use: Use = Use.WORK


class DiscourseOptions(Options):
    """What `[connection.options]` may say of a Discourse connection."""

    #: The forum's address: `https://forum.example.com`, with the folder where it has one.
    site: Site
    #: The user in whose name the API key asks; what that user cannot see is not read.
    api_user: str = "system"
    #: Category id → `{name = "help-data", use = "work", "help", "knowledge" or "none"}`. A
    #: category inside another is named by itself.
    categories: dict[int, Category] = Field(default_factory=dict)
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
