"""A Discourse forum of a test: what people do there, its deliveries, and its API.

`deliveries` are what webhooks bring, as (kind, body), in order; `answer` is what the API says at
any time, in pages as Discourse's. It does what Discourse does, and no more: no delivery tells of a
like that is taken back, of a solution that another one replaces, or who deletes.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Post = dict[str, Any]
#: User name → number.
PEOPLE = {"Ida": 21, "Ole": 22, "May": 23, "system": -1}
CATEGORIES = {5: "data-help", 11: "platform"}
_WEBHOOK_ONLY = ("topic_archetype", "category_slug")


def user(name: str) -> dict[str, Any]:
    return {"id": PEOPLE[name], "username": name, "name": "", "avatar_template": "/a/{size}.png"}


@dataclass
class Forum:
    """Topics by id, each with its posts; replies stand in their topic."""

    start: datetime = datetime(2026, 5, 4, 8, tzinfo=UTC)
    #: Whether the list of posts is that of older versions: a window of ids, which may be empty.
    older: bool = False
    #: How many topics a page of the list of topics has.
    size: int = 3
    #: How many ids are left between two posts: private messages have ids of the same row.
    gap: int = 0
    posts: dict[int, Post] = field(default_factory=dict)
    topics: dict[int, dict[str, Any]] = field(default_factory=dict)
    likes: dict[int, list[str]] = field(default_factory=dict)
    solutions: dict[int, int] = field(default_factory=dict)
    deliveries: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    #: Whether topics are closed to whoever asks; the list still names them.
    closed: bool = False
    last: int = 4000
    clock: int = 0

    def _now(self) -> str:
        self.clock += 1
        at = self.start + timedelta(minutes=self.clock)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _tell(self, kind: str, part: str, content: dict[str, Any]) -> None:
        self.deliveries.append((kind, {part: content}))

    def _told(self, kind: str, number: int, part: str = "post") -> None:
        self._tell(kind, part, self._whole(self.posts[number]))

    def _whole(self, post: Post) -> Post:
        """A post as webhooks bring it: what it says of its topic is as that is now."""
        topic = self.topics[post["topic_id"]]
        return {
            **post,
            "topic_title": topic["title"],
            "category_id": topic["category_id"],
            "topic_archetype": "regular",
            "category_slug": CATEGORIES[topic["category_id"]],
        }

    # What people do

    def begin(self, name: str, title: str, category: int, raw: str = "So it is.") -> int:
        """Somebody begins a topic; its id."""
        topic = 800 + len(self.topics)
        at = self._now()
        self.topics[topic] = {"id": topic, "title": title, "category_id": category,
                              "bumped_at": at, "by": name, "gone": False}  # fmt: skip
        self._write(name, topic, raw, at)
        return topic

    def reply(self, name: str, topic: int, raw: str, to: int | None = None) -> int:
        """Somebody replies, maybe to a post; the reply's id."""
        at = self._now()
        self.topics[topic]["bumped_at"] = at
        return self._write(name, topic, raw, at, to)

    def _write(self, name: str, topic: int, raw: str, at: str, to: int | None = None) -> int:
        self.last += 1 + self.gap
        number = 1 + sum(each["topic_id"] == topic for each in self.posts.values())
        self.posts[self.last] = {
            "id": self.last, "username": name, "user_id": PEOPLE[name], "created_at": at,
            "updated_at": at, "post_number": number, "post_type": 1, "topic_id": topic,
            "version": 1, "raw": raw, "hidden": False, "deleted_at": None, "user_deleted": False,
            **({"reply_to_user": user(self.posts[to]["username"])} if to else {}),
        }  # fmt: skip
        self._told("post_created", self.last)
        return self.last

    def retitle(self, topic: int, title: str) -> None:
        """A topic gets another title."""
        self.topics[topic]["title"] = title
        number = self.first(topic)
        self.posts[number]["version"] += 1
        self.posts[number]["updated_at"] = self._now()
        self._told("post_edited", number)

    def first(self, topic: int) -> int:
        return next(n for n, each in self.posts.items() if each["topic_id"] == topic)

    def delete(self, number: int) -> None:
        """A post is deleted, with its topic where it begins one; a solution is taken back first."""
        post = self.posts[number]
        self._told("post_destroyed", number)
        topic = self.topics[post["topic_id"]]
        if self.solutions.get(topic["id"]) == number:
            self.unsolve(topic["id"])
        post["deleted_at"] = self._now()
        if post["post_number"] == 1:
            topic["gone"] = True
            self._tell("topic_destroyed", "topic", {"id": topic["id"], "archetype": "regular"})

    def recover(self, number: int) -> None:
        """A post that was deleted is there again."""
        post = self.posts[number]
        post["deleted_at"] = None
        if post["post_number"] == 1:
            self.topics[post["topic_id"]]["gone"] = False
        self._told("post_recovered", number)

    def like(self, name: str, number: int) -> None:
        """Somebody likes a post."""
        self.likes.setdefault(number, []).append(name)
        body = {"post": self._whole(self.posts[number]), "user": user(name)}
        self._tell("post_liked", "like", body)

    def unlike(self, name: str, number: int) -> None:
        """Somebody takes a like back, within minutes; nobody is told."""
        self.likes[number].remove(name)

    def solve(self, number: int) -> None:
        """A reply is accepted as the solution."""
        self.solutions[self.posts[number]["topic_id"]] = number
        self._told("accepted_solution", number, "solved")

    def unsolve(self, topic: int) -> None:
        """A solution is taken back."""
        self._told("unaccepted_solution", self.solutions.pop(topic), "solved")

    # The API

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, Any]:
        """The status and JSON of an answer."""
        match path.strip("/").removesuffix(".json").split("/"):
            case ["posts"]:
                return 200, {"latest_posts": self._latest(int(asked.get("before", "0")))}
            case ["posts", "by_number", topic, number]:
                return 200, self._bare(self._seen()[self._numbered(int(topic), int(number))])
            case ["post_action_users"]:
                return 200, self._likers(asked)
            case ["latest"]:
                return 200, self._listed(int(asked.get("page", "0")))
            case ["c", category, "show"]:
                return 200, {"category": {"id": int(category), "slug": CATEGORIES[int(category)]}}
            case ["t", topic]:
                return self._topic(int(topic))
        return 404, {"errors": ["The requested URL or resource could not be found."]}

    def _seen(self) -> dict[int, Post]:
        """What can be seen; a deleted topic's replies cannot."""
        return {
            number: post
            for number, post in self.posts.items()
            if not post["deleted_at"] and not self.topics[post["topic_id"]]["gone"]
        }

    def _latest(self, before: int) -> list[Post]:
        seen = self._seen()
        if self.older:
            top = before or self.last
            found = [n for n in sorted(seen, reverse=True) if top - 50 < n <= top]
        else:
            found = [n for n in sorted(seen, reverse=True) if not before or n < before][:50]
        return [self._row(seen[number]) for number in found]

    def _row(self, post: Post) -> Post:
        count = len(self.likes.get(post["id"], ()))
        summary = [{"id": 2, "count": count}] if count else []
        whole = self._whole(post) | {"actions_summary": summary}
        return {name: value for name, value in whole.items() if name not in _WEBHOOK_ONLY}

    def _bare(self, post: Post) -> Post:
        row = self._row(post)
        return {n: v for n, v in row.items() if n not in ("topic_title", "category_id")}

    def _likers(self, asked: dict[str, str]) -> dict[str, Any]:
        names = self.likes.get(int(asked["id"]), [])
        limit, page = 2, int(asked.get("page", "0"))
        some = names[limit * page : limit * (page + 1)]
        return {"post_action_users": [user(name) for name in some],
                "total_rows_post_action_users": len(names)}  # fmt: skip

    def _listed(self, page: int) -> dict[str, Any]:
        topics = [each for each in self.topics.values() if not each["gone"]]
        topics.sort(key=lambda each: str(each["bumped_at"]), reverse=True)
        some = topics[self.size * page : self.size * (page + 1)]
        more = len(topics) > self.size * (page + 1)
        rows = [
            {"id": each["id"], "title": each["title"], "bumped_at": each["bumped_at"],
             "pinned": False, "has_accepted_answer": each["id"] in self.solutions}
            for each in some
        ]  # fmt: skip
        link = {"more_topics_url": f"/latest?page={page + 1}"} if more else {}
        return {"topic_list": {"per_page": self.size, "topics": rows, **link}}

    def _topic(self, number: int) -> tuple[int, Any]:
        topic = self.topics[number]
        if topic["gone"] or self.closed:
            return 404, {"errors": ["The requested URL or resource could not be found."]}
        found = {
            "id": number, "title": topic["title"], "category_id": topic["category_id"],
            "archetype": "regular", "details": {"created_by": user(topic["by"])},
        }  # fmt: skip
        solution = self.solutions.get(number)
        if solution:
            place = self.posts[solution]["post_number"]
            found["accepted_answer"] = {"post_number": place, "username": "x", "excerpt": "…"}
        return 200, found

    def _numbered(self, topic: int, number: int) -> int:
        return next(
            n for n, each in self.posts.items()
            if each["topic_id"] == topic and each["post_number"] == number
        )  # fmt: skip
