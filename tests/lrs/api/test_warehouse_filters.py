"""Filters of GET /statements on the real warehouse, against plain Python (tests/lrs/meaning.py)."""

import asyncio
import itertools
import json
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lrs.api.reader import Range, WarehouseReader
from lrs.warehouse.client import Warehouse
from tests.lrs import meaning
from tests.lrs.parts import Part, walk
from tests.statement_grammar import STATEMENTS
from xapi.identity import canonical

pytestmark = pytest.mark.integration

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
#: The engine answers in milliseconds, not microseconds: shrinking would take minutes.
ENGINE = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)

AGENTS = [
    {"mbox": "mailto:Ann@corp.invalid", "name": "Ann"},
    {"objectType": "Agent", "mbox_sha1sum": "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"},
    {"openid": "https://corp.invalid/ben", "name": "Ben"},
    {"account": {"homePage": "https://corp.invalid/", "name": "cleo|é"}, "name": "Cleo's \\ name"},
    {"account": {"homePage": "https://corp.invalid", "name": "cleo|é"}, "name": "Cleo"},
]
GROUPS = [
    {"objectType": "Group", "member": AGENTS[:2]},
    {"objectType": "Group", "mbox": "mailto:team@corp.invalid", "member": AGENTS[2:4]},
    {"objectType": "Group", "mbox": "mailto:team@corp.invalid", "name": "The team"},
]
VERBS = ["https://corp.invalid/did", "https://corp.invalid/'saw\\'"]
ACTIVITIES = ["https://corp.invalid/a", "https://corp.invalid/b", "course-v1:C+1"]
REGISTRATIONS = [str(UUID(int=n)).upper() for n in (10, 11)]

agents = st.sampled_from(AGENTS)
actors = st.sampled_from(AGENTS + GROUPS)
typed = st.sampled_from([{"objectType": "Agent", **each} for each in AGENTS] + GROUPS)
activities = st.builds(
    lambda name, definition: {"id": name, **definition},
    st.sampled_from(ACTIVITIES),
    st.sampled_from(
        [{}, {"objectType": "Activity"}, {"definition": {"name": {"en": "A \n name"}}}]
    ),
)
around = activities | st.lists(activities, max_size=2)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "registration": st.sampled_from(REGISTRATIONS),
        "instructor": actors,
        "team": st.sampled_from(GROUPS),
        "contextActivities": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("parent", "grouping", "category", "other"), around)
        ),
        "contextAgents": st.lists(st.fixed_dictionaries({"agent": agents}), max_size=2),
        "contextGroups": st.lists(
            st.fixed_dictionaries({"group": st.sampled_from(GROUPS)}), max_size=2
        ),
    },
)
verbs = st.sampled_from(VERBS).map(lambda name: {"id": name})


@st.composite
def said(draw, number, count):
    """A statement of `count`; what it refers to may be any of them, itself too, or none."""
    objects = activities | typed
    target = draw(st.none() | st.integers(0, count))
    if target is not None:
        thing = {"objectType": "StatementRef", "id": target}
    else:
        thing = draw(
            objects
            | st.fixed_dictionaries(
                {
                    "objectType": st.just("SubStatement"),
                    "actor": actors,
                    "verb": verbs,
                    "object": objects
                    | st.just({"objectType": "StatementRef", "id": str(UUID(int=3))}),
                },
                optional={"context": contexts},
            )
        )
    found = {"id": number, "actor": draw(actors), "verb": draw(verbs), "object": thing}
    if target is not None and draw(st.integers(0, 3)) == 0:
        found["verb"] = {"id": VOIDED}
    if context := draw(st.none() | contexts):
        found["context"] = context
    if authority := draw(st.none() | agents):
        found["authority"] = authority
    return found


@st.composite
def logs(draw):
    """Statements of up to nine ids, some more than once, in up to four inserts."""
    count = draw(st.integers(2, 9))
    numbers = draw(st.permutations([*range(count), *draw(st.lists(st.integers(0, count - 1)))]))
    every = [draw(said(number, count)) for number in numbers]
    cuts = sorted(draw(st.lists(st.integers(0, len(every)), max_size=3)))
    edges = [0, *cuts, len(every)]
    return [every[a:b] for a, b in itertools.pairwise(edges)], draw(st.randoms())


ranges = st.builds(
    Range,
    since=st.none(),
    until=st.none(),
    beyond=st.none(),
    through=st.none(),
    agent=st.sampled_from(["", *{canonical(each) for each in AGENTS + GROUPS} - {""}]),
    verb=st.sampled_from(["", "", VOIDED, *VERBS]),
    activity=st.sampled_from(["", "", *ACTIVITIES]),
    registration=st.sampled_from([None, None, UUID(int=10), UUID(int=11)]),
    related_agents=st.booleans(),
    related_activities=st.booleans(),
    ascending=st.booleans(),
    authority=st.sampled_from(["", "", "", canonical(AGENTS[0]), canonical(AGENTS[3])]),
    limit=st.integers(1, 12),
)


@pytest.fixture(scope="module")
def client(warehouse):
    client = Warehouse(warehouse.admin)
    yield client
    client.close()


@pytest.fixture(scope="module")
def reader(client):
    return WarehouseReader(client, interval=0.05)


@settings(ENGINE, max_examples=25)
@given(logs(), st.lists(ranges, min_size=3, max_size=8))
def test_a_range_has_what_the_specification_says(client, reader, log, wanted):
    inserts, chance = log
    part = Part(client)
    batches = [[part.add(each) for each in some] for some in inserts]
    chance.shuffle(batches)
    for places in batches:
        if places:
            part.insert(*places)
    if chance.random() < 0.5:
        again = chance.choice([places for places in batches if places])
        part.insert(*again)
    for each in wanted:
        assert walk(reader, part.within(each)) == part.expected(each), each
    winners = part.winners()
    gone = meaning.voided(winners.values())
    for identifier, statement in winners.items():
        for voided in (False, True):
            found = asyncio.run(reader.one(identifier, voided=voided))
            assert (found is not None) == ((identifier in gone) == voided)
            assert found is None or json.loads(found.raw) == statement


@settings(ENGINE, max_examples=15)
@given(st.lists(STATEMENTS, min_size=20, max_size=60))
def test_the_warehouse_and_python_see_the_same_keys(client, statements):
    part = Part(client)
    for number, each in enumerate(statements):
        # The door puts times into the form that the warehouse reads.
        part.add({k: v for k, v in each.items() if k != "timestamp"} | {"id": number})
        part.lines[-1]["object"] = each["object"]
    part.insert(*range(len(statements)))
    rows = client.query(
        "SELECT id, arraySort(keys), authority FROM lrs.statement_keys WHERE key = 0 "
        "AND id IN {ids:Array(UUID)}",
        {"ids": [each["id"] for each in part.lines]},
    )
    found = {identifier: (list(keys), authority) for identifier, keys, authority in rows}
    for each in part.lines:
        direct, related = meaning.direct_agents(each), meaning.related_agents(each)
        about = {one["id"] for is_object, one in meaning.activities(each) if is_object}
        around = {one["id"] for _, one in meaning.activities(each)}
        expected = [
            *((1, one) for one in direct),
            *((2, one) for one in related - direct),
            (3, each["verb"]["id"]),
            *((4, one) for one in about),
            *((5, one) for one in around - about),
        ]
        if registration := each.get("context", {}).get("registration"):
            expected.append((6, str(UUID(registration))))
        ((hashes, authority),) = client.query(
            "SELECT arraySort(arrayMap(x -> cityHash64(x.1, x.2), "
            "{keys:Array(Tuple(UInt8, String))})), cityHash64(toUInt8(7), {authority:String})",
            {"keys": expected, "authority": canonical(each.get("authority", {}))},
        )
        assert found[UUID(each["id"])] == (list(hashes), authority), each
