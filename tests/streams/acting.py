"""What people do with things and each other, as a history in which much is linked."""

from datetime import timedelta

from hypothesis import strategies as st

from tests.streams.history import ACCOUNTS, BEGIN, Fact, Times
from xapi.vocabulary import RESPONSES, VERBS

DAY, MOMENT = timedelta(days=1), timedelta(milliseconds=1)
#: How far back what began something may lie.
REACH = 90 * DAY

THINGS = ("https://wiki.example/a", "https://wiki.example/b")
#: Behaviour, verb and success of what people do, each with a thing.
ACTS = (
    ("ask", "asked", None), ("ask", "submit", None), ("help", "replied", None),
    ("collaborate", "replied", None), ("help", "commented", None), ("connect", "replied", None),
    ("help", "answered", True), ("record", "answered", True), ("help", "answered", False),
    ("help", "coached", None), ("none", "replied", None), ("unclassified", "replied", None),
    ("reinforce", "reviewed", None), ("collaborate", "approve", None),
    ("reinforce", "liked", None), ("connect", "mentioned", None),
    ("collaborate", "mentioned", None), ("connect", "posted", None), ("record", "author", None),
    ("curate", "edited", None),
    ("record", "uploaded", None), ("unclassified", "edited", None), ("none", "edited", None),
    ("curate", "shared", None), ("connect", "shared", None), ("none", "shared", None),
    ("read", "viewed", None), ("read", "read", None), ("explore", "viewed", None),
    ("course", "answered", True),
)  # fmt: skip
#: Those that go together: what begins something and what it leads to.
LIKELY = (0, 2, 2, 6, 18, 26, 26, 23, 12)
MOMENTS = (
    *(timedelta(hours=n) for n in (0, 1, 5, 23, 30)),
    20 * DAY, REACH - MOMENT, REACH, REACH + MOMENT, REACH + timedelta(hours=5), 100 * DAY,
)  # fmt: skip


@st.composite
def acts(draw: st.DrawFn) -> list[Fact]:
    """Some acts on few things, many of them at the same time."""
    found: list[Fact] = []
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(LIKELY) | st.integers(0, len(ACTS) - 1))
        behaviour, verb, success = ACTS[kind]
        one = draw(st.uuids())
        thing = draw(st.sampled_from((*THINGS, *THINGS, "")))
        named = [thing, thing, *(f"urn:uuid:{fact.id}" for fact in found[-2:])]
        responds = VERBS.get(verb) in RESPONSES or behaviour == "help"
        found.append(
            Fact(
                str(one),
                BEGIN
                + draw(st.sampled_from(MOMENTS))
                + draw(st.sampled_from((0, 0, 0, 1))) * MOMENT,
                draw(st.sampled_from((*ACCOUNTS, 0))),
                draw(st.sampled_from((0, 0, *ACCOUNTS))),
                draw(st.sampled_from(("Wiki", "Chat"))),
                behaviour,
                draw(st.sampled_from(("", "kafka", "xapi"))),
                draw(st.integers(1, 1 << 40)),
                VERBS.get(verb, verb),
                thing,
                draw(st.sampled_from(named)) if responds else "",
                success,
            )
        )
    return found


LONG = Times(BEGIN, 110, (1,), st.dates(BEGIN.date() - 1200 * DAY, BEGIN.date() + 20 * DAY))
