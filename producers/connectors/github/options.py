"""What may be said of a GitHub connection in connections.toml."""

from typing import Annotated

from pydantic import AfterValidator, Field

from producers.connector import WithTexts

#: Logins, labels and names of types know no upper case at GitHub.
Names = Annotated[frozenset[str], AfterValidator(lambda some: frozenset(map(str.lower, some)))]


class GitHubOptions(WithTexts):
    """What `[connection.options]` may say of a GitHub connection."""

    #: The repositories that are asked, as `owner/name`.
    repositories: tuple[str, ...] = ()
    #: The REST interface; GitHub's own server has it at `https://HOST/api/v3`.
    api: str = "https://api.github.com"
    #: How many days of history the first round reads.
    history_days: int = Field(90, ge=0)
    #: Logins of machine accounts that GitHub takes for users.
    bots: Names = frozenset()
    #: Logins of people outside the organisation: they are helped, not counted.
    outsiders: Names = frozenset()
    #: Types and labels of issues that plan work: with one of them an issue asks nothing.
    planned: Names = frozenset({"task", "epic"})
    #: Types and labels of issues that are incidents: work, and no question.
    incidents: Names = frozenset({"incident"})
