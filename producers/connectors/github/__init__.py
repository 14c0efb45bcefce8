"""GitHub: questions, answers, comments, reviews and wiki pages, from webhooks.

https://docs.github.com/en/webhooks/webhook-events-and-payloads

An actor is the account {host, login}: a directory can be written by hand with logins; ids of
statements follow from GitHub's own ids. Titles and bodies stay at GitHub: an object is named by
repository and number only. What an event undoes is voided; an answer unchosen and chosen again
counts until it was first unchosen, since GitHub does not say which choice it takes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from producers.connector import (
    FORM,
    JSON,
    Accounts,
    Connector,
    Event,
    Ignored,
    Options,
    Statement,
    Webhook,
    form_field,
    ignored_kinds,
    one_event,
)
from producers.signatures import Delivery, hex_hmac_sha256
from producers.statements import activity, agent, between, statement, voiding
from xapi.ids import statement_id

BOT = "done by a bot: no person learned"


def kind_of(headers: Mapping[str, str], event: Event) -> str:
    """The event's name and, where it has one, its action: `issues.opened`."""
    name = headers.get("x-github-event", "")
    action = event.get("action")
    return f"{name}.{action}" if isinstance(action, str) else name


def events_of(delivery: Delivery) -> Sequence[Event]:
    """The event of a delivery, which GitHub sends as JSON or as a form. Raises Unreadable."""
    if delivery.headers.get("content-type", "").startswith(FORM):
        delivery = replace(delivery, body=form_field(delivery.body, "payload"))
    return one_event(delivery)


webhook = Webhook(
    signature=hex_hmac_sha256("X-Hub-Signature-256", "sha256="),
    kind_of=kind_of,
    events=events_of,
    keeps=("x-github-event", "x-github-delivery"),
    content_types=(JSON, FORM),
)
connector = Connector(
    name="github",
    title="GitHub",
    docs="https://docs.github.com/en/webhooks/webhook-events-and-payloads",
    account=Accounts("https://github.com"),
    webhook=webhook,
    ignored=ignored_kinds(__name__),
)


class _Source:
    """An event with what every mapper asks of it: who, where, and the ids."""

    def __init__(self, event: Event, by: Mapping[str, Any] | None = None) -> None:
        self.event = event
        self.repository: Mapping[str, Any] = event["repository"]
        parts = urlsplit(self.repository["html_url"])
        self.host = f"{parts.scheme}://{parts.netloc}"
        doer = by if by is not None else event["sender"]
        if doer is None or doer.get("type") == "Bot":
            raise Ignored(BOT)
        self.actor = self.agent(doer)

    def agent(self, user: Mapping[str, Any]) -> dict[str, Any]:
        """A GitHub user as an Agent."""
        return agent(self.host, user["login"].lower())

    def other(self, user: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Whom the event is for, where that is a person and not the actor."""
        if not user or user.get("type") == "Bot":
            return None
        found = self.agent(user)
        return None if found == self.actor else found

    def says(
        self,
        event_id: str,
        verb: str,
        target: Mapping[str, Any],
        behaviour: str,
        at: str | None,
        *,
        tags: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Statement:
        """A statement of this event; `tags` is the issue or discussion with the labels."""
        labels = [label["name"] for label in (tags or {}).get("labels") or ()]
        return statement(
            identify(event_id),
            self.actor,
            verb,
            target,
            behaviour=behaviour,
            platform=connector.title,
            at=at,
            topic=self.repository["full_name"],
            tags=labels,
            **more,
        )

    def undoes(self, event_id: str, *voided: UUID) -> list[Statement]:
        """Voiding statements for what this event takes back."""
        return voiding(connector.name, event_id, self.actor, *voided)

    def thing(self, kind: str, of: Mapping[str, Any]) -> dict[str, Any]:
        """An issue, pull request or discussion as an Activity, without its title."""
        return activity(of["html_url"], kind, f"{self.repository['full_name']}#{of['number']}")


def identify(event_id: str) -> UUID:
    """The id of the one statement of an event."""
    return statement_id(connector.name, event_id)


def _issue_kind(issue: Mapping[str, Any]) -> str:
    return "pull-request" if issue.get("pull_request") else "issue"


@connector.maps("issues.opened")
def asked(event: Event, _: Options) -> list[Statement]:
    """Somebody asks for something to be found out, mended or made."""
    issue, source = event["issue"], _Source(event, event["issue"]["user"])
    at = issue["created_at"]
    target = source.thing("issue", issue)
    return [source.says(f"issue:{issue['id']}:opened", "submit", target, "ask", at, tags=issue)]


@connector.maps("issues.closed")
def closed(event: Event, _: Options) -> list[Statement]:
    """Somebody brings an issue to its end; the result is how long it was open."""
    issue, source = event["issue"], _Source(event)
    return [
        source.says(
            f"issue:{issue['id']}:closed:{issue['closed_at']}",
            "close",
            source.thing("issue", issue),
            "collaborate",
            issue["closed_at"],
            tags=issue,
            counterpart=source.other(issue["user"]),
            duration=between(issue["created_at"], issue["closed_at"]),
        )
    ]


@connector.maps("issues.reopened")
def reopened(event: Event, _: Options) -> list[Statement]:
    """Somebody takes an issue up again."""
    issue, source = event["issue"], _Source(event)
    return [
        source.says(
            f"issue:{issue['id']}:reopened:{issue['updated_at']}",
            "reopened",
            source.thing("issue", issue),
            "collaborate",
            issue["updated_at"],
            tags=issue,
            counterpart=source.other(issue["user"]),
        )
    ]


@connector.maps("issues.deleted")
def deleted_issue(event: Event, _: Options) -> list[Statement]:
    """An issue is gone: its opening, and its last closing, are voided."""
    issue, source = event["issue"], _Source(event)
    undone = [identify(f"issue:{issue['id']}:opened")]
    if issue.get("closed_at"):
        undone.append(identify(f"issue:{issue['id']}:closed:{issue['closed_at']}"))
    return source.undoes(f"issue:{issue['id']}:deleted", *undone)


@connector.maps("issue_comment.created")
def commented(event: Event, _: Options) -> list[Statement]:
    """Somebody answers in an issue or pull request; on one's own it is working on a task."""
    comment, issue = event["comment"], event["issue"]
    source = _Source(event, comment["user"])
    counterpart = source.other(issue["user"])
    return [
        source.says(
            f"issue_comment:{comment['id']}",
            "commented",
            source.thing(_issue_kind(issue), issue),
            "help" if counterpart else "collaborate",
            comment["created_at"],
            tags=issue,
            counterpart=counterpart,
        )
    ]


@connector.maps("issue_comment.deleted")
def deleted_comment(event: Event, _: Options) -> list[Statement]:
    """A comment is gone."""
    name = f"issue_comment:{event['comment']['id']}"
    return _Source(event).undoes(f"{name}:deleted", identify(name))


@connector.maps("commit_comment.created")
def annotated(event: Event, _: Options) -> list[Statement]:
    """Somebody comments on a commit; GitHub does not say whose it is."""
    comment = event["comment"]
    source = _Source(event, comment["user"])
    address = f"{source.repository['html_url']}/commit/{comment['commit_id']}"
    return [
        source.says(
            f"commit_comment:{comment['id']}",
            "commented",
            activity(address, "code-commit"),
            "collaborate",
            comment["created_at"],
        )
    ]


@connector.maps("pull_request_review.submitted")
def reviewed(event: Event, _: Options) -> list[Statement]:
    """Somebody reviews a colleague's change."""
    review, change = event["review"], event["pull_request"]
    source = _Source(event, review["user"])
    counterpart = source.other(change["user"])
    return [
        source.says(
            f"review:{review['id']}",
            "approve" if review["state"] == "approved" else "reviewed",
            source.thing("pull-request", change),
            "reinforce" if counterpart else "collaborate",
            review["submitted_at"],
            counterpart=counterpart,
        )
    ]


@connector.maps("pull_request_review_comment.created")
def coached(event: Event, _: Options) -> list[Statement]:
    """Somebody comments on a line of a change."""
    comment, change = event["comment"], event["pull_request"]
    source = _Source(event, comment["user"])
    counterpart = source.other(change["user"])
    return [
        source.says(
            f"review_comment:{comment['id']}",
            "commented",
            source.thing("pull-request", change),
            "help" if counterpart else "collaborate",
            comment["created_at"],
            counterpart=counterpart,
        )
    ]


@connector.maps("pull_request_review_comment.deleted")
def deleted_review_comment(event: Event, _: Options) -> list[Statement]:
    """A review comment is gone."""
    name = f"review_comment:{event['comment']['id']}"
    return _Source(event).undoes(f"{name}:deleted", identify(name))


def _question(discussion: Mapping[str, Any]) -> bool:
    return bool((discussion.get("category") or {}).get("is_answerable"))


@connector.maps("discussion.created")
def discussed(event: Event, _: Options) -> list[Statement]:
    """Somebody asks colleagues, or writes something down for them."""
    discussion = event["discussion"]
    source = _Source(event, discussion["user"])
    question = _question(discussion)
    return [
        source.says(
            f"discussion:{discussion['id']}",
            "asked" if question else "posted",
            source.thing("question" if question else "discussion", discussion),
            "ask" if question else "record",
            discussion["created_at"],
            tags=discussion,
        )
    ]


@connector.maps("discussion.answered")
def answered(event: Event, _: Options) -> list[Statement]:
    """An answer is chosen: it counts for who wrote it."""
    discussion, answer = event["discussion"], event["answer"]
    source = _Source(event, answer["user"])
    counterpart = source.other(discussion["user"])
    return [
        source.says(
            f"discussion:{discussion['id']}:answer:{answer['id']}",
            "answered",
            source.thing("question", discussion),
            "help" if counterpart else "record",
            discussion["answer_chosen_at"],
            tags=discussion,
            counterpart=counterpart,
        )
    ]


@connector.maps("discussion.unanswered")
def unanswered(event: Event, _: Options) -> list[Statement]:
    """A chosen answer is taken back."""
    name = f"discussion:{event['discussion']['id']}:answer:{event['old_answer']['id']}"
    return _Source(event).undoes(f"{name}:unanswered", identify(name))


@connector.maps("discussion.deleted")
def deleted_discussion(event: Event, _: Options) -> list[Statement]:
    """A discussion is gone."""
    name = f"discussion:{event['discussion']['id']}"
    return _Source(event).undoes(f"{name}:deleted", identify(name))


@connector.maps("discussion_comment.created")
def replied(event: Event, _: Options) -> list[Statement]:
    """Somebody replies in a discussion; in one's own it goes on with it."""
    comment, discussion = event["comment"], event["discussion"]
    source = _Source(event, comment["user"])
    counterpart = source.other(discussion["user"])
    return [
        source.says(
            f"discussion_comment:{comment['id']}",
            "replied",
            source.thing("question" if _question(discussion) else "discussion", discussion),
            "help" if counterpart else "collaborate",
            comment["created_at"],
            tags=discussion,
            counterpart=counterpart,
        )
    ]


@connector.maps("discussion_comment.deleted")
def deleted_reply(event: Event, _: Options) -> list[Statement]:
    """A reply is gone."""
    name = f"discussion_comment:{event['comment']['id']}"
    return _Source(event).undoes(f"{name}:deleted", identify(name))


@connector.maps("gollum")
def recorded(event: Event, _: Options) -> list[Statement]:
    """Somebody writes wiki pages; GitHub gives no time, so the time of arrival counts."""
    source = _Source(event)
    return [
        source.says(
            f"wiki:{source.repository['id']}:{page['page_name']}:{page['sha']}",
            "author" if page["action"] == "created" else "edited",
            activity(page["html_url"], "page"),
            "record",
            None,
        )
        for page in event["pages"]
    ]
