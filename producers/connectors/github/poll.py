"""GitHub asked: what its webhooks bring, and what they missed, under the same kinds and ids.

https://docs.github.com/en/rest and https://docs.github.com/en/graphql (discussions). Each stream is
read repository by repository; its cursor is, for each, the moment up to which it has been read.
Lists are asked from a little before it, because what is written while a list is read may be dated a
moment earlier; what comes again is the same.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from producers.connector import Client, Found, No, Page, Poll, Reply, Then
from producers.connectors.github.options import GitHubOptions
from producers.polling.marks import Marks

#: Between two rounds, in seconds: what a webhook brings is there at once, the rest may wait.
EVERY = 300.0
#: How long before its cursor a list is asked from.
OVERLAP = timedelta(minutes=2)
PAGE = 100
DISCUSSIONS = 25


_Items = Sequence[Mapping[str, Any]]


def _since(marks: Marks, options: GitHubOptions, repository: str) -> str:
    """From when on a repository's list is asked."""
    known = marks.of(repository, "")
    if not known:
        return _written(datetime.now(UTC) - timedelta(days=options.history_days))
    return _written(datetime.fromisoformat(known) - OVERLAP)


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _note(marks: Marks, repository: str, items: _Items, moment: str) -> None:
    for item in items:
        marks.note(repository, item[moment])


async def _contents(replies: AsyncIterator[Reply]) -> AsyncIterator[_Items]:
    async for reply in replies:
        yield reply.content


async def _late(pages: AsyncIterator[_Items], moment: str, since: str) -> AsyncIterator[_Items]:
    """Of a list, newest first, what is not older; its first page with older ones is the last."""
    async for items in pages:
        late = [item for item in items if item[moment] >= since]
        yield late
        if len(late) < len(items):
            return


async def _changed(client: Client, path: str, since: str, **asked: str) -> AsyncIterator[_Items]:
    """A list in the order of its changes. A page is asked from the last change of the one before:
    by its number, whatever changes meanwhile would move others to a page that was read already."""
    while True:
        last = since
        pages = client.pages(
            path, None, sort="updated", direction="asc", since=since, per_page=PAGE, **asked
        )
        async with aclosing(pages) as read:  # type: ignore[type-var]
            async for reply in read:
                yield reply.content
                if not reply.next:
                    return
                changed = datetime.fromisoformat(reply.content[-1]["updated_at"])
                last = _written(changed - timedelta(seconds=1))
                if last > since:
                    break  # else all of it is of one moment, and goes on with the next page
        since = last


async def _repository(client: Client, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (await client.get(f"repos/{name}")).content
    return found


def _event(action: str, repository: Mapping[str, Any], **parts: Any) -> dict[str, Any]:
    return {"action": action, "repository": repository, **parts}


async def issues(client: Client, options: GitHubOptions, cursor: str) -> AsyncIterator[Page]:
    """Issues as they were opened."""
    marks = Marks(cursor)
    for name in options.repositories:
        repository = await _repository(client, name)
        since = _since(marks, options, name)
        async for items in _changed(client, f"repos/{name}/issues", since, state="all"):
            found = [
                Found(
                    "issues.opened",
                    _event("opened", repository, issue=issue, sender=issue["user"]),
                )
                for issue in items
                if not issue.get("pull_request")
            ]
            for issue in items:
                marks.read(name, issue["updated_at"])
            yield Page(found, marks.cursor)


_TURNS = {"closed": "closed_at", "reopened": "updated_at"}


async def issue_events(client: Client, options: GitHubOptions, cursor: str) -> AsyncIterator[Page]:
    """Issues as they were closed and opened again: newest first, so the cursor moves at the end."""
    marks = Marks(cursor)
    for name in options.repositories:
        repository, since = await _repository(client, name), _since(marks, options, name)
        pages = _contents(client.pages(f"repos/{name}/issues/events", per_page=PAGE))
        async for late in _late(pages, "created_at", since):
            _note(marks, name, late, "created_at")
            yield Page([*_turned(repository, late)], marks.cursor)
        if marks.settle(name):
            yield Page([], marks.cursor)


def _turned(repository: Mapping[str, Any], turns: Sequence[Mapping[str, Any]]) -> Iterator[Found]:
    for turn in turns:
        moment = _TURNS.get(turn["event"])
        issue = turn.get("issue")
        if moment is None or not issue or issue.get("pull_request"):
            continue
        # As the webhook shows it: the issue at the moment of the event, not as it is now.
        reason = turn["state_reason"] if "state_reason" in turn else issue.get("state_reason")
        then = {**issue, moment: turn["created_at"], "state_reason": reason}
        event = _event(turn["event"], repository, issue=then, sender=turn["actor"])
        yield Found(f"issues.{turn['event']}", event)


async def comments(client: Client, options: GitHubOptions, cursor: str) -> AsyncIterator[Page]:
    """Comments on issues and pull requests."""
    async for page in _comments(client, options, cursor, "issue", "issue_comment"):
        yield page


async def line_comments(client: Client, options: GitHubOptions, cursor: str) -> AsyncIterator[Page]:
    """Comments on lines of a change: of those in a review whoever they may call in is asked for."""
    of = ("pull_request", "pull_request_review_comment")
    async for page in _comments(client, options, cursor, *of):
        yield page


#: A comment's parent → where such parents are.
_PLACES = {"issue": "issues", "pull_request": "pulls"}


async def _comments(
    client: Client, options: GitHubOptions, cursor: str, parent: str, kind: str
) -> AsyncIterator[Page]:
    """Comments of a repository, each with what it was said under."""
    marks, place = Marks(cursor), _PLACES[parent]
    for name in options.repositories:
        repository = await _repository(client, name)
        parents: dict[str, Any] = {}
        since = _since(marks, options, name)
        async for items in _changed(client, f"repos/{name}/{place}/comments", since):
            found = []
            for comment in items:
                marks.read(name, comment["updated_at"])
                if comment.get("pull_request_review_id") and "@" not in comment["body"]:
                    continue  # a part of its review
                number = comment[f"{parent}_url"].rpartition("/")[2]
                if number not in parents:
                    parents[number] = (await client.get(f"repos/{name}/{place}/{number}")).content
                about = {"comment": comment, parent: parents[number], "sender": comment["user"]}
                found.append(Found(f"{kind}.created", _event("created", repository, **about)))
            yield Page(found, marks.cursor)


async def changes(client: Client, options: GitHubOptions, cursor: str) -> AsyncIterator[Page]:
    """Pull requests: opened, closed or merged, and reviewed; newest first."""
    marks = Marks(cursor)
    for name in options.repositories:
        repository, since = await _repository(client, name), _since(marks, options, name)
        listed = client.pages(
            f"repos/{name}/pulls", state="all", sort="updated", direction="desc", per_page=PAGE
        )
        async for late in _late(_contents(listed), "updated_at", since):
            _note(marks, name, late, "updated_at")
            for pull in late:
                yield Page(await _change(client, name, repository, pull), marks.cursor)
        if marks.settle(name):
            yield Page([], marks.cursor)


async def _change(
    client: Client, name: str, repository: Mapping[str, Any], pull: Mapping[str, Any]
) -> list[Found]:
    opened = _event("opened", repository, pull_request=pull, sender=pull["user"])
    found = [Found("pull_request.opened", opened)]
    path = f"repos/{name}/pulls/{pull['number']}"
    if pull["closed_at"]:
        whole = (await client.get(path)).content
        # Who closed one without merging it is not said here.
        by = whole.get("merged_by") or {"login": "ghost"}
        closed = _event("closed", repository, pull_request=whole, sender=by)
        found.append(Found("pull_request.closed", closed))
    async for reply in client.pages(f"{path}/reviews", per_page=PAGE):
        for review in reply.content:
            if review.get("submitted_at"):
                # The webhook writes the state in lower case.
                said = {**review, "state": review["state"].lower()}
                event = _event(
                    "submitted",
                    repository,
                    review=said,
                    pull_request=pull,
                    sender=review["user"],
                )
                found.append(Found("pull_request_review.submitted", event))
    return found


_ACTOR = "author { login type: __typename }"
_COMMENT = f"databaseId createdAt body {_ACTOR}"
_QUERY = f"""
query($owner: String!, $name: String!, $size: Int!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    discussions(
      first: $size, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}
    ) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        databaseId number url title body createdAt updatedAt answerChosenAt {_ACTOR}
        category {{ isAnswerable }}
        labels(first: 30) {{ nodes {{ name }} }}
        answer {{ {_COMMENT} }}
        comments(first: 100) {{
          nodes {{ {_COMMENT} replies(first: 100) {{ nodes {{ {_COMMENT} }} }} }}
        }}
      }}
    }}
  }}
}}
"""


async def discussions(client: Client, options: GitHubOptions, cursor: str) -> AsyncIterator[Page]:
    """Discussions, what is said in them, and the answers that are chosen; newest first."""
    marks = Marks(cursor)
    for name in options.repositories:
        repository, since = await _repository(client, name), _since(marks, options, name)
        async for late in _late(_listed(client, options, name), "updatedAt", since):
            _note(marks, name, late, "updatedAt")
            found = [each for node in late for each in _discussed(repository, node)]
            yield Page(found, marks.cursor)
        if marks.settle(name):
            yield Page([], marks.cursor)


async def _listed(client: Client, options: GitHubOptions, name: str) -> AsyncIterator[_Items]:
    """A repository's discussions, page by page."""
    owner, _, short = name.partition("/")
    after = None
    while True:
        variables = {"owner": owner, "name": short, "size": DISCUSSIONS, "after": after}
        reply = await client.post(_graphql(options), {"query": _QUERY, "variables": variables})
        listed = reply.content["data"]["repository"]["discussions"]
        yield listed["nodes"]
        if not listed["pageInfo"]["hasNextPage"]:
            return
        after = listed["pageInfo"]["endCursor"]


def denied(content: Any) -> No | None:
    """The errors of GraphQL, which come with a status of 200."""
    errors = content.get("errors") if isinstance(content, dict) else None
    if not errors:
        return None
    code = str(errors[0].get("type") or "")
    reason = "; ".join(str(error.get("message")) for error in errors)[:300]
    return No(reason, Then.LATER if code == "RATE_LIMITED" else Then.STOP, code)


def _graphql(options: GitHubOptions) -> str:
    base = options.api.rstrip("/")
    return f"{base.removesuffix('/v3')}/graphql"


def _discussed(repository: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[Found]:
    """A discussion's events, each in the webhook's shape."""
    discussion = {
        "id": node["databaseId"],
        "number": node["number"],
        "html_url": node["url"],
        "title": node.get("title"),
        "body": node.get("body"),
        "user": node["author"],
        "created_at": node["createdAt"],
        "answer_chosen_at": node["answerChosenAt"],
        "category": {"is_answerable": node["category"]["isAnswerable"]},
        "labels": node["labels"]["nodes"] if node["labels"] else [],
    }
    about = {"discussion": discussion}
    yield Found("discussion.created", _event("created", repository, sender=node["author"], **about))
    for said in node["comments"]["nodes"]:
        for each in (said, *said["replies"]["nodes"]):
            event = _event(
                "created", repository, comment=_comment(each), sender=each["author"], **about
            )
            yield Found("discussion_comment.created", event)
    if node["answer"] and node["answerChosenAt"]:
        answer = _comment(node["answer"])
        event = _event("answered", repository, answer=answer, sender=answer["user"], **about)
        yield Found("discussion.answered", event)


def _comment(node: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": node["databaseId"],
        "user": node["author"],
        "created_at": node["createdAt"],
        "body": node["body"],
    }


poll = Poll(
    streams={
        "issues": issues,
        "issue_events": issue_events,
        "comments": comments,
        "line_comments": line_comments,
        "changes": changes,
        "discussions": discussions,
    },
    every=EVERY,
    address=lambda options: f"{options.api.rstrip('/')}/",
    denied=denied,
)
