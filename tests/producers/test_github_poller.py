"""GitHub asked by a real poller that is killed again and again; asked and pushed in any order."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import orjson
import pytest
from counted import VOIDED, counting, statements
from github_forge import NAME, Forge
from hypothesis import given, settings
from hypothesis import strategies as st
from killed_poller import CHANGING, Busy, Said, brought, killed, serving

from bus.topics import REJECTED, STATEMENTS
from producers.connections import Connection
from producers.connector import Found
from producers.connectors.github import connector, kind_of, poll
from producers.connectors.github.poll import GitHubOptions
from producers.intake import Intake
from producers.polling.api import Api
from tests.conftest import free_port
from tests.topics import held
from xapi.vocabulary import VERBS

API = "https://api.github.com"
MENTIONED = VERBS["mentioned"]


def options(api: str = API) -> GitHubOptions:
    return GitHubOptions(repositories=(NAME,), api=api, outsiders={"jon"})


def intake(api: str = API) -> Intake:
    return Intake(Connection("forge", connector, b"secret", options(api)))


def pushed(forge: Forge) -> list[Found]:
    return [Found(kind_of({"x-github-event": n}, each), each) for n, each in forge.deliveries]


def asked(
    forge: Forge,
    cursors: dict[str, str] | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> list[Found]:
    """One round; `cursors` are moved, and something may happen after each answer."""
    cursors = {} if cursors is None else cursors

    def handler(request: httpx.Request) -> httpx.Response:
        place = urlsplit(str(request.url))
        told = dict(parse_qsl(place.query))
        if request.content:
            told |= {n: str(v or "") for n, v in orjson.loads(request.content)["variables"].items()}
        headers, content = forge.found(place.path, told, API)
        answer = httpx.Response(200, json=content, headers=headers)
        meanwhile()
        return answer

    async def read() -> list[Found]:
        http = httpx.AsyncClient(base_url=f"{API}/", transport=httpx.MockTransport(handler))
        found = []
        async with Api(http, denied=poll.denied) as api:
            for name, pages in poll.streams.items():
                async for page in pages(api, options(), cursors.get(name, "")):
                    found += page.events
                    cursors[name] = page.cursor
        return found

    return asyncio.run(read())


def signals(found: list[Found]) -> dict[str, Any]:
    one = intake()
    made = [signal for each in found for signal in one.map(each.kind, each.event).signals]
    return {str(signal.id): signal for signal in made}


def assert_asked_alone(every: list[dict[str, Any]], there: dict[str, Any]) -> None:
    """What counts is all there is; and, where nobody told of an edit, whom its text called in
    before."""
    found = counting(every)
    assert found.keys() >= there.keys()
    assert {found[each]["verb"]["id"] for each in found.keys() - there.keys()} <= {MENTIONED}


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), rounds=st.integers(1, 4), often=st.integers(1, 3))
def test_pushed_and_asked_in_any_order_it_counts_as_one_clean_pass(
    seed: int, rounds: int, often: int
) -> None:
    chance = random.Random(seed)
    forge, cursors, found = Forge(chance), dict[str, str](), list[Found]()
    for _ in range(rounds):
        for _ in range(25):
            forge.act()
        found += asked(forge, cursors)
    clean = asked(forge)
    mixed = (found + pushed(forge)) * often
    chance.shuffle(mixed)
    one = intake()
    there, every = counting(statements(one, clean)), statements(one, mixed)
    # Who was called in, edited out and in again stays void where the edits were told.
    void = {each["object"]["id"] for each in every if each["verb"]["id"] == VOIDED}
    again = {each for each in there.keys() & void if there[each]["verb"]["id"] == MENTIONED}
    assert counting(every).keys() == there.keys() - again
    assert_asked_alone(statements(one, found), there)
    assert signals(mixed).keys() == signals(clean).keys()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_list_that_changes_while_it_is_read_leaves_nothing_out(seed: int) -> None:
    chance = random.Random(seed)
    forge, cursors = Forge(chance, size=3), dict[str, str]()
    for _ in range(60):
        forge.act()
    found = asked(forge, cursors, meanwhile=forge.act) + asked(forge, cursors)
    one = intake()
    there = counting(statements(one, asked(forge)))
    assert_asked_alone(statements(one, found), there)


class GitHub(Busy):
    """As GitHub answers: 429 and 403 with a time to wait, 5xx, and a limit of GraphQL's."""

    faults = ("429", "403", "500", "502", "RATE_LIMITED")

    def __init__(self) -> None:
        super().__init__()
        self.address = ""
        self.forge = Forge(random.Random(7))
        for _ in range(250):
            self.forge.act()

    def go_on(self) -> None:
        """Somebody does something, now and then."""
        if self.asked < CHANGING and self.chance.random() < 0.3:
            self.forge.act()

    def refused(self, fault: str) -> Said:
        if fault == "RATE_LIMITED":
            return 200, {}, {"errors": [{"type": fault, "message": "API rate limit exceeded"}]}
        return super().refused(fault)

    def found(self, path: str, asked: dict[str, str]) -> Said:
        headers, content = self.forge.found(path, asked, self.address)
        return 200, headers, content


@pytest.mark.integration
def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    github = GitHub()
    monkeypatch.setenv("FORGE_SECRET", "s3cret")
    monkeypatch.setenv("FORGE_TOKEN", "ghp_token")
    before = len(held(kafka, STATEMENTS))
    with serving(github.answer) as address:
        github.address = address
        (tmp_path / "connections.toml").write_text(
            '[[connection]]\nname = "killed-forge"\nconnector = "github"\n'
            'secret = "env:FORGE_SECRET"\ntoken = "env:FORGE_TOKEN"\n'
            f'[connection.options]\napi = "{address}"\nrepositories = ["{NAME}"]\n'
            'outsiders = ["Jon"]\n'
        )
        killed(
            kafka, tmp_path / "connections.toml", free_port(), kills=10,
            asked=lambda: github.asked, chance=random.Random(3),
        )  # fmt: skip
    clean = counting(statements(intake(), asked(github.forge)))
    lines = brought(kafka, "hook:killed-forge", since=before)
    assert_asked_alone(lines, clean)
    assert {each["verb"]["display"]["en"] for each in clean.values()} == {
        "submit", "close", "reopened", "commented", "approve", "reviewed", "asked", "posted",
        "replied", "answered", "mentioned",
    }  # fmt: skip
    assert len(lines) > len({each["id"] for each in lines}), "pages were read again"
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-forge"]
    assert {*github.faults} <= github.told.keys()
    assert github.asked > CHANGING, "the repository was still when it was read to its end"
