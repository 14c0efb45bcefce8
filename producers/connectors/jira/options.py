"""What may be said of a Jira connection: what only the organisation knows."""

from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from producers.connector import Site, WithTexts, WithUsers

#: Types of issues that ask, as Jira's own templates call them.
QUESTION_TYPES = ("question", "ask a question", "it help", "service request", "support")
#: Hosts of links by which nothing is told to learn from: code, builds, talk.
NO_SOURCES = ("github.com", "gitlab.com", "bitbucket.org", "slack.com", "teams.microsoft.com")


class Customers(StrEnum):
    """Who the customers of service projects are."""

    OUTSIDE = "outside"
    #: A help desk inside the organisation: who asks there is a colleague.
    COLLEAGUES = "colleagues"


class JiraOptions(WithUsers, WithTexts):
    """What `[connection.options]` may say of a Jira connection."""

    #: Jira's address: `https://example.atlassian.net`, or `https://example.com/jira`.
    site: Site
    #: Jira Cloud: the mail address of the account whose API token asks. Data Center: left out.
    api_user: str | None = None
    #: Jira Cloud: the site's cloud id, where the API token has scopes.
    cloud_id: str | None = None
    #: Keys of the projects that count; where none is named, all that the token sees.
    projects: frozenset[str] = frozenset()
    #: Names of types of issues that ask.
    question_types: frozenset[str] = frozenset(QUESTION_TYPES)
    #: Labels of issues that ask.
    question_labels: frozenset[str] = frozenset({"question"})
    #: Names of types of issues that are incidents.
    incident_types: frozenset[str] = frozenset({"incident"})
    #: Labels of issues that are incidents.
    incident_labels: frozenset[str] = frozenset({"incident"})
    #: Whether customers of service projects are outside, whom to answer is connecting, or
    #: colleagues, who are helped.
    customers: Customers = Customers.OUTSIDE
    #: Data Center, which does not say whose account is a customer's: keys of service projects whose
    #: reporters are customers.
    customer_projects: frozenset[str] = frozenset()
    #: Account ids (Cloud) or usernames (Data Center) of machines that Jira does not call apps.
    bots: frozenset[str] = frozenset()
    #: Account ids or usernames of people outside the organisation: they are helped, not counted.
    outsiders: frozenset[str] = frozenset()
    #: Hosts of links by which nothing is told to learn from.
    no_sources: frozenset[str] = frozenset(NO_SOURCES)
    #: How many days of history the first round reads.
    history_days: int = Field(90, ge=0)

    @model_validator(mode="after")
    def _users_of_ones_own(self) -> Self:
        if self.read_users and not (self.api_user and self.domains):
            raise ValueError(
                "read_users is for Jira Cloud (api_user), and needs domains: Jira does not say "
                "which addresses are verified, so only the organisation's own count"
            )
        return self

    @field_validator(
        "question_types", "question_labels", "incident_types", "incident_labels", "bots",
        "outsiders", "no_sources",
    )  # fmt: skip
    @classmethod
    def _lower(cls, names: frozenset[str]) -> frozenset[str]:
        return frozenset(name.strip().lower() for name in names)

    @field_validator("projects", "customer_projects")
    @classmethod
    def _keys(cls, keys: frozenset[str]) -> frozenset[str]:
        if wrong := sorted(key for key in keys if not key.isidentifier()):
            raise ValueError(f"{', '.join(wrong)}: a project's key is like ATLAS")
        return frozenset(key.upper() for key in keys)
