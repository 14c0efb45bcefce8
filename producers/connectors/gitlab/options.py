"""What may be said of a GitLab connection: what only the organisation knows."""

from pydantic import Field

from producers.connector import WithTexts, WithUsers

#: Emoji that thank, by GitLab's names, without a skin tone.
THANKS = ("pray", "raised_hands", "clap", "bow")
#: Emoji by which people keep something.
BOOKMARKS = ("bookmark", "bookmark_tabs", "books", "floppy_disk", "ledger")


class GitLabOptions(WithUsers, WithTexts):
    """What `[connection.options]` may say of a GitLab connection."""

    #: Where GitLab is, for what is asked: `https://gitlab.example.com`.
    site: str = "https://gitlab.com"
    #: The projects that are asked, by path (`north/atlas`) or number.
    projects: tuple[str, ...] = ()
    #: Groups, by path or number, whose projects and subgroups' projects are asked.
    groups: tuple[str, ...] = ()
    #: Usernames and user numbers of machine accounts. GitLab tells whose an issue or change is by a
    #: number alone, so a machine whose changes people review is named here by its number.
    bots: frozenset[str] = frozenset()
    #: Whether the poller looks by name whose an issue or change is: machines and accounts that are
    #: gone need not stand in `bots` then. It needs a token; a webhook of what is said to somebody
    #: only makes the poller look, at every project.
    read_authors: bool = False
    #: User numbers of people outside the organisation: they are helped, not counted.
    outsiders: frozenset[int] = frozenset()
    #: Emoji that thank whoever wrote it; the others say nothing.
    thanks: frozenset[str] = frozenset(THANKS)
    #: Emoji by which people keep something for themselves.
    bookmarks: frozenset[str] = frozenset(BOOKMARKS)
    #: How many days of history the first round reads.
    history_days: int = Field(90, ge=0)
