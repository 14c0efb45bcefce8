"""User lists: whose addresses count, tool by tool, and that addresses go to the directory alone."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from killed_poller import Said, killed, serving
from prometheus_client import generate_latest
from slack_workspace import Workspace

from bus import loads
from bus.topics import ALL, PEOPLE
from producers.connector import User, UserList, WithUsers
from producers.following import Followed
from producers.poller import Poller
from producers.polling.api import Api
from producers.polling.errors import UsersUnread
from producers.polling.users import Verified, read_list, without_addresses
from producers.registry import all_connectors
from producers.settings import PollerSettings
from serving import tasks
from tests.conftest import free_port
from tests.topics import held
from tests.waiting import comes

LISTING = sorted(name for name, each in all_connectors().items() if each.poll and each.poll.users)
ADDRESS = "ida@north.example"
Answer = Callable[[str, dict[str, str]], Any]


def listed(tool: str, answer: Answer, **options: Any) -> dict[str, tuple[str, ...]]:
    """Account → addresses, as a tool's user list is read from a local server."""
    connector = all_connectors()[tool]
    assert connector.poll
    assert connector.poll.users
    pages = connector.poll.users.pages

    async def read(site: str) -> list[User]:
        made = connector.options.model_validate({"site": site, **options})
        assert connector.poll
        http = httpx.AsyncClient(base_url=connector.poll.address(made))
        async with Api(http, denied=connector.poll.denied) as api:
            return [user async for some in pages(api, made) for user in some]

    with serving(lambda path, asked: (200, {}, answer(path, asked))) as site:
        return {each.name: each.addresses for each in asyncio.run(read(site))}


def test_the_tools_that_list_users_are_these() -> None:
    assert LISTING == ["discourse", "gitlab", "jira", "microsoft365", "slack", "zendesk"]


@pytest.mark.parametrize("tool", LISTING)
def test_no_list_is_read_unless_the_connection_says_so(tool: str) -> None:
    connector = all_connectors()[tool]
    assert issubclass(connector.options, WithUsers)
    assert connector.options.model_fields["read_users"].default is False


def test_slack_counts_confirmed_addresses_of_members() -> None:
    workspace = Workspace()
    workspace.joins("U1", ADDRESS)
    workspace.joins("U2", "ole@north.example", is_email_confirmed=False)
    workspace.joins("U3", "bot@north.example", is_bot=True)
    workspace.joins("U4", "guest@north.example", is_ultra_restricted=True)
    workspace.joins("U5", "left@north.example", deleted=True)
    workspace.joins("U6", deleted=True)
    workspace.joins("U7", "named@north.example")
    workspace.joins("U8", "other@south.example", is_stranger=True)
    found = listed("slack", lambda path, asked: workspace.answer(path[5:], asked), bots=["U7"])
    assert found == {
        "U1": (ADDRESS,), "U2": (), "U3": (), "U4": (), "U5": ("left@north.example",),
        "U7": (), "U8": (),
    }  # fmt: skip


def gitlab_user(number: int, name: str, address: str = ADDRESS, **more: Any) -> dict[str, Any]:
    return {"id": number, "username": name, "email": address, "external": False,
            "confirmed_at": "2026-01-02T08:00:00Z", **more}  # fmt: skip


def test_gitlab_counts_confirmed_addresses_of_people_inside() -> None:
    users = [
        gitlab_user(1, "ida"),
        gitlab_user(2, "ole", confirmed_at=None),
        gitlab_user(3, "may", external=True),
        gitlab_user(4, "group_7_bot_ab12"),
        gitlab_user(5, "jenkins"),
        gitlab_user(6, "guest"),
        {"id": 7, "username": "plain"},
    ]
    asked_for: list[str] = []

    def answer(path: str, asked: dict[str, str]) -> Any:
        asked_for.append(path)
        return users

    found = listed("gitlab", answer, bots=["jenkins"], outsiders=[6])
    assert asked_for == ["/api/v4/users"]
    assert {name for name, addresses in found.items() if addresses} == {"1"}
    assert set(found) == {str(number) for number in range(1, 8)}


def test_zendesk_counts_verified_addresses_of_the_staff() -> None:
    roles = {
        "admin": [{"id": 1, "email": ADDRESS, "verified": True, "active": True}],
        "agent": [
            {"id": 2, "email": "ole@north.example", "verified": False, "active": True},
            {"id": 3, "email": "bot@north.example", "verified": True, "active": True},
            {"id": 4, "email": None, "verified": True, "active": False},
        ],
        "end-user": [{"id": 5, "email": "c@south.example", "verified": True, "active": True}],
    }

    def answer(path: str, asked: dict[str, str]) -> Any:
        some = roles[asked["role"]]
        at = int(asked.get("page[after]", 0))
        more = at + 1 < len(some)
        meta = {"has_more": more, "after_cursor": str(at + 1)}
        return {"users": some[at : at + 1], "meta": meta}

    asked = {"api_user": "a@north.example", "bots": [3]}
    assert listed("zendesk", answer, **asked) == {"1": (ADDRESS,), "2": (), "3": ()}
    colleagues = listed("zendesk", answer, requesters="colleagues", **asked)
    assert colleagues["5"] == ("c@south.example",)


def test_discourse_counts_addresses_of_active_users() -> None:
    pages = [
        [
            {"id": -1, "username": "system", "email": "no@north.example", "active": True},
            {"id": 21, "username": "Ida", "email": ADDRESS, "active": True},
        ],
        [
            {"id": 22, "username": "ole", "email": "ole@north.example", "active": False},
            {"id": 23, "username": "helper", "email": "h@north.example", "active": True},
            {"id": 24, "username": "visitor", "email": "v@south.example", "active": True},
        ],
        [],
    ]

    def answer(path: str, asked: dict[str, str]) -> Any:
        assert asked["show_emails"] == "true"
        return pages[int(asked["page"]) - 1]

    found = listed("discourse", answer, bots=["helper"], outsiders=["visitor"])
    assert found == {"ida": (ADDRESS,), "ole": (), "helper": (), "visitor": ()}


def test_microsoft_counts_addresses_in_the_domain_of_the_user_name() -> None:
    def user(key: str, name: str, **more: Any) -> dict[str, Any]:
        return {"id": key, "userPrincipalName": name, "mail": None, "userType": "Member", **more}

    first = [
        user("A1", "Ida@north.example", mail="ida.berg@north.example",
             proxyAddresses=["SMTP:ida.berg@north.example", "smtp:i@north.example",
                             "X500:/o=x", "smtp:ida@mail.example"]),
        user("B2", "visitor_south.example#EXT#@north.example", userType="Guest"),
    ]  # fmt: skip
    second = [user("C3", "ole@north.onmicrosoft.example", mail="ole@corp.example")]
    at: list[str] = []

    def answer(path: str, asked: dict[str, str]) -> Any:
        if "$skiptoken" in asked:
            return {"value": second}
        return {"value": first, "@odata.nextLink": f"{at[0]}/v1.0/users?$skiptoken=x"}

    connector = all_connectors()["microsoft365"]
    assert connector.poll
    assert connector.poll.users
    pages = connector.poll.users.pages

    async def read(site: str) -> dict[str, tuple[str, ...]]:
        made = connector.options.model_validate({"site": site, "domains": ["corp.example"]})
        async with Api(httpx.AsyncClient(base_url=f"{site}/")) as api:
            return {each.name: each.addresses async for some in pages(api, made) for each in some}

    with serving(lambda path, asked: (200, {}, answer(path, asked))) as site:
        at.append(site)
        found = asyncio.run(read(site))
    ida = ("ida@north.example", "ida.berg@north.example", "ida.berg@north.example",
           "i@north.example")  # fmt: skip
    ole = ("ole@north.onmicrosoft.example", "ole@corp.example")
    assert found == {
        "a1": ida, "ida@north.example": ida, "b2": (),
        "visitor_south.example#ext#@north.example": (),
        "c3": ole, "ole@north.onmicrosoft.example": ole,
    }  # fmt: skip


def test_jira_counts_addresses_of_ones_own_domains_alone() -> None:
    users = [
        {"accountId": "a1", "accountType": "atlassian", "emailAddress": ADDRESS},
        {"accountId": "a2", "accountType": "app", "emailAddress": "app@north.example"},
        {"accountId": "a3", "accountType": "customer", "emailAddress": "c@south.example"},
        {"accountId": "a4", "accountType": "atlassian"},
        {"accountId": "A5", "accountType": "atlassian", "emailAddress": "m@north.example"},
    ]

    def answer(path: str, asked: dict[str, str]) -> Any:
        assert path == "/rest/api/2/users/search"
        at = int(asked["startAt"])
        return users[at : at + 2]

    said = {"api_user": "a@north.example", "domains": ["north.example"], "read_users": True}
    found = listed("jira", answer, bots=["a5"], **said)
    assert found == {"a1": (ADDRESS,), "a2": (), "a3": (), "a4": (), "A5": ()}
    options = all_connectors()["jira"].options
    for lacking in ("api_user", "domains"):
        given = {"site": "https://j.example", **said}
        del given[lacking]
        with pytest.raises(ValueError, match="needs domains"):
            options.model_validate(given)


# What is made of a list


def users_of(*pairs: tuple[str, tuple[str, ...]]) -> list[User]:
    return [User("https://tool.example", name, addresses) for name, addresses in pairs]


def test_only_what_changed_is_sent_and_of_one_account_the_last_word() -> None:
    verified = Verified({"account:https://tool.example|a": (ADDRESS,)})
    said = users_of(("a", (" Ida@North.example ",)), ("b", ()), ("c", ("x@y.example",)),
                    ("c", ("not an address", "c@y.example", "C@y.example")))  # fmt: skip
    links = verified.changed(said, WithUsers())
    assert [(each.account[-1], each.addresses) for each in links] == [("c", ("c@y.example",))]
    verified.sent(links)
    assert verified.changed(said, WithUsers()) == []
    gone = verified.changed(users_of(("a", ())), WithUsers())
    assert [each.addresses for each in gone] == [()]
    own = WithUsers(domains=frozenset({"@North.example"}))
    assert [each.account[-1] for each in verified.changed(said, own)] == ["c"]


def test_no_address_is_in_what_is_shown_of_a_user_or_a_link() -> None:
    (user,) = users_of(("a", (ADDRESS,)))
    (link,) = Verified({}).changed([user], WithUsers())
    assert link.addresses == (ADDRESS,)
    assert ADDRESS not in f"{user!r} {link!r} {user} {link}"


@pytest.mark.parametrize(
    "text",
    [
        f'https://tool.example/users answers 403: {{"user": "{ADDRESS}"}}',
        "GET /users?q=ida%40north.example failed",
        f"KeyError: '<{ADDRESS}>'",
    ],
)
def test_an_error_is_told_without_addresses(text: str) -> None:
    told = without_addresses(text)
    assert "north.example" not in told
    assert "(an address)" in told


def test_a_list_without_any_address_is_a_permission_that_lacks() -> None:
    async def pages(*_: Any) -> Any:
        yield users_of(("a", ()), ("b", ()))

    asked: Any = None
    listed = UserList(pages, "give it the scope")
    with pytest.raises(UsersUnread, match="no verified address: give it the scope"):
        asyncio.run(read_list(listed, asked, WithUsers(), asked, Verified({})))


# The poller


class Slack:
    """A workspace's user list that changes while it is read; its errors quote addresses."""

    def __init__(self) -> None:
        self.workspace = Workspace(channels=())
        self.asked = 0
        self.told = Counter[str]()
        self.resting = False
        self._chance = random.Random(5)
        self._lock = threading.Lock()
        for number in range(150):
            self.workspace.joins(f"U{number:03}", f"u{number}@north.example")

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        """As Slack answers; now and then somebody's address or standing changes meanwhile."""
        method = path.removeprefix("/api/")
        with self._lock:
            self.asked += 1
            if method == "users.list" and not self.resting:
                self._change()
            fault = self._chance.choice(["429", "500"]) if self._chance.random() < 0.1 else ""
            self.told[fault] += 1
            if fault:
                quoted = {"ok": False, "error": f"not for {ADDRESS}"}
                return int(fault), {"Retry-After": "0.02"}, quoted
            return 200, {}, self.workspace.answer(method, asked)

    def _change(self) -> None:
        user = f"U{self._chance.randrange(160):03}"
        sort = self._chance.choice(["moves", "guest", "unconfirmed", "leaves"])
        if sort == "moves":
            self.workspace.joins(user, f"{user}.{self.asked}@north.example".lower())
        elif sort == "guest":
            self.workspace.joins(user, f"{user}@north.example".lower(), is_restricted=True)
        elif sort == "unconfirmed":
            address = f"{user}@north.example".lower()
            self.workspace.joins(user, address, is_email_confirmed=False)
        elif user in self.workspace.users:
            self.workspace.joins(user, deleted=True)


def known(kafka: str) -> dict[str, list[str]]:
    """Slack user → addresses, as the closed loads of the topic say."""
    waiting: dict[str, dict[str, list[str]]] = {}
    found: dict[str, list[str]] = {}
    for record in held(kafka, PEOPLE):
        said = loads.read(record.value, "people", 2)
        if isinstance(said, loads.Closing):
            assert len(waiting.get(said.load, {})) == said.count
            found |= waiting.pop(said.load, {})
        else:
            waiting.setdefault(said["load"], {})[said["account"]] = said["addresses"]
    return {account.rpartition("|")[2]: addresses for account, addresses in found.items()}


@pytest.mark.integration
def test_a_list_that_changes_is_exact_through_kills_and_no_address_goes_elsewhere(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = Slack()
    monkeypatch.setenv("SLACK_SECRET", "s3cret")
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-token")
    port = free_port()
    with serving(slack.answer) as site:
        (tmp_path / "connections.toml").write_text(
            '[[connection]]\nname = "killed-users"\nconnector = "slack"\n'
            'secret = "env:SLACK_SECRET"\ntoken = "env:SLACK_TOKEN"\n'
            f'[connection.options]\nsite = "{site}"\nread_users = true\n'
        )
        once = tmp_path / "connections.toml"
        for kills in (10, 0):  # the second poller reads a list that rests
            chance = random.Random(3)
            killed(kafka, once, port, kills=kills, asked=lambda: slack.asked, chance=chance)
            slack.resting = True
        before = len(held(kafka, PEOPLE))
        killed(kafka, once, port, kills=0, asked=lambda: slack.asked, chance=random.Random(3))
    assert len(held(kafka, PEOPLE)) == before, "nothing changed, and something was sent"
    told = {each: addresses for each, addresses in known(kafka).items() if addresses}
    now = {
        name: [user["profile"]["email"].lower()]
        for name, user in slack.workspace.users.items()
        if user["is_email_confirmed"] and not user.get("is_restricted")
    }
    left = {name for name, user in slack.workspace.users.items() if user["deleted"]}
    assert {name: told[name] for name in told.keys() - left} == now
    assert {"429", "500"} <= slack.told.keys()

    log = (tmp_path / "poller.log").read_text()
    assert "the tool puts us off" in log
    assert "north.example" not in log
    for topic in ALL:
        holding = [each for each in held(kafka, topic) if b"north.example" in (each.value or b"")]
        assert bool(holding) == (topic is PEOPLE), topic.name


@pytest.mark.integration
def test_what_goes_wrong_with_a_list_is_told_without_addresses(
    kafka: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """In the log, in the state and among the figures; and no event of it is counted."""
    (tmp_path / "secret").write_text("s3cret")

    def answer(path: str, asked: dict[str, str]) -> Said:
        if path.endswith("users.list"):
            return 403, {}, {"ok": False, "error": f"{ADDRESS} is hidden from you"}
        return 200, {}, Workspace(channels=()).answer(path.removeprefix("/api/"), asked)

    async def scenario() -> str:
        poller = Poller(PollerSettings(kafka=kafka), Followed(path=tmp_path / "c.toml"))
        (stream,) = [each for each in poller.streams if each.name == "users"]
        async with tasks.running("poller", poller.works):
            await comes(lambda: stream.progress.problem)
        await poller.close()
        problem = stream.progress.problem
        assert problem is not None, "it is told with the first refusal, not when it is late"
        return f"{problem} {poller.read_until()} {generate_latest().decode()}"

    with serving(answer) as site:
        (tmp_path / "c.toml").write_text(
            '[[connection]]\nname = "hiding"\nconnector = "slack"\nsecret = "file:secret"\n'
            f'token = "file:secret"\noptions = {{site = "{site}", read_users = true}}\n'
        )
        told = asyncio.run(scenario())
    captured = capfd.readouterr()
    assert "The reading of users of the connection hiding stands still" in told
    assert "`headwater connectors check hiding`" in told
    assert "(an address) is hidden from you" in told
    assert "a stream was not read" in captured.out + captured.err
    assert "north.example" not in told + captured.out + captured.err
