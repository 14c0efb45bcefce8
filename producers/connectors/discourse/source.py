"""What every mapper of Discourse asks of an event: who, whom, where, and the ids.

https://docs.discourse.org and, for what a webhook holds, Discourse's own
`WebHookPostSerializer`. What a post is taken for is told by its category and its topic's title,
which every post carries, so a reply is judged like the topic that it stands in.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from producers import people
from producers.connector import Ignored, Statement
from producers.connectors.discourse import text
from producers.connectors.discourse.options import DiscourseOptions
from producers.places import Place, Use
from producers.statements import activity, agent, statement, voiding
from producers.texts import Written
from xapi.ids import statement_id

#: What a topic may be taken for.
FIRST = ("asked", "posted")
#: A post that people write; others are notes of moderators, of Discourse itself, and whispers.
REGULAR = 1
#: Discourse's own account, which writes greetings and notices.
SYSTEM = "system"
DISCOBOT = "discobot"
OUTSIDE = "done by somebody outside the organisation: helped, not counted"
PRIVATE = "a private message: never recorded"
LEFT_OUT = "in a category that is no learning, the connection says"
UPKEEP = "no post that somebody writes: a whisper of the staff, or a note of what was done"
HIDDEN = "hidden, since others reported it"

Post = Mapping[str, Any]
Agent = dict[str, Any]


def is_own(name: str, number: int) -> bool:
    """Whether an account is Discourse's own."""
    return name.lower() in (SYSTEM, DISCOBOT) or number <= 0


class Source:
    """A post and what the connection says of its category."""

    def __init__(self, post: Post, options: DiscourseOptions) -> None:
        self.post = post
        self.options = options
        named = options.categories.get(post.get("category_id") or 0)
        self.category = named or Place()

    @property
    def first(self) -> bool:
        """Whether the post begins its topic."""
        return bool(self.post["post_number"] == 1)

    @property
    def asks(self) -> bool:
        """Whether the post's topic asks."""
        if self.category.use is Use.WORK:
            return text.asks(self.post["topic_title"])
        return self.category.use is Use.HELP

    def check(self) -> None:
        """Raises Ignored, with the reason, where what is done to the post counts for nobody."""
        if self.post.get("topic_archetype") == "private_message":
            raise Ignored(PRIVATE)
        if self.category.use is Use.NONE:
            raise Ignored(LEFT_OUT)
        if self.post["post_type"] != REGULAR:
            raise Ignored(UPKEEP)
        if self.post.get("hidden"):
            raise Ignored(HIDDEN)

    # Who

    def author(self) -> Agent:
        """Whoever wrote the post. Raises Ignored where that is no person, or nobody of ours."""
        return self.person(self.post["username"], self.post["user_id"])

    def person(self, name: str | None, number: int | None) -> Agent:
        """Whoever did it. Raises Ignored where that is no person, or nobody of ours."""
        if not name or number is None:
            raise Ignored(people.NOBODY)
        if not self._is_person(name, number):
            raise Ignored(people.BOT)
        if self.is_outside(name):
            raise Ignored(OUTSIDE)
        return agent(self.options.site, name.lower())

    def other(self, name: str | None, actor: Mapping[str, Any]) -> Agent | None:
        """Whom it is for, where that is a person and not the actor."""
        if not name or not self._is_person(name):
            return None
        found = agent(self.options.site, name.lower())
        return None if found == actor else found

    def is_outside(self, name: str | None) -> bool:
        """Whether somebody is outside the organisation."""
        return (name or "").lower() in self.options.outsiders

    def _is_person(self, name: str, number: int = 1) -> bool:
        own = is_own(name, number)
        return not own and name.lower() not in self.options.bots and people.is_person(name)

    # What is made

    def ids(self) -> list[str]:
        """The ids of all that the post may have been taken for."""
        if self.first:
            return topic_keys(self.post["topic_id"])
        return [f"reply:{self.post['id']}"]

    def topic(self) -> dict[str, Any]:
        """The post's topic as an Activity, without its title by default."""
        kind = "question" if self.asks else "forum-topic"
        name = self.options.named(self.post.get("topic_title"))
        return activity(f"{self.options.site}/t/{self.post['topic_id']}", kind, name)

    def thing(self) -> dict[str, Any]:
        """The post itself as an Activity: the topic, where it begins one."""
        if self.first:
            return self.topic()
        return activity(f"{self.options.site}/p/{self.post['id']}", "forum-reply")

    def statement(
        self,
        event_id: str,
        actor: Mapping[str, Any],
        verb: str,
        target: Mapping[str, Any],
        behaviour: str,
        *,
        counterpart: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        result: Mapping[str, Any] | None = None,
        wrote: bool = False,
    ) -> Statement:
        """A statement about the post, at its time: of likes and solutions nothing says another.

        `wrote` says that the actor wrote the post.
        """
        return statement(
            identify(self.options, event_id),
            actor,
            verb,
            target,
            behaviour=behaviour,
            platform="Discourse",
            at=self.post["created_at"],
            topic=self.category.name or self.post.get("category_slug") or "",
            tags=tags,
            counterpart=counterpart,
            result=result,
            written=self._written() if wrote else None,
        )

    def _written(self) -> Written:
        title = self.post.get("topic_title") if self.first else ""
        return self.options.written(self.post.get("raw"), title)


def topic_keys(topic: int) -> list[str]:
    """The ids of all that a topic may have been taken for."""
    return [f"topic:{topic}:{what}" for what in FIRST]


def identify(options: DiscourseOptions, event_id: str) -> UUID:
    """The id of the one statement of an event; every forum counts from 1."""
    return statement_id("discourse", f"{options.site}/{event_id}")


def voids(options: DiscourseOptions, event_ids: Sequence[str]) -> list[Statement]:
    """What is taken back is voided, in Discourse's name: it does not say by whom."""
    actor = agent(options.site, SYSTEM)
    return [
        each
        for event_id in event_ids
        for each in voiding(
            "discourse", f"{options.site}/{event_id}", actor, identify(options, event_id)
        )
    ]
