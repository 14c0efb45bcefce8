"""The words of the records: behaviours, verbs, activity types, and the IRIs that name them.

A behaviour is what a person did to learn while working; each belongs to a scaffold and to know-how,
know-who or know-what. Statements of Headwater's connectors carry theirs as a category activity
(`category_iri`); statements from elsewhere are classified by verb and activity type, after an alias
table has made one IRI of the variants in circulation. The published IRIs come from the ADL, Tin
Can, acrossx, adb and Activity Streams vocabularies; `headwater/...` ones are this project's own.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

PROFILE = "https://w3id.org/xapi/headwater"
CATEGORY_PREFIX = f"{PROFILE}/behaviours/"
#: The activity type of a category activity that names a behaviour.
BEHAVIOUR_TYPE = f"{PROFILE}/activity-types/behaviour"
#: An Agent: whom the event was for or about (the asker who was answered, the author reviewed).
COUNTERPART = f"{PROFILE}/extensions/counterpart"
#: A string: what the event was about, as an organisation would group it (a repository, a space).
TOPIC = f"{PROFILE}/extensions/topic"
#: A whole number: of how many signs the text of a search was.
QUERY_LENGTH = f"{PROFILE}/extensions/query-length"
#: An array: the LRSs that a statement came through before this one, the first one first, each with
#: its endpoint (`lrs`), and the `authority` and `stored` that it gave.
ORIGIN = f"{PROFILE}/extensions/origin"
#: An array: attachments whose files did not come along, as they were described.
LEFT_BEHIND = f"{PROFILE}/extensions/left-behind"
#: A string: the tool's own name of what it told, as `issue_comment.created`; the same for one act
#: however a connector learned of it.
KIND = f"{PROFILE}/extensions/kind"
#: A string: the language of what the actor wrote, a code of ISO 639.
LANGUAGE = f"{PROFILE}/extensions/language"
#: A string: what the actor wrote, where a connection keeps texts.
TEXT = f"{PROFILE}/extensions/text"
#: A string: the team that the statement is about, where it may be named.
TEAM = f"{PROFILE}/extensions/team"
#: What Headwater itself says of what it saw (`reactions/`): no act of a person, so no learning.
RAISED = f"{PROFILE}/verbs/raised"
#: The type of what it raises: a case of a rule, and of each rule's category activity the prefix.
CASE_TYPE = f"{PROFILE}/activity-types/case"
REACTIONS = f"{PROFILE}/reactions/"
#: Where the installation's own account is.
INSTALLATION = f"{PROFILE}/installation"
TAGS = "http://id.tincanapi.com/extension/tags"


class Scaffold(StrEnum):
    """What learning in the flow of work stands on; `formal` is there for contrast only."""

    DISCOVERY = "discovery"
    PRACTICE = "practice"
    SHARING = "sharing"
    REINFORCEMENT = "reinforcement"
    FORMAL = "formal"
    NONE = "none"


class Know(StrEnum):
    """What kind of knowing a behaviour builds."""

    HOW = "how"
    WHO = "who"
    WHAT = "what"
    NONE = "none"


class Behaviour(NamedTuple):
    """A way of learning at work, with its place in the model and its names for people."""

    name: str
    scaffold: Scaffold
    know: Know
    title: str
    #: In a word or two, as it stands in a chart.
    label: str


BEHAVIOURS: dict[str, Behaviour] = {
    b.name: b
    for b in (
        Behaviour(
            "search", Scaffold.DISCOVERY, Know.WHAT, "Searching organizational content", "Search"
        ),
        Behaviour("read", Scaffold.DISCOVERY, Know.HOW, "Reading FAQs and knowledge bases", "Read"),
        Behaviour(
            "bookmark",
            Scaffold.DISCOVERY,
            Know.WHAT,
            "Bookmarking reference information",
            "Bookmark",
        ),
        Behaviour(
            "explore",
            Scaffold.DISCOVERY,
            Know.WHAT,
            "Accessing outside information",
            "Explore outside",
        ),
        Behaviour("locate", Scaffold.DISCOVERY, Know.WHO, "Locating experts", "Locate experts"),
        Behaviour(
            "ask", Scaffold.DISCOVERY, Know.WHO, "Finding help from experts and peers", "Ask"
        ),
        Behaviour(
            "collaborate", Scaffold.PRACTICE, Know.HOW, "Collaborating on tasks", "Collaborate"
        ),
        Behaviour(
            "connect", Scaffold.PRACTICE, Know.WHO, "Connecting with customers, partners", "Connect"
        ),
        Behaviour("record", Scaffold.SHARING, Know.HOW, "Recording knowledge for peers", "Record"),
        Behaviour("help", Scaffold.SHARING, Know.WHO, "Coaching and answering", "Help"),
        Behaviour(
            "curate", Scaffold.SHARING, Know.WHAT, "Curating expert-generated content", "Curate"
        ),
        Behaviour(
            "reinforce", Scaffold.REINFORCEMENT, Know.HOW, "Reinforcing key concepts", "Reinforce"
        ),
        Behaviour("course", Scaffold.FORMAL, Know.HOW, "Workshops and courses", "Course (formal)"),
    )
}
#: What no rule could place: kept and counted, never guessed.
UNCLASSIFIED = Behaviour(
    "unclassified", Scaffold.NONE, Know.NONE, "What no rule could place", "Not classified"
)
#: What an organisation's rules say is none: kept, and shown to nobody as learning.
NOT_LEARNING = Behaviour("none", Scaffold.NONE, Know.NONE, "Not learning in this house", "None")

_ADL = "http://adlnet.gov/expapi/verbs/"
_TINCAN = "http://id.tincanapi.com/verb/"
_ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"
_ADB = "https://w3id.org/xapi/adb/verbs/"
_STREAMS = "http://activitystrea.ms/"
_VIDEO = "https://w3id.org/xapi/video/verbs/"

VERBS: dict[str, str] = {
    **{
        name: _ADL + name
        for name in (
            "asked", "answered", "commented", "shared", "attended", "experienced", "voided",
            "interacted", "initialized", "completed", "terminated", "passed", "failed",
            "attempted", "launched", "registered", "responded", "scored", "progressed", "mastered",
        )
    },
    **{
        name: _TINCAN + name
        for name in (
            "replied", "mentioned", "mentored", "bookmarked", "reviewed", "viewed", "voted-up",
            "voted-down", "downloaded",
        )
    },
    **{name: _ACROSSX + name for name in ("searched", "posted", "edited", "liked", "annotated")},
    **{name: _ADB + name for name in ("coached", "read")},
    **{
        name: _STREAMS + name
        for name in (
            "join", "follow", "share", "author", "approve", "resolve", "close", "submit", "create",
            "update", "reject", "request", "open",
        )
    },
    **{name: _VIDEO + name for name in ("played", "paused", "seeked")},
    **{name: f"{PROFILE}/verbs/{name}" for name in ("merged", "reopened")},
}  # fmt: skip

ACTIVITY_TYPES: dict[str, str] = {
    **{
        name: f"http://id.tincanapi.com/activitytype/{name}"
        for name in (
            "chat-channel", "chat-message", "code-commit", "doc", "discussion", "forum-topic",
            "forum-reply", "email", "project", "solution", "bookmark", "user-profile",
        )
    },
    **{
        name: f"http://adlnet.gov/expapi/activities/{name}"
        for name in ("meeting", "question", "link", "course", "module", "lesson", "assessment")
    },
    **{
        name: _STREAMS + name for name in ("issue", "task", "comment", "review", "page", "article")
    },
    "video": "https://w3id.org/xapi/video/activity-type/video",
    **{
        name: f"{PROFILE}/activity-types/{name}"
        for name in ("pull-request", "search-query", "answer", "wiki-page")
    },
}  # fmt: skip


@lru_cache(maxsize=8192)
def canonical_iri(iri: str) -> str:
    """One IRI for the variants in circulation of the same verb or activity type.

    Activity Streams' `schema/1.0/` infix, `https` for the published `http`, `www.`, and a trailing
    slash do not change which concept is meant.
    """
    canonical = iri.rstrip("/")
    for prefix in ("https://www.", "http://www."):
        if canonical.startswith(prefix):
            canonical = "http://" + canonical[len(prefix) :]
    for host in ("adlnet.gov/", "id.tincanapi.com/", "activitystrea.ms/"):
        if canonical.startswith("https://" + host):
            canonical = "http://" + canonical[len("https://") :]
    if canonical.startswith("http://w3id.org/"):
        canonical = "https://" + canonical[len("http://") :]
    canonical = canonical.replace("activitystrea.ms/schema/1.0/", "activitystrea.ms/")
    return _ALIASES.get(canonical, canonical)


_ALIASES: dict[str, str] = {
    "http://activitystrea.ms/bookmark": VERBS["bookmarked"],
    "http://activitystrea.ms/favorite": VERBS["bookmarked"],
    "http://activitystrea.ms/like": VERBS["liked"],
    "http://activitystrea.ms/search": VERBS["searched"],
    "http://activitystrea.ms/read": VERBS["read"],
    "http://activitystrea.ms/post": VERBS["posted"],
    "http://activitystrea.ms/watch": VERBS["viewed"],
    "http://activitystrea.ms/attend": VERBS["attended"],
    "http://activitystrea.ms/consume": VERBS["experienced"],
    "http://adlnet.gov/expapi/verbs/responded": VERBS["answered"],
    "http://id.tincanapi.com/verb/commented": VERBS["commented"],
    "http://id.tincanapi.com/verb/searched": VERBS["searched"],
    "http://activitystrea.ms/question": ACTIVITY_TYPES["question"],
    "http://activitystrea.ms/bookmark-activity": ACTIVITY_TYPES["bookmark"],
    "http://activitystrea.ms/video": ACTIVITY_TYPES["video"],
}

#: What a verb means whatever it is done to.
_BY_VERB: dict[str, str] = {
    VERBS[name]: behaviour
    for name, behaviour in {
        "searched": "search",
        "read": "read",
        "viewed": "read",
        "experienced": "read",
        "downloaded": "read",
        "bookmarked": "bookmark",
        "follow": "locate",
        "asked": "ask",
        "request": "ask",
        "answered": "help",
        "replied": "help",
        "mentored": "help",
        "coached": "help",
        "reviewed": "reinforce",
        "approve": "reinforce",
        "mentioned": "connect",
        "commented": "collaborate",
        "submit": "collaborate",
        "resolve": "collaborate",
        "close": "collaborate",
        "merged": "collaborate",
        "reopened": "collaborate",
        "join": "connect",
        "author": "record",
        "create": "record",
        "posted": "record",
        "edited": "record",
        "update": "record",
        "annotated": "curate",
        "shared": "curate",
        "share": "curate",
        "liked": "curate",
        "voted-up": "curate",
        "attended": "course",
        "registered": "course",
        "passed": "course",
        "failed": "course",
        "mastered": "course",
        # What a course player says of a package or a video, whatever type it names.
        "launched": "course",
        "initialized": "course",
        "attempted": "course",
        "progressed": "course",
        "interacted": "course",
        "scored": "course",
        "completed": "course",
        "terminated": "course",
        "played": "course",
        "paused": "course",
        "seeked": "course",
    }.items()
}

#: Verbs of what is said or done to something that somebody else put up: an answer has one of them.
RESPONSES = frozenset(
    VERBS[name]
    for name in ("answered", "replied", "commented", "reviewed", "approve", "mentored", "coached")
)

#: Activity types whose every event is part of a course, whatever the verb.
_COURSE_TYPES = frozenset(
    ACTIVITY_TYPES[name] for name in ("course", "module", "lesson", "assessment", "video")
)
_TYPE_AND_VERB: dict[tuple[str, str], str] = {
    (ACTIVITY_TYPES["link"], VERBS["viewed"]): "explore",
    (ACTIVITY_TYPES["link"], VERBS["experienced"]): "explore",
    (ACTIVITY_TYPES["link"], VERBS["shared"]): "curate",
    (ACTIVITY_TYPES["user-profile"], VERBS["viewed"]): "locate",
    (ACTIVITY_TYPES["question"], VERBS["answered"]): "help",
    (ACTIVITY_TYPES["question"], VERBS["submit"]): "ask",
    (ACTIVITY_TYPES["question"], VERBS["posted"]): "ask",
    (ACTIVITY_TYPES["assessment"], VERBS["answered"]): "course",
}


def rules_of(behaviour: str) -> list[tuple[str, str]]:
    """What is placed as a behaviour: verb and activity type; an empty one stands for any other."""
    rules = [(verb, kind) for (kind, verb), name in _TYPE_AND_VERB.items() if name == behaviour]
    if behaviour == "course":
        rules += [("", kind) for kind in sorted(_COURSE_TYPES)]
    return rules + [(verb, "") for verb, name in _BY_VERB.items() if name == behaviour]


def category_iri(behaviour: str) -> str:
    """The category activity's id that says which behaviour a statement records.

    Raises KeyError for a name that is not one of `BEHAVIOURS`.
    """
    return CATEGORY_PREFIX + BEHAVIOURS[behaviour].name


def behaviour_of(statement: Mapping[str, Any]) -> Behaviour:
    """The behaviour of a valid statement: what it says of itself, else what its words mean."""
    context = statement.get("context") or {}
    activities = context.get("contextActivities") or {}
    categories = activities.get("category") or ()
    for activity in (categories,) if isinstance(categories, dict) else categories:
        identifier = activity.get("id", "")
        if identifier.startswith(CATEGORY_PREFIX):
            return BEHAVIOURS.get(identifier[len(CATEGORY_PREFIX) :], UNCLASSIFIED)
    target = statement.get("object") or {}
    kind = (target.get("definition") or {}).get("type", "")
    return _classify(statement["verb"]["id"], kind)


@lru_cache(maxsize=8192)
def _classify(verb: str, kind: str) -> Behaviour:
    verb = canonical_iri(verb)
    kind = canonical_iri(kind)
    name = _TYPE_AND_VERB.get((kind, verb))
    if name is None and kind in _COURSE_TYPES:
        name = "course"
    if name is None:
        name = _BY_VERB.get(verb)
    return BEHAVIOURS[name] if name else UNCLASSIFIED
