"""Whom people call in by `@login`: one act for each text and person, beside what the text is.

https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#mentioning-people-and-teams

Nobody is called in by code, quotes, comments and links, nor a team (`@owner/team`), a program, or
whoever a text is for anyway. It is dated by its text, also where an edit brought it: nothing but
the edit's delivery tells when that was. Whether GitHub has such an account is not told.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from producers import mentions
from producers.connector import Event, Ignored, Made, Mapper, Options, Statement
from producers.connectors.github.source import Source, discussion_kind, issue_kind
from producers.statements import activity
from producers.utterances import is_exchange, is_program

EDITED = "an edit that calls nobody in: the exchange is counted once, when it was made"
#: What is no prose of whoever writes.
_FOREIGN = re.compile(
    r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)|``[^\n]*?``|`[^`\n]*`|^ {0,3}>[^\n]*|<!--.*?(?:-->|\Z)"
    r"|<(pre|code|blockquote|a)\b.*?(?:</\2>|\Z)|\[[^\[\]\n]{0,300}\]\([^()\n]{0,500}\)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
#: Neither an address (`ida@example`, `/@ida`), a team or package (`@owner/team`), nor a program
#: (`@name[bot]`). An enterprise's own accounts have an underscore.
_MENTION = re.compile(
    r"(?<![\w/.@-])@([a-z\d](?:[a-z\d]|[-_](?=[a-z\d])){0,60})(?![\w/-]|\.\w|\[bot\])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Text:
    """What somebody wrote, and what it is about: itself, or what it was written under."""

    key: str
    said: Mapping[str, Any]
    kind: str
    about: Mapping[str, Any]

    @property
    def body(self) -> str:
        """What is written, in Markdown."""
        return self.said.get("body") or ""

    def names(self, body: str) -> dict[str, str]:
        """Login → the id of calling them in; whether that asks is part of it."""
        if "@" not in body or not is_exchange(body):
            return {}
        found = mentions.asking(_FOREIGN.sub(" ", body), _MENTION)
        known = {
            str((each.get("user") or {}).get("login")).lower() for each in (self.said, self.about)
        }
        return {
            name: f"{self.key}:{'asked' if asks else 'mentioned'}:{name}"
            for name, asks in found.items()
            if name not in known and not is_program(name)
        }


def text_of(event: Event) -> Text:
    """The text that an event is of."""
    name, comments, kind, about = _about(event)
    if comment := event.get("comment"):
        return Text(f"{comments}_comment:{comment['id']}", comment, kind, about)
    if review := event.get("review"):
        return Text(f"review:{review['id']}", review, kind, about)
    return Text(f"{name}:{about['id']}", about, kind, about)


def _about(event: Event) -> tuple[str, str, str, Mapping[str, Any]]:
    """What ids call it and its comments, its activity type, and the thing itself."""
    if issue := event.get("issue"):
        return "issue", "issue", issue_kind(issue), issue
    if discussion := event.get("discussion"):
        return "discussion", "discussion", discussion_kind(discussion), discussion
    if change := event.get("pull_request"):
        return "pull", "review", "pull-request", change
    return "commit", "commit", "", {}


def called(source: Source, text: Text | None = None) -> list[Statement]:
    """Whom a text calls in: who is asked, or drawn into it."""
    text = text or text_of(source.event)
    if "@" not in text.body:
        return []
    names = text.names(text.body)
    try:
        actor = source.person(text.said["user"]) if names else {}
    except Ignored:
        return []
    made = []
    for name, key in names.items():
        counterpart = source.other({"login": name}, actor)
        if counterpart is None:
            continue
        asks = key == f"{text.key}:asked:{name}"
        made.append(
            source.statement(
                key,
                actor,
                "mentioned",
                _thing(source, text),
                source.towards(counterpart, "ask" if asks else "collaborate"),
                text.said.get("submitted_at") or text.said["created_at"],
                tags=text.about,
                counterpart=counterpart,
            )
        )
    return made


def _thing(source: Source, text: Text) -> dict[str, Any]:
    if text.about:
        return source.activity(text.kind, text.about)
    address = f"{source.repository['html_url']}/commit/{text.said['commit_id']}"
    return activity(address, "code-commit")


def keys(text: Text) -> list[str]:
    """The ids of calling in, of a text that is gone."""
    return [*text.names(text.body).values()]


def edited(event: Event, options: Options) -> list[Made]:
    """A text is edited: who is called in by it since counts, who is no more is voided."""
    before = ((event.get("changes") or {}).get("body") or {}).get("from") or ""
    text = text_of(event)
    if not before or "@" not in before + text.body:
        raise Ignored(EDITED)
    source, now = Source(event, options), keys(text)
    made: list[Made] = [*called(source, text)]
    for key in text.names(before).values():
        if key not in now:
            made += source.voiding(f"{key}:edited", key, by=text.said["user"] or {"login": "ghost"})
    if not made:
        raise Ignored(EDITED)
    return made


#: Kinds of edits → the kind by which the text was told first.
TOLD_AS = {
    "issues.edited": "issues.opened",
    "issue_comment.edited": "issue_comment.created",
    "pull_request.edited": "pull_request.opened",
    "pull_request_review.edited": "pull_request_review.submitted",
    "pull_request_review_comment.edited": "pull_request_review_comment.created",
    "discussion.edited": "discussion.created",
    "discussion_comment.edited": "discussion_comment.created",
}
#: Kind → its mapper.
MAPPERS: dict[str, Mapper] = dict.fromkeys(TOLD_AS, edited)
