"""What happens on a day: the same every time, in working hours, valid, and mapped."""

import json
import statistics
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.demo import forge, tools
from headwater.demo.days import A_DAY, events
from headwater.demo.event import Event
from headwater.demo.hours import CLOSES, OPENS, is_workday, when_at_work, working_moment, zone
from headwater.demo.life import sendable
from headwater.demo.organisation import FORGE, HISTORY_DAYS, HOME, Organisation, Person
from producers.connector import Mapped
from producers.connectors.github import connector, webhook
from xapi import statement, vocabulary
from xapi.identity import canonical

#: Events, each with a statement that comes of it.
Told = list[tuple[Event, dict[str, Any]]]


@pytest.fixture(scope="module")
def weeks(organisation: Organisation) -> list[Event]:
    """Two weeks in the middle of history, the later days first."""
    last = organisation.today - timedelta(days=60)
    return [e for back in range(14) for e in events(organisation, last - back * A_DAY)]


@pytest.fixture(scope="module")
def people(organisation: Organisation) -> dict[str, Person]:
    """Who holds which account."""
    return {
        canonical({"account": {"homePage": home, "name": person.login}}): person
        for person in organisation.people
        for home in (HOME, FORGE)
    }


def mapped(event: Event) -> list[dict[str, Any]]:
    """What the connector makes of a webhook."""
    sort = connector.decide(webhook.kind_of({"x-github-event": event.hook}, event.body))
    assert isinstance(sort, Mapped), event
    made = sort.mapper(event.body, connector.options())
    return [each for each in made if isinstance(each, dict)]


def statements(some: list[Event]) -> list[dict[str, Any]]:
    """All statements that come of events."""
    return [made for event in some for made in (mapped(event) if event.hook else [event.body])]


@pytest.fixture(scope="module")
def told(weeks: list[Event]) -> Told:
    """The statements of two weeks, each with the event that it comes of."""
    return [(event, made) for event in weeks for made in statements([event])]


def test_a_day_is_the_same_whenever_it_is_asked_for(organisation: Organisation) -> None:
    day = organisation.today - timedelta(days=40)
    there = events(organisation, day)
    again = Organisation.of(organisation.seed, organisation.today)
    for other in (day + A_DAY, day - 3 * A_DAY):
        events(again, other)
    assert events(again, day) == there
    assert events(Organisation.of(8, organisation.today), day) != there
    minute = datetime.fromisoformat("2026-06-15T13:05:00+00:00")
    assert tools.pulse(again, minute) == tools.pulse(organisation, minute)


def test_a_day_holds_what_happened_on_it_in_order(organisation: Organisation) -> None:
    day = organisation.today - timedelta(days=41)
    found = events(organisation, day)
    assert found
    assert {event.at.date() for event in found} == {day}
    assert list(found) == sorted(found, key=lambda event: event.at)


def test_seven_months_are_a_hundred_thousand_events_and_each_its_own(weeks: list[Event]) -> None:
    now = datetime.now(UTC)
    sent = sendable(weeks, now)
    assert 90_000 <= len(sent) * HISTORY_DAYS / 14 <= 200_000
    made = statements(weeks)
    assert len({said["id"] for said in made}) == len(made) == len(weeks)
    assert 0.06 < sum(bool(event.hook) for event in sent) / len(sent) < 0.2


def test_every_statement_is_valid_and_of_the_behaviour_it_was_made_for(
    weeks: list[Event], told: Told
) -> None:
    seen: set[str] = set()
    kinds = Counter(f"{event.hook}.{event.body.get('action', '')}" for event in weeks if event.hook)
    assert kinds.keys() == {
        "issues.opened", "issues.closed", "issue_comment.created", "discussion.created",
        "discussion.answered", "discussion_comment.created", "pull_request_review.submitted",
        "pull_request_review_comment.created", "gollum.",
    }  # fmt: skip
    for event, said in told:
        statement.validate(json.loads(json.dumps(said)))
        meant = vocabulary.behaviour_of(said)
        seen.add(meant.name)
        if not event.hook:
            words = (said["verb"]["id"], said["object"]["definition"]["type"])
            ways = tools.WAYS[meant.name]
            assert words in [
                (vocabulary.VERBS[verb], vocabulary.ACTIVITY_TYPES[kind]) for _, verb, kind in ways
            ]
    assert seen == vocabulary.BEHAVIOURS.keys()


@pytest.mark.parametrize("behaviour", sorted(tools.WAYS))
def test_words_alone_say_the_behaviour(behaviour: str) -> None:
    for _, verb, kind in tools.WAYS[behaviour]:
        said = {
            "verb": {"id": vocabulary.VERBS[verb]},
            "object": {"definition": {"type": vocabulary.ACTIVITY_TYPES[kind]}},
        }
        assert vocabulary.behaviour_of(said).name == behaviour, (verb, kind)


def test_everybody_is_somebody_and_nobody_turns_to_themselves(
    told: Told, people: dict[str, Person]
) -> None:
    unlisted = 0
    for _, said in told:
        actor = canonical(said["actor"])
        unlisted += not people[actor].listed
        other = said["context"].get("extensions", {}).get(vocabulary.COUNTERPART)
        if other:
            assert people[canonical(other)] is not people[actor]
    assert 0 < unlisted < len(told) / 20


def test_nothing_names_a_host_that_could_be_real(weeks: list[Event], told: Told) -> None:
    for _, said in told:
        for named in (said["actor"]["account"]["homePage"], said["object"]["id"]):
            assert named.startswith((f"{HOME}/", f"{FORGE}/", HOME, FORGE))
    for event in weeks:
        assert "github.com" not in json.dumps(event.body)


def test_work_is_done_in_working_hours_of_each_zone(told: Told, people: dict[str, Person]) -> None:
    inside = Counter[bool]()
    hours: dict[str, list[int]] = defaultdict(list)
    for event, said in told:
        person = people[canonical(said["actor"])]
        local = event.at.astimezone(zone(person.zone))
        inside[is_workday(person.zone, local.date()) and OPENS <= local.hour <= CLOSES] += 1
        hours[person.zone].append(event.at.hour)
    assert inside[True] / inside.total() > 0.95
    medians = {name: statistics.median(found) for name, found in hours.items()}
    assert medians["Asia/Kolkata"] < medians["Europe/Berlin"] < medians["America/New_York"]


def test_weeks_have_a_rhythm(weeks: list[Event]) -> None:
    days = Counter(event.at.strftime("%a") for event in weeks)
    assert days["Sat"] + days["Sun"] < days.total() / 20
    assert days["Fri"] < days["Wed"]


def test_holidays_are_quiet(organisation: Organisation) -> None:
    christmas = date(organisation.today.year - 1, 12, 25)
    assert christmas > organisation.first
    assert (
        len(events(organisation, christmas)) < len(events(organisation, christmas - 7 * A_DAY)) / 5
    )


def test_questions_are_answered_by_another_or_stay_open(weeks: list[Event]) -> None:
    asked: dict[str, Event] = {}
    answered: dict[str, list[Event]] = defaultdict(list)
    for event in weeks:
        if not event.hook and "/chat/questions/" in event.body["object"]["id"]:
            behaviour = vocabulary.behaviour_of(event.body).name
            thing = event.body["object"]["id"]
            if behaviour == "ask":
                asked[thing] = event
            else:
                answered[thing].append(event)
    first_week = min(event.at for event in weeks) + timedelta(days=7)
    early = [thing for thing, event in asked.items() if event.at < first_week]
    still_open = [thing for thing in early if not answered[thing]]
    assert 0.05 < len(still_open) / len(early) < 0.3
    for thing in early:
        for event in answered[thing]:
            assert event.at > asked[thing].at
            asker = event.body["context"]["extensions"][vocabulary.COUNTERPART]
            assert asker == asked[thing].body["actor"]


def test_newcomers_ask_more_at_first(organisation: Organisation) -> None:
    def asked(person: Person, since: date) -> int:
        actor = tools.account(person)
        return sum(
            event.body["actor"] == actor
            for n in range(21)
            for event in tools.questions(organisation, since + n * A_DAY)
            if vocabulary.behaviour_of(event.body).name == "ask"
        )

    newcomers = [
        person
        for person in organisation.people
        if person.listed
        and organisation.first <= person.start <= organisation.today - timedelta(days=105)
    ]
    assert len(newcomers) >= 4
    at_first = sum(asked(person, person.start) for person in newcomers)
    later = sum(asked(person, person.start + timedelta(days=84)) for person in newcomers)
    assert at_first > 1.5 * later > 0


def test_helpers_are_asked_again_and_again(told: Told, people: dict[str, Person]) -> None:
    helped = Counter(
        people[canonical(said["actor"])].id
        for _, said in told
        if vocabulary.behaviour_of(said).name == "help"
    )
    top = sum(count for _, count in helped.most_common(24))
    assert top > 0.35 * helped.total()  # a fifth of the people, more than a third of the help


def test_issues_have_lengths_and_numbers_of_their_own(organisation: Organisation) -> None:
    opened: dict[str, dict[str, Any]] = {}
    closed = 0
    for back in range(61, 33, -1):
        for event in forge.threads(organisation, organisation.today - back * A_DAY):
            if event.hook != "issues":
                continue
            issue = event.body["issue"]
            if event.body["action"] == "opened":
                assert issue["html_url"] not in opened
                opened[issue["html_url"]] = issue
            else:
                closed += 1
                assert issue["created_at"] == opened[issue["html_url"]]["created_at"]
                assert issue["closed_at"] > issue["created_at"]
    assert 0.5 < closed / len(opened) < 0.95


def test_payloads_have_the_documented_shape(weeks: list[Event], shared: Path) -> None:
    """Every property stands where GitHub's own example has it, with a value of the same kind."""
    checked = set()
    for event in weeks:
        name = event.hook.replace("_", "-")
        path = shared / "data" / "payloads" / "github" / f"{name}.json"
        if event.hook and event.hook not in checked and path.exists():
            checked.add(event.hook)
            example = json.loads(path.read_text("utf-8"))
            assert not list(strange(event.body, example, ""))
    assert checked == {
        "issues", "issue_comment", "gollum", "pull_request_review", "pull_request_review_comment",
    }  # fmt: skip


def strange(ours: Any, theirs: Any, path: str) -> Any:
    """Paths of what is in ours and not, or of another kind, in theirs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            if name not in theirs:
                yield f"{path}.{name}"
            else:
                yield from strange(value, theirs[name], f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        for value in ours if theirs else ():
            yield from strange(value, theirs[0], f"{path}[]")
    elif None not in (ours, theirs) and type(ours) is not type(theirs):
        yield f"{path}: {type(ours).__name__}, not {type(theirs).__name__}"


def test_real_time_is_a_few_events_a_minute_and_more_by_day(organisation: Organisation) -> None:
    night = datetime.fromisoformat("2026-06-13T23:00:00+00:00")  # a Saturday
    noon = datetime.fromisoformat("2026-06-16T13:00:00+00:00")
    rates = []
    for start in (night, noon):
        found = [tools.pulse(organisation, start + timedelta(minutes=n)) for n in range(60)]
        assert all(found), "no minute without an event"
        rates.append(sum(map(len, found)) / 60)
        for said in statements([event for some in found for event in some]):
            statement.validate(json.loads(json.dumps(said)))
    assert 1 <= rates[0] < 6 < 12 < rates[1] < 60


def test_work_waits_for_the_next_working_day(organisation: Organisation) -> None:
    chance = organisation.chance("test")
    friday_night = datetime.fromisoformat("2026-06-12T22:00:00+00:00")
    when = when_at_work(chance, "Europe/Berlin", friday_night)
    assert when.astimezone(zone("Europe/Berlin")).strftime("%a") == "Mon"
    at_work = working_moment(chance, "Asia/Kolkata", date(2026, 6, 15))
    assert when_at_work(chance, "Asia/Kolkata", at_work) == at_work
