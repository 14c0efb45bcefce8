"""Discourse asked: what its webhooks bring, and what they missed, under the same kinds and ids.

https://docs.discourse.org. Posts are read upwards by their ids, which are given in order: the list
of latest posts is asked for those before an id that is a window above the last one read. Private
messages are in none of these lists. Likes are read once, of posts that are old enough for that, and
solutions from the topics in which somebody wrote lately. Edits and deletions come by webhook alone.
"""

import itertools
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from producers.connector import Client, Found, Page, Poll
from producers.connectors.discourse.options import DiscourseOptions
from producers.connectors.discourse.users import users
from producers.polling.errors import GONE, Refused
from producers.polling.login import Login

#: Between two rounds, in seconds.
EVERY = 300.0
#: Ids between two pages. A page holds at most 50 posts, of ids up to that which is asked for in
#: older versions and below it in newer ones, so one less is whole in both.
WINDOW = 49
#: How many names a page of those who like a post has.
LIKERS = 200
#: A post's id is given before it can be read, so the newest ones are read again.
LATE = timedelta(minutes=2)
_LIKE = 2
#: What is gone, or moved to where the key's user sees nothing: it costs no other.
_CLOSED = GONE | {"403"}

Post = Mapping[str, Any]
Json = Mapping[str, Any]


async def posts(client: Client, options: DiscourseOptions, cursor: str) -> AsyncIterator[Page]:
    """Topics and replies, oldest first."""
    asked, settled, held = _Asked(client), datetime.now(UTC) - LATE, ""
    async for some, place in _upwards(client, options, cursor, datetime.max.replace(tzinfo=UTC)):
        found = [Found("post_created", await _written(asked, post, options)) for post in some]
        fresh = [post["id"] for post in some if _moment(post["created_at"]) > settled]
        if fresh and not held:
            held = str(fresh[0] - 1)
        yield Page(found, held or place)


async def likes(client: Client, options: DiscourseOptions, cursor: str) -> AsyncIterator[Page]:
    """Who thanked for posts that are some hours old; nothing says when."""
    asked, until = _Asked(client), datetime.now(UTC) - timedelta(hours=options.settled_hours)
    async for some, place in _upwards(client, options, cursor, until):
        found = []
        for post in filter(_liked, some):
            whole = await asked.slugged(post)
            for user in await _likers(client, post):
                event = {"like": {"post": whole, "user": user}, "settled": True}
                found.append(Found("post_liked", event))
        yield Page(found, place)


async def solutions(client: Client, options: DiscourseOptions, cursor: str) -> AsyncIterator[Page]:
    """Accepted solutions of topics in which somebody wrote lately, and those that are none now.

    The cursor holds which solutions were found, and whether the history was read to its end.
    """
    state: dict[str, Any] = json.loads(cursor) if cursor else {"whole": False, "topics": {}}
    days = options.solved_days if state["whole"] else options.history_days
    since = datetime.now(UTC) - timedelta(days=days)
    known = {topic: at for topic, at in state["topics"].items() if _moment(at["at"]) >= since}
    asked = _Asked(client)
    async for listed in _lately(client, since):
        for each in listed:
            before = known.get(str(each["id"]), {"at": "", "posts": []})
            found = await _solutions(asked, each, before)
            if found is not None:
                posts = [one.event["solved"]["id"] for one in found]
                gone = [post for post in before["posts"] if post not in posts]
                found += [Found("unaccepted_solution", {"solved": {"id": post}}) for post in gone]
                known[str(each["id"])] = {"at": each["bumped_at"], "posts": posts}
                yield Page(found, json.dumps({"whole": state["whole"], "topics": known}))
    yield Page([], json.dumps({"whole": True, "topics": known}))


async def _solutions(asked: "_Asked", listed: Json, before: Json) -> list[Found] | None:
    """The solutions that a topic has now; None where they are as before, or cannot be read."""
    solved = listed.get("has_accepted_answer")
    if not solved:  # it is not said at all where there are no solutions in this forum
        return [] if solved is False and before["posts"] else None
    if before["posts"] and before["at"] == listed["bumped_at"]:
        return None
    return await _solved(asked, listed["id"]) or None


async def _upwards(
    client: Client, options: DiscourseOptions, cursor: str, until: datetime
) -> AsyncIterator[tuple[Sequence[Post], str]]:
    """Posts by windows of ids, lowest first, up to the first that is later than a time."""
    latest = await _before(client, None)
    if not latest:
        return
    newest = latest[0]["id"]
    mark = int(cursor) if cursor else await _begin(client, options, latest)
    while mark < newest:
        page = await _before(client, mark + WINDOW + 1)
        window = sorted((p for p in page if mark < p["id"] <= mark + WINDOW), key=lambda p: p["id"])
        late = next((p["id"] for p in window if _moment(p["created_at"]) > until), None)
        mark = min(mark + WINDOW, newest) if late is None else late - 1
        yield [post for post in window if late is None or post["id"] < late], str(mark)
        if late is not None:
            return


async def _before(client: Client, identifier: int | None) -> Sequence[Post]:
    """The latest posts, newest first; those up to an id."""
    asked = {} if identifier is None else {"before": identifier}
    found = (await client.get("posts.json", **asked)).content["latest_posts"]
    return sorted(found, key=lambda post: -int(post["id"]))


async def _begin(client: Client, options: DiscourseOptions, latest: Sequence[Post]) -> int:
    """The id after which posts are of the days of history that are read: found by halving."""
    since = datetime.now(UTC) - timedelta(days=options.history_days)
    low, high, some = 0, latest[0]["id"], latest
    whole = False
    while high - low > WINDOW:
        # An older version's answer is one window of ids; a newer one's goes further down, and if
        # it holds nothing, nothing is below.
        whole = whole or (bool(some) and some[0]["id"] - some[-1]["id"] > WINDOW + 1)
        middle = (low + high) // 2
        some = await _before(client, middle)
        if (_moment(some[0]["created_at"]) < since) if some else whole:
            low = middle - 1
        else:  # where a window holds nothing, rather too much is read
            high = middle
    return low


def _liked(post: Post) -> bool:
    return any(
        each["id"] == _LIKE and (each.get("count") or 0) for each in post.get("actions_summary", ())
    )


async def _likers(client: Client, post: Post) -> list[Mapping[str, Any]]:
    """All who like a post; none where it is gone meanwhile."""
    found: list[Mapping[str, Any]] = []
    asked = {"id": post["id"], "post_action_type_id": _LIKE, "limit": LIKERS}
    for page in itertools.count():
        try:
            content = (await client.get("post_action_users.json", **asked, page=page)).content
        except Refused as error:
            if error.code not in _CLOSED:
                raise
            return []
        found += content["post_action_users"]
        if len(found) >= (content.get("total_rows_post_action_users") or 0):
            break  # also where nobody says how many there are: then these are all
        if not content["post_action_users"]:
            break
    return [each for each in found if not each.get("unknown")]


async def _lately(client: Client, since: datetime) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
    """Topics in which somebody wrote since a time; pinned ones come first, whatever their time."""
    page = 0
    while True:
        listed = (await client.get("latest.json", page=page, no_definitions="true")).content
        topics = listed["topic_list"]["topics"]
        late = [each for each in topics if _moment(each["bumped_at"]) >= since]
        yield late
        loose = [each for each in topics if not each.get("pinned")]
        if not listed["topic_list"].get("more_topics_url") or (
            loose and _moment(loose[-1]["bumped_at"]) < since
        ):
            return
        page += 1


class _Asked:
    """What was asked for in this round beside the lists: topics, and the slugs of categories."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._known: dict[str, Any] = {}

    async def _of(self, path: str) -> Any:
        """What stands at a path; None where it is gone, or closed to us."""
        if path not in self._known:
            try:
                self._known[path] = (await self.client.get(path)).content
            except Refused as error:
                if error.code not in _CLOSED:
                    raise
                self._known[path] = None
        return self._known[path]

    async def topic(self, identifier: int) -> Mapping[str, Any] | None:
        """A topic."""
        found: Mapping[str, Any] | None = await self._of(f"t/{identifier}.json")
        return found

    async def slugged(self, post: Post) -> dict[str, Any]:
        """A post with its category's slug, which webhooks name and lists do not."""
        category = post.get("category_id")
        found = await self._of(f"c/{category}/show.json") if category else None
        slug = (found["category"]["slug"] or f"{category}-category") if found else ""
        return {**post, "category_slug": slug}


async def _written(asked: _Asked, post: Post, options: DiscourseOptions) -> dict[str, Any]:
    """A post as a webhook brings it; a reply with its topic's author where that is wanted."""
    event: dict[str, Any] = {"post": await asked.slugged(post)}
    if options.read_topics and post["post_number"] > 1:
        event["topic"] = _begun(await asked.topic(post["topic_id"]))
    return event


def _begun(topic: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is told of a topic: by whom it was begun."""
    return {"created_by": topic["details"]["created_by"]} if topic else {}


async def _solved(asked: _Asked, identifier: int) -> list[Found]:
    """The accepted solutions of a topic: one, or several in newer versions."""
    topic = await asked.topic(identifier)
    if topic is None:
        return []
    one = topic.get("accepted_answer")
    found = []
    for answer in topic.get("accepted_answers") or ([one] if one else []):
        place = f"posts/by_number/{identifier}/{answer['post_number']}.json"
        try:
            post = (await asked.client.get(place)).content
        except Refused as error:
            if error.code not in _CLOSED:
                raise
            continue
        about = {"topic_title": topic["title"], "category_id": topic["category_id"]}
        event = {"solved": await asked.slugged({**post, **about}), "topic": _begun(topic)}
        found.append(Found("accepted_solution", event))
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _login(options: DiscourseOptions, token: bytes) -> Login:
    key, user = SecretStr(token.decode()), SecretStr(options.api_user)
    return Login(headers={"Api-Key": key, "Api-Username": user})


def _waits(content: Any) -> float | None:
    """Older versions say how long to wait in the answer's body alone."""
    return float(content["extras"]["wait_seconds"])


poll = Poll(
    streams={"posts": posts, "likes": likes, "solutions": solutions},
    every=EVERY,
    address=lambda options: f"{options.site}/",
    login=_login,
    waits=_waits,
    users=users,
)
