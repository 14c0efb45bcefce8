"""What may be said of a Slack connection: what only the organisation knows."""

from pydantic import Field

from producers.connector import WithTexts, WithUsers
from producers.places import NO_SOURCES, Place

#: Emoji that thank, by their names without a skin tone.
THANKS = (
    "pray", "thanks", "thank_you", "thankyou", "thx", "ty", "raised_hands", "clap", "bow",
    "man-bowing", "woman-bowing",
)  # fmt: skip
#: Emoji by which people keep a message.
BOOKMARKS = ("bookmark", "bookmark_tabs", "books", "floppy_disk", "ledger")


class SlackOptions(WithUsers, WithTexts):
    """What `[connection.options]` may say of a Slack connection."""

    #: Channel id → `{name = "help-data", use = "work", "help", "knowledge" or "none"}`. A private
    #: channel is read only if it stands here; of reactions, pins and joins Slack does not say
    #: whether their channel is private, so they count only in channels that stand here.
    channels: dict[str, Place] = Field(default_factory=dict)
    #: Emoji that thank whoever wrote the message; the others say nothing.
    thanks: frozenset[str] = frozenset(THANKS)
    #: Emoji by which people keep a message for themselves.
    bookmarks: frozenset[str] = frozenset(BOOKMARKS)
    #: User ids of bots and machine accounts that Slack does not call bots.
    bots: frozenset[str] = frozenset()
    #: User ids of people outside the organisation, such as guests: they are helped, not counted.
    outsiders: frozenset[str] = frozenset()
    #: Ids of workspaces and organisations that are one's own, beside that which delivers.
    teams: frozenset[str] = frozenset()
    #: Hosts of links by which nothing is shared to learn from.
    no_sources: frozenset[str] = frozenset(NO_SOURCES)
    #: Whether a reply outside help channels is read with the message that it answers, by the poller
    #: alone (a token is needed): replies to a colleague's question are then help there, too.
    read_threads: bool = False
    #: Slack itself; GovSlack is `https://slack-gov.com`.
    site: str = "https://slack.com"
    #: How many days of history the first round reads.
    history_days: int = Field(30, ge=0)
    #: How many days after its first message a thread is looked at for new replies.
    thread_days: int = Field(14, ge=1)
    #: How many hours after a message its reactions are read, once: later ones come by webhook only.
    settled_hours: float = Field(24.0, ge=0)
