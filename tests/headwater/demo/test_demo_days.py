"""The synthetic organisation: the same for the same seed, plausible, and valid on its way."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from headwater.demo.days import events, is_workday, pulse
from headwater.demo.life import Progress, _between
from headwater.demo.organisation import HISTORY_DAYS, HOME, SEED, TEAMS, Organisation
from kpis.intake import parse as parse_kpis
from producers.connector import Mapped
from producers.connectors.github import connector
from producers.directory import parse as parse_directory
from xapi import vocabulary
from xapi.statement import validate

TODAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return Organisation.of(SEED, TODAY)


def test_the_same_seed_gives_the_same_days(organisation: Organisation) -> None:
    day = TODAY - timedelta(days=40)
    assert events(organisation, day) == events(Organisation.of(SEED, TODAY), day)
    assert events(organisation, day) != events(Organisation.of(SEED + 1, TODAY), day)


def test_a_hundred_and_twenty_people_in_twelve_teams(organisation: Organisation) -> None:
    listed = [person for person in organisation.people if person.listed]
    assert len(listed) == 120
    assert len({person.login for person in organisation.people}) == len(organisation.people)
    for day in (organisation.first, TODAY - timedelta(days=91), TODAY):
        sizes = Counter(p.team(day) for p in listed if p.start <= day)
        assert sizes.keys() == TEAMS.keys()
        assert min(sizes.values()) >= 5
    assert sum(person.start > organisation.first for person in listed) >= 10
    assert sum(len(person.stays) > 1 for person in listed) >= 5


def test_six_months_hold_a_hundred_thousand_events(organisation: Organisation) -> None:
    days = [organisation.first + timedelta(days=n) for n in range(0, HISTORY_DAYS, 9)]
    some = sum(len(events(organisation, day)) for day in days)
    assert some * HISTORY_DAYS / len(days) > 100_000


def test_every_event_is_valid_and_mapped(organisation: Organisation) -> None:
    behaviours: Counter[str] = Counter()
    hooks: Counter[str] = Counter()
    for back in range(3, 17):
        for event in events(organisation, TODAY - timedelta(days=back)):
            if event.hook:
                kind = connector.kind_of({"x-github-event": event.hook}, event.body)
                sort = connector.sort(kind)
                assert isinstance(sort, Mapped), kind
                for statement in sort.mapper(event.body):
                    validate(json.loads(json.dumps(statement)))
                hooks[kind] += 1
            else:
                validate(event.body)
                behaviours[vocabulary.behaviour_of(event.body).name] += 1
    assert behaviours.keys() == vocabulary.BEHAVIOURS.keys()
    assert {"issues.opened", "issues.closed", "discussion.answered", "gollum"} <= hooks.keys()
    assert hooks["issues.opened"] > hooks["issues.closed"], "some questions stay open"


def test_people_work_by_day_and_in_the_week(organisation: Organisation) -> None:
    day = TODAY - timedelta(days=5)
    while not is_workday(day):
        day -= timedelta(days=1)
    statements = [event for event in events(organisation, day) if not event.hook]
    inside = sum(7 <= event.at.hour < 18 for event in statements)
    assert inside > 0.85 * len(statements)
    sunday = day - timedelta(days=day.weekday() + 1)
    assert len(events(organisation, sunday)) < len(statements) / 3


def test_events_of_a_day_are_of_that_day_and_have_their_own_ids(organisation: Organisation) -> None:
    seen: set[str] = set()
    for back in range(5):
        day = TODAY - timedelta(days=back)
        for event in events(organisation, day):
            assert event.at.date() == day
            if not event.hook:
                assert event.body["id"] not in seen
                seen.add(event.body["id"])


def test_there_is_a_pulse_at_any_hour(organisation: Organisation) -> None:
    night = datetime(2026, 6, 28, 3, 14, tzinfo=UTC)
    assert 2 <= len(pulse(organisation, night)) <= 9
    found = _between(organisation, night, night + timedelta(minutes=3))
    assert len(found) >= 6
    assert all(night < event.at <= night + timedelta(minutes=3) for event in found)


def test_the_files_are_what_the_loaders_take(organisation: Organisation) -> None:
    people = parse_directory(organisation.directory().encode(), {})
    assert not people.problems
    assert len(people.people) == 120
    kpis = parse_kpis(organisation.kpis().encode())
    assert not kpis.problems
    assert len(kpis.observations) > 12 * 3 * 24
    account = f"account:{HOME}|{organisation.people[0].login}"
    assert any(account in person.accounts for person in people.people)


def test_progress_is_kept_whole(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "demo.json"
    now = datetime(2026, 6, 30, 12, tzinfo=UTC)
    progress = Progress.read(path, now)
    progress.oldest = "2026-05-05"
    progress.write(path)
    assert Progress.read(path, now + timedelta(days=3)) == progress
