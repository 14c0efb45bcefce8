"""Filters of GET /statements on the real warehouse, against plain Python (tests/lrs/meaning.py)."""

import asyncio
import itertools
import json
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lrs.statements.reader import Range, WarehouseReader
from tests.lrs import meaning
from tests.lrs.parts import SECOND, Part, ids, walk
from tests.statement_grammar import STATEMENTS
from warehouse.client import Warehouse
from xapi.identity import canonical

pytestmark = pytest.mark.integration

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
#: The engine answers in milliseconds, not microseconds: shrinking would take minutes.
ENGINE = settings(
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
    return WarehouseReader(client)


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
    asked = list(itertools.product(winners, (False, True)))

    async def each_of_them():
        return await asyncio.gather(*(reader.one(one, voided=voided) for one, voided in asked))

    for (one, voided), found in zip(asked, asyncio.run(each_of_them()), strict=True):
        assert (found is not None) == ((one in gone) == voided)
        assert found is None or json.loads(found.raw) == winners[one]


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
    expected = []
    for each in part.lines:
        direct, related = meaning.direct_agents(each), meaning.related_agents(each)
        about = {one["id"] for is_object, one in meaning.activities(each) if is_object}
        around = {one["id"] for _, one in meaning.activities(each)}
        registration = each.get("context", {}).get("registration")
        expected.append(
            [
                *((1, one) for one in direct),
                *((2, one) for one in related - direct),
                (3, each["verb"]["id"]),
                *((4, one) for one in about),
                *((5, one) for one in around - about),
                *([(6, str(UUID(registration)))] if registration else []),
            ]
        )
    ((hashes, authorities),) = client.query(
        "SELECT arrayMap(keys -> arraySort(arrayMap(x -> cityHash64(x.1, x.2), keys)), "
        "{keys:Array(Array(Tuple(UInt8, String)))}), "
        "arrayMap(x -> cityHash64(toUInt8(7), x), {authorities:Array(String)})",
        {
            "keys": expected,
            "authorities": [canonical(each.get("authority", {})) for each in part.lines],
        },
    )
    for each, keys, authority in zip(part.lines, hashes, authorities, strict=True):
        assert found[UUID(each["id"])] == (list(keys), authority), each


def did(number, actor, thing=None, verb=VERBS[0]):
    """A plain statement."""
    return {
        "id": number,
        "actor": actor,
        "verb": {"id": verb},
        "object": thing or {"id": ACTIVITIES[0]},
    }


def refers(number, target, verb=VERBS[1]):
    """A statement by somebody else about another."""
    return did(number, AGENTS[2], {"objectType": "StatementRef", "id": target}, verb)


ANN = canonical(AGENTS[0])


def test_references_are_found_by_a_target_that_comes_later_along_a_chain(client, reader):
    part = Part(client)
    for each in (refers(3, 2), refers(2, 1), refers(1, 0), did(0, AGENTS[0])):
        part.insert(part.add(each))
    by_ann = part.within(Range(agent=ANN, verb=VERBS[0], ascending=True))
    assert walk(reader, by_ann) == [part.id(n) for n in (3, 2, 1, 0)]
    part.insert(1)
    part.insert(3)
    assert walk(reader, by_ann) == [part.id(n) for n in (3, 2, 1, 0)]


def test_references_that_come_round_to_themselves(client, reader):
    part = Part(client)
    part.insert(part.add(refers(0, 1)), part.add(refers(1, 0, VERBS[0])))
    part.insert(part.add(refers(2, 2)))
    assert walk(reader, part.within(Range(verb=VERBS[0]))) == [part.id(1), part.id(0)]
    assert walk(reader, part.within(Range(verb=VERBS[1]))) == [part.id(n) for n in (2, 1, 0)]


def test_a_voided_target_brings_what_refers_to_it_and_not_itself(client, reader):
    part = Part(client)
    for each in (did(0, AGENTS[0]), refers(1, 0, VOIDED), refers(2, 0)):
        part.insert(part.add(each))
    by_ann = part.within(Range(agent=ANN))
    assert walk(reader, by_ann) == [part.id(2), part.id(1)]
    assert walk(reader, part.within(Range())) == [part.id(2), part.id(1)]
    assert asyncio.run(reader.one(part.id(0))) is None
    assert asyncio.run(reader.one(part.id(0), voided=True)) is not None
    assert asyncio.run(reader.one(part.id(1), voided=True)) is None
    assert set(asyncio.run(reader.by_ids([part.id(0), part.id(2)]))) == {part.id(0), part.id(2)}


def test_what_a_loser_gave_its_references_goes_when_the_winner_comes(client, reader):
    part = Part(client)
    winner, loser = part.add(did(0, AGENTS[0])), part.add(did(0, AGENTS[3]))
    part.insert(loser, part.add(refers(1, 0)))
    by_loser = part.within(Range(agent=canonical(AGENTS[3])))
    assert walk(reader, by_loser) == [part.id(1), part.id(0)]
    part.insert(winner)
    assert walk(reader, by_loser) == []
    assert walk(reader, part.within(Range(agent=ANN))) == [part.id(1), part.id(0)]


def test_the_authority_alone_is_a_filter_too(client, reader):
    part = Part(client)
    mine, others = {"authority": AGENTS[0]}, {"authority": AGENTS[3]}
    for number, more in enumerate((mine, others, mine)):
        part.add({**did(number, AGENTS[0]), **more})
    part.insert(0, 1, 2, part.add({**refers(3, 0), **others}))
    assert walk(reader, part.within(Range(authority=ANN))) == [part.id(2), part.id(0)]
    found = walk(reader, part.within(Range(authority=ANN, verb=VERBS[0])))
    assert found == [part.id(2), part.id(0)]


@pytest.mark.parametrize("ascending", [False, True])
def test_a_walk_is_complete_while_statements_come(client, reader, ascending):
    """What was stored by the first page's frontier comes once, whatever is stored meanwhile."""
    part = Part(client)
    places = [part.add(did(n, AGENTS[n % 2])) for n in range(30)]
    part.insert(*places[:20])
    through = part.start + 19 * SECOND
    wanted = part.within(Range(agent=ANN, ascending=ascending, limit=3, through=through))
    found, late = [], iter(places[20:])
    while page := ids(asyncio.run(reader.several(wanted))):
        found += page
        last = asyncio.run(reader.by_ids([page[-1]]))[page[-1]]
        wanted = wanted._replace(beyond=last.position)
        part.insert(next(late), next(late))
    expected = [part.id(n) for n in range(0, 20, 2)]
    assert found == (expected if ascending else expected[::-1])


def test_a_page_is_filled_past_what_falls_out(client, reader):
    part = Part(client)
    every = [part.add(did(n, AGENTS[0])) for n in range(40)]
    voids = [part.add(refers(100 + n, n, VOIDED)) for n in range(1, 39)]
    part.insert(*every)
    part.insert(*voids)
    wanted = part.within(Range(agent=ANN, ascending=True, limit=2))
    wanted = wanted._replace(until=part.start + 39 * SECOND)
    assert ids(asyncio.run(reader.several(wanted))) == [part.id(0), part.id(39)]


def test_what_was_said_of_activities_and_agents(client, reader):
    part = Part(client)
    name, thing = f"https://corp.invalid/{part.number}", f"urn:thing:{part.number}"
    agent = {"account": {"homePage": name, "name": "a"}}
    around = {"contextActivities": {"parent": {"id": thing, "definition": {"type": "x:inner"}}}}
    nested = {
        "objectType": "SubStatement",
        "actor": {**agent, "name": "Second"},
        "verb": {"id": VERBS[0]},
        "object": {"id": thing, "definition": {"name": {"en": "B"}}},
        "context": around,
    }
    first = {"id": thing, "definition": {"name": {"en": "A"}, "extensions": {"x:n": 1.5}}}
    part.add({**did(0, AGENTS[1], first), "context": {"instructor": {**agent, "name": "First"}}})
    part.add(did(1, AGENTS[1], nested))
    part.add(did(2, AGENTS[1], first))
    part.insert(1)
    part.insert(2, 0)
    (found,) = asyncio.run(reader.definitions([thing, "urn:unknown"])).values()
    texts = [json.loads(each.raw) for each in found]
    assert texts[0] == first["definition"]
    # Both of one statement, so either may be the second.
    assert sorted(texts[1:], key=str) == [{"name": {"en": "B"}}, {"type": "x:inner"}]
    assert {each.source for each in found} == {"lrs:test"}
    assert asyncio.run(reader.names(canonical(agent))) == ["First", "Second"]
    assert asyncio.run(reader.names("mailto:nobody@corp.invalid")) == []
