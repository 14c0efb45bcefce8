"""Hypothesis strategies for xAPI statements: valid ones, and valid ones broken in one place."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Json = Any

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
) | st.sampled_from(["", "a:b", 'quote " and \\ backslash', "line\nbreak", "été 😀", "\\u003a"])
#: Text that identifies nothing may hold NUL too.
WORDS = TEXT | st.just("a\0b")
HEX = "0123456789abcdefABCDEF"


def _hex(length: int) -> st.SearchStrategy[str]:
    return st.text(HEX, min_size=length, max_size=length)


IRIS = st.builds(
    "{}{}".format,
    st.sampled_from(
        ["http://example.org/", "https://w3id.org/xapi/", "urn:x:", "course-v1:", "tag:a,2020:"]
    ),
    st.text("abcXYZ019-._~:/?#[]@!$&'()*+,;=éß漢", min_size=1, max_size=20),
)
UUIDS = st.uuids().map(str) | st.uuids().map(lambda found: str(found).upper())
TAGS = st.sampled_from(
    ["en", "en-US", "fr-CA", "zh-Hans-CN", "cmn", "sr-Latn-RS", "de-DE-1996", "es-419", "x-house",
     "i-klingon", "und", "zh-cmn-Hans-CN", "en-a-abc-b-def", "de-CH-x-phonebk"]
)  # fmt: skip
TIMES = st.builds(
    "{:%Y-%m-%dT%H:%M:%S}{}{}".format,
    st.datetimes(
        min_value=__import__("datetime").datetime(1900, 1, 1),
        max_value=__import__("datetime").datetime(2299, 1, 1),
    ),
    st.sampled_from(["", ".1", ".123", ".123456", ".123456789", ",5", ".1234567890123"]),
    st.sampled_from(["Z", "", "+00:00", "+01:00", "-0530", "+14", "-11:30"]),
)
DURATIONS = st.sampled_from(
    ["PT4H35M59.14S", "PT16559.14S", "P3Y1M29DT4H35M59.14S", "P3Y", "P4W", "PT0S", "P1.5D", "PT1H"]
)
NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
MAPS = st.dictionaries(TAGS, WORDS, max_size=2)
EXTENSIONS = st.dictionaries(IRIS, VALUES, max_size=3)


def thing(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Json]:
    """An object with its required properties, and any of the optional ones."""
    return st.fixed_dictionaries(required, optional=optional)


ACCOUNTS = thing({"homePage": IRIS, "name": TEXT}, {})
MAILS = st.sampled_from(
    ["mailto:ada@example.org", "mailto:a.b+c@sub.example.co.uk", "mailto:élève@exämple.org"]
)
IDENTIFIERS = st.one_of(
    st.fixed_dictionaries({"mbox": MAILS}),
    st.fixed_dictionaries({"mbox_sha1sum": _hex(40)}),
    st.fixed_dictionaries({"openid": IRIS}),
    st.fixed_dictionaries({"account": ACCOUNTS}),
)


def _merged(*parts: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.tuples(*parts).map(lambda found: {k: v for part in found for k, v in part.items()})


AGENTS = _merged(IDENTIFIERS, thing({}, {"objectType": st.just("Agent"), "name": WORDS}))
TYPED_AGENTS = _merged(IDENTIFIERS, thing({"objectType": st.just("Agent")}, {"name": TEXT}))
MEMBERS = st.lists(AGENTS, min_size=1, max_size=3)
GROUPS = _merged(
    IDENTIFIERS, thing({"objectType": st.just("Group")}, {"name": WORDS, "member": MEMBERS})
) | thing({"objectType": st.just("Group"), "member": MEMBERS}, {"name": TEXT})
ACTORS = AGENTS | GROUPS
VERBS = thing({"id": IRIS}, {"display": MAPS})
COMPONENTS = st.lists(
    thing({"id": TEXT}, {"description": MAPS}), max_size=3, unique_by=lambda each: each["id"]
)
PATTERNS = st.lists(WORDS, max_size=2)
INTERACTIONS = st.one_of(
    thing(
        {"interactionType": st.sampled_from(["true-false", "fill-in", "numeric", "other"])},
        {"correctResponsesPattern": PATTERNS},
    ),
    thing(
        {"interactionType": st.sampled_from(["choice", "sequencing"])},
        {"choices": COMPONENTS, "correctResponsesPattern": PATTERNS},
    ),
    thing({"interactionType": st.just("likert")}, {"scale": COMPONENTS}),
    thing({"interactionType": st.just("matching")}, {"source": COMPONENTS, "target": COMPONENTS}),
    thing({"interactionType": st.just("performance")}, {"steps": COMPONENTS}),
)
DEFINITIONS = _merged(
    thing(
        {},
        {
            "name": MAPS,
            "description": MAPS,
            "type": IRIS,
            "moreInfo": IRIS,
            "extensions": EXTENSIONS,
        },
    ),
    st.just({}) | INTERACTIONS,
)
ACTIVITIES = thing({"id": IRIS}, {"objectType": st.just("Activity"), "definition": DEFINITIONS})
REFERENCES = thing({"objectType": st.just("StatementRef"), "id": UUIDS}, {})


@st.composite
def scores(draw: st.DrawFn) -> Json:
    """A score whose numbers stand in order."""
    low, raw, high = sorted(draw(st.tuples(NUMBERS, NUMBERS, NUMBERS)))
    parts: dict[str, Any] = {"raw": raw}
    if low < high:
        parts |= {"min": low, "max": high}
    parts["scaled"] = draw(st.floats(-1, 1) | st.sampled_from([-1, 0, 1]))
    kept = draw(st.lists(st.sampled_from(sorted(parts)), unique=True))
    return {name: parts[name] for name in kept}


RESULTS = thing(
    {},
    {
        "score": scores(),
        "success": st.booleans(),
        "completion": st.booleans(),
        "response": WORDS,
        "duration": DURATIONS,
        "extensions": EXTENSIONS,
    },
)
AROUND = ACTIVITIES | st.lists(ACTIVITIES, max_size=2)
CONTEXTS = thing(
    {},
    {
        "registration": UUIDS,
        "instructor": ACTORS,
        "team": GROUPS,
        "contextActivities": thing(
            {}, {"parent": AROUND, "grouping": AROUND, "category": AROUND, "other": AROUND}
        ),
        "language": TAGS,
        "statement": REFERENCES,
        "extensions": EXTENSIONS,
    },
)
ABOUT_ACTIVITIES = _merged(CONTEXTS, thing({}, {"revision": WORDS, "platform": WORDS}))
ATTACHMENTS = st.lists(
    thing(
        {
            "usageType": IRIS,
            "display": MAPS,
            "contentType": st.sampled_from(["text/plain", 'text/html; charset="utf-8"']),
            "length": st.integers(0, 10**9),
            "sha2": _hex(64),
            "fileUrl": IRIS,
        },
        {"description": MAPS},
    ),
    max_size=2,
)
REST = {"result": RESULTS, "timestamp": TIMES, "attachments": ATTACHMENTS}
SUBSTATEMENTS = thing(
    {
        "objectType": st.just("SubStatement"),
        "actor": ACTORS,
        "verb": VERBS,
        "object": ACTIVITIES | TYPED_AGENTS | GROUPS | REFERENCES,
    },
    {**REST, "context": CONTEXTS},
)
ASSIGNED = {
    "id": UUIDS,
    "stored": TIMES,
    "authority": AGENTS,
    "version": st.sampled_from(["1.0.0", "1.0.3"]),
}
STATEMENTS = thing(
    {"actor": ACTORS, "verb": VERBS, "object": ACTIVITIES},
    {**ASSIGNED, **REST, "context": ABOUT_ACTIVITIES},
) | thing(
    {
        "actor": ACTORS,
        "verb": VERBS,
        "object": TYPED_AGENTS | GROUPS | REFERENCES | SUBSTATEMENTS,
    },
    {**ASSIGNED, **REST, "context": CONTEXTS},
)


def places(value: Json, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in a statement, extensions' insides left out."""
    found = [path]
    if path and path[-1] == "extensions":
        return found
    if isinstance(value, dict):
        for name, item in value.items():
            found += places(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            found += places(item, (*path, place))
    return found


def changed(value: Json, path: tuple[Any, ...], change: Callable[[Json], Json]) -> Json:
    """A copy of a statement with one place changed."""
    if not path:
        return change(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], change)
    return copy


@st.composite
def broken(draw: st.DrawFn) -> Json:
    """A statement with one value replaced by what is wrong wherever it stands, or one key too many.

    Null and an object with an unknown key are wrong everywhere outside extensions.
    """
    statement = draw(STATEMENTS)
    path = draw(st.sampled_from(places(statement)))
    if path and path[-1] == "extensions":
        return changed(statement, path, lambda _: draw(st.sampled_from([None, 1, "x", {"k": 1}])))
    wrong = draw(st.sampled_from([None, {"Unknown": 1}, {"": None}]))
    return changed(statement, path, lambda _: wrong)
