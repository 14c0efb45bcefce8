"""What may be said of a Zendesk connection: what only the organisation knows."""

from enum import StrEnum

from pydantic import Field, field_validator

from producers.connector import Site, WithTexts, WithUsers


class Requesters(StrEnum):
    """Who the end users are."""

    CUSTOMERS = "customers"
    #: A help desk inside the organisation: end users are colleagues.
    COLLEAGUES = "colleagues"


class ZendeskOptions(WithUsers, WithTexts):
    """What `[connection.options]` may say of a Zendesk connection."""

    #: The account's address: `https://example.zendesk.com`.
    site: Site
    #: The mail address of the admin in whose name the API token asks.
    api_user: str
    #: Whether end users are customers, whom to answer is connecting, or colleagues, who are helped.
    requesters: Requesters = Requesters.CUSTOMERS
    #: Group id → the topic under which its tickets are shown; of other groups it is `group/ID`.
    groups: dict[int, str] = Field(default_factory=dict)
    #: Section id → the topic of its articles.
    sections: dict[int, str] = Field(default_factory=dict)
    #: Community topic id → the topic under which its posts are shown.
    topics: dict[int, str] = Field(default_factory=dict)
    #: User ids of bots and machine accounts that have an agent's role.
    bots: frozenset[int] = frozenset()
    #: Which streams are read: leave out `articles` and `community` where there is no help centre.
    streams: frozenset[str] = frozenset({"tickets", "articles", "community"})
    #: How many days of history the first round reads.
    history_days: int = Field(90, ge=0)

    @field_validator("streams")
    @classmethod
    def _known(cls, streams: frozenset[str]) -> frozenset[str]:
        if unknown := streams - {"tickets", "articles", "community"}:
            raise ValueError(
                f"{', '.join(sorted(unknown))} is none of tickets, articles, community"
            )
        return streams
