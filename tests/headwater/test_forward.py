"""Statements from one LRS to another: resumed, refused ones set aside, nothing passed over."""

import asyncio
import hashlib
import json
import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from typer.testing import CliRunner

from bus.records import lines
from headwater import forwarding, patience
from headwater.cli import build
from headwater.errors import StackError
from headwater.forwarding import Forward, ForwardStopped, Lrs, State, client
from lrs.http.attachments import Attachments
from lrs.server import Application
from lrs.settings import LrsSettings
from lrs.statements.reader import Range, Stored
from tests.headwater.conftest import LOGIN, FakeRecords, lrs_of, served
from tests.lrs.fakes import FakeLog

START = datetime(2024, 5, 31, 8, 30, tzinfo=UTC)
BOTH = tuple[str, str]


class FollowingLog(FakeLog):
    """A log whose frontier is the reader's."""

    def __init__(self, reader: "ListReader") -> None:
        super().__init__()
        self._reader = reader

    @property
    def frontier(self) -> datetime:  # type: ignore[override]
        return self._reader.frontier

    @frontier.setter
    def frontier(self, at: datetime) -> None:
        """The reader has it."""


class ListReader:
    """Statements from a list, readable up to the frontier."""

    def __init__(self) -> None:
        self.frontier = START
        self.stored: list[Stored] = []

    def add(self, count: int, **more: Any) -> None:
        """Statements, one a second, readable at once."""
        for _ in range(count):
            number = len(self.stored)
            at = START + timedelta(seconds=number)
            said = {
                "id": str(UUID(int=number)),
                "actor": {"mbox": "mailto:anna@example.org"},
                "verb": {"id": "http://example.org/did"},
                "object": {"id": f"http://example.org/{number}"},
                "version": "1.0.0",
                "authority": {"mbox": "mailto:lrs@example.org"},
                "timestamp": at.isoformat(),
                **more,
            }
            self.stored.append(Stored(json.dumps(said).encode(), at, number))
            self.frontier = at

    async def run(self) -> None:
        """Nothing to ask."""
        await asyncio.Event().wait()

    async def ready(self) -> bool:
        """Always."""
        return True

    async def one(self, identifier: UUID, voided: bool = False) -> Stored | None:
        """The statement with an id."""
        known = (each for each in self.stored if json.loads(each.raw)["id"] == str(identifier))
        return None if voided else next(known, None)

    async def voided(self, identifier: UUID) -> bool:
        """None is."""
        return False

    async def by_ids(self, identifiers: Collection[UUID]) -> dict[UUID, Stored]:
        """None that a client would send again."""
        return {}

    async def several(self, wanted: Range) -> Sequence[Stored]:
        """A page."""
        return [
            each
            for each in self.stored
            if (wanted.since is None or each.stored > wanted.since)
            and (wanted.until is None or each.stored <= wanted.until)
            and (wanted.beyond is None or each.position > wanted.beyond)
            and each.stored <= self.frontier
        ][: wanted.limit]


@pytest.fixture
def reader() -> ListReader:
    """What the source reads from."""
    return ListReader()


@pytest.fixture
def both(
    tmp_path: Path, accepted: FakeRecords, reader: ListReader, lrs_application: Application
) -> Iterator[BOTH]:
    """The addresses of two running LRSs: the source, and the target that `accepted` stands for."""
    settings = LrsSettings(
        data=tmp_path / "source",
        lrs_credentials=":".join(LOGIN),  # type: ignore[arg-type]
        lrs_page_limit=7,
        lrs_minimum_free=0,
    )
    source = lrs_of(settings, FakeRecords(), reader=reader, log=FollowingLog(reader))
    with ExitStack() as stack:
        yield tuple(stack.enter_context(served(each)) for each in (source, lrs_application))  # type: ignore[misc]


@pytest.fixture
def forward(both: BOTH, tmp_path: Path) -> Callable[..., State]:
    """Forwards from one to the other, as often as a test wants."""
    path = tmp_path / "forward.json"

    def forwarded(
        wanted: dict[str, str] | None = None, patience: float = 10.0, **more: Any
    ) -> State:
        state = State.read(path, both[1], wanted or {})

        async def run() -> None:
            async with (
                client(f"{both[0]}/xapi", LOGIN, direct=True) as ours,
                client(f"{both[1]}/xapi", LOGIN, direct=True) as theirs,
            ):
                source, target = Lrs("this LRS", ours, patience), Lrs("other", theirs, patience)
                await Forward(source, target, state, path, batch=3, **more).run()

        asyncio.run(run())
        return state

    return forwarded


def refused(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "forward.refused.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_every_statement_arrives_once_in_order_and_without_what_an_lrs_sets(
    forward: Any, reader: ListReader, accepted: FakeRecords
) -> None:
    reader.add(40)
    state = forward()
    assert (state.sent, state.refused) == (40, 0)
    assert accepted.ids() == [str(UUID(int=n)) for n in range(40)]
    first = json.loads(lines(accepted.records[0].value)[0])
    assert "stored" not in first
    assert first["authority"]["account"]["name"] == LOGIN[0]
    assert datetime.fromisoformat(first["timestamp"]) == START
    forward()
    assert len(accepted.ids()) == 40
    reader.add(5)
    assert forward().sent == 45
    assert len(accepted.ids()) == 45


def test_what_cannot_be_read_yet_is_not_passed_over(
    forward: Any, reader: ListReader, accepted: FakeRecords
) -> None:
    reader.add(20)
    reader.frontier = START + timedelta(seconds=9)
    assert forward().sent == 10
    reader.frontier = START + timedelta(seconds=19)
    assert forward().sent == 20
    assert len(set(accepted.ids())) == len(accepted.ids()) == 20


def test_only_what_is_wanted_is_sent(forward: Any, reader: ListReader, accepted: Any) -> None:
    reader.add(30)
    span = {
        "since": (START + timedelta(seconds=4)).isoformat(),
        "until": (START + timedelta(seconds=20)).isoformat(),
    }
    state = forward(span, follow=True)  # ends by itself: nothing more can be stored until then
    assert state.sent == 16
    assert accepted.ids()[0] == str(UUID(int=5))


def test_what_is_refused_is_set_aside_and_the_rest_arrives(
    forward: Any, reader: ListReader, accepted: FakeRecords, tmp_path: Path
) -> None:
    reader.add(8)
    reader.add(1, verb={"id": "no IRI"})
    reader.add(8)
    state = forward()
    assert (state.sent, state.refused) == (16, 1)
    (said,) = refused(tmp_path)
    assert said["id"] == said["statement"]["id"] == str(UUID(int=8))
    assert said["reason"].startswith("400 ")
    assert "verb" in said["reason"]
    assert set(accepted.ids()) == {str(UUID(int=n)) for n in range(17) if n != 8}


def test_files_of_attachments_go_with_their_statement(
    forward: Any, both: BOTH, reader: ListReader, accepted: FakeRecords, tmp_path: Path
) -> None:
    file = bytes(range(256)) * 1000 + b"\r\n--no boundary\r\n"
    digest = hashlib.sha256(file).hexdigest()
    attachment = {
        "usageType": "http://example.org/picture",
        "display": {"en": "A picture"},
        "contentType": "image/png",
        "length": len(file),
        "sha2": digest,
    }
    reader.add(2)
    reader.add(1, attachments=[attachment])
    reader.add(2)
    reader.add(1, attachments=[{**attachment, "sha2": "0" * 64}])  # its file is nowhere
    head = f"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {digest}\r\n"
    said = json.loads(reader.stored[2].raw)
    del said["authority"]
    body = b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(said).encode()
    body += f"\r\n--b\r\nContent-Type: image/png\r\n{head}\r\n".encode() + file + b"\r\n--b--\r\n"
    stored = httpx.post(
        f"{both[0]}/xapi/statements",
        content=body,
        auth=LOGIN,
        headers={
            "Content-Type": "multipart/mixed; boundary=b",
            "X-Experience-API-Version": "1.0.3",
        },
        trust_env=False,
    )
    assert stored.status_code == 200, stored.text
    state = forward()
    assert (state.sent, state.refused) == (5, 1)
    assert set(accepted.ids()) == {str(UUID(int=n)) for n in range(5)}
    assert Attachments(tmp_path / "attachments").path(digest).read_bytes() == file
    assert refused(tmp_path)[0]["id"] == str(UUID(int=5))


@pytest.mark.parametrize("number", range(1, 12, 2))
def test_an_interrupted_forward_goes_on(
    forward: Any,
    reader: ListReader,
    accepted: FakeRecords,
    tmp_path: Path,
    number: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader.add(4)
    reader.add(1, verb={"id": "no IRI"})
    reader.add(25)
    post, calls = Forward._post, 0

    async def interrupted(self: Forward, *arguments: Any) -> httpx.Response:
        nonlocal calls
        calls += 1
        if calls == number:
            raise ForwardStopped("the test stops it")
        return await post(self, *arguments)

    monkeypatch.setattr(Forward, "_post", interrupted)
    with pytest.raises(ForwardStopped):
        forward()
    # As if it had been killed after it wrote what was refused and before it said so.
    with (tmp_path / "forward.refused.jsonl").open("ab") as file:
        file.write(b'{"id": "twice')
    state = forward()
    assert (state.sent, state.refused) == (29, 1)
    assert len(set(accepted.ids())) == 29
    assert len(refused(tmp_path)) == 1


def test_not_now_is_tried_again_and_patience_ends(
    forward: Any, reader: ListReader, accepted: FakeRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.add(10)
    publish, refusals = accepted.publish, 3

    async def put_off(record: Any) -> Any:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            from lrs.errors import Unavailable

            raise Unavailable("Kafka does not answer", seconds=0)
        return await publish(record)

    monkeypatch.setattr(accepted, "publish", put_off)
    assert forward().sent == 10
    assert len(set(accepted.ids())) == 10
    reader.add(1)
    refusals = 10**9
    with pytest.raises(ForwardStopped, match="other says: 503 Kafka does not answer, for 0 s"):
        forward(patience=0.2)


def test_following_takes_what_comes(forward: Any, reader: ListReader, monkeypatch: Any) -> None:
    monkeypatch.setattr(forwarding, "LOOK_SECONDS", 0.01)
    reader.add(10)
    seen: list[int] = []

    class Enough(Exception):
        """Ctrl-C."""

    def told(state: State) -> None:
        seen.append(state.sent)
        if state.sent >= 40:
            raise Enough
        if not state.until:
            reader.add(10)

    with pytest.raises(Enough):
        forward(follow=True, told=told)
    assert seen[-1] == 40


def test_a_state_belongs_to_one_target_and_filter(forward: Any, reader: ListReader) -> None:
    reader.add(3)
    forward()
    with pytest.raises(ForwardStopped, match="name another file with --state"):
        forward({"verb": "http://example.org/did"})


# The command


@pytest.fixture
def run(both: BOTH, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `headwater forward` from the one to the other."""
    host, _, port = both[0].removeprefix("http://").partition(":")
    monkeypatch.setenv("HEADWATER_LRS_HOST", host)
    monkeypatch.setenv("HEADWATER_LRS_PORT", port)
    monkeypatch.setenv("HEADWATER_LRS_CREDENTIALS", ":".join(LOGIN))
    monkeypatch.setenv("HEADWATER_FORWARD_PASSWORD", LOGIN[1])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def ran(*arguments: str, url: str = "", user: str = LOGIN[0]) -> Any:
        words = ["forward", url or f"{both[1]}/xapi", "--user", user, *arguments]
        return CliRunner().invoke(build(), words)

    return ran


def test_the_command_sums_up_and_goes_on(
    run: Any, reader: ListReader, accepted: Any, tmp_path: Path
) -> None:
    reader.add(20)
    result = run()
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(
        "20 statements were sent, 0 refused, through 2024-05-31T08:30:19"
    )
    result = run()
    assert result.exit_code == 0
    assert "nothing new since; 20 statements were sent, 0 refused in all" in result.stdout
    reader.add(1, verb={"id": "no IRI"})
    result = run()
    assert result.exit_code == 1
    assert "going on: 20 statements were sent" in result.output
    kept = f"{tmp_path}/state/headwater/forwards/127.0.0.1-"
    assert f"refused, each with the reason: {kept}" in result.output
    assert list((tmp_path / "here").iterdir()) == []
    assert len(accepted.ids()) == 20


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"user": "nobody"}, "the other LRS says: 401 these credentials are not known here"),
        ({"url": "{0}/wrong"}, "the other LRS says: 404"),
    ],
)
def test_the_command_says_what_is_wrong(
    run: Any, reader: ListReader, both: BOTH, arguments: dict[str, str], said: str
) -> None:
    reader.add(1)
    given = {name: value.format(both[1]) for name, value in arguments.items()}
    result = run(**given)
    assert isinstance(result.exception, StackError)
    assert said in str(result.exception)
    assert not Path("forwards").exists()


@pytest.mark.parametrize("text", ["[]", "7", "{}", '{"target": "x", "wanted": {}, "sent": "many"}'])
def test_a_state_that_is_none_is_one_line(run: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    result = run("--state", str(tmp_path / "state.json"))
    assert isinstance(result.exception, StackError)
    assert "state.json cannot be read" in str(result.exception)


def test_a_state_of_an_earlier_version_is_found_where_it_was(
    run: Any, reader: ListReader, tmp_path: Path
) -> None:
    reader.add(3)
    assert run().exit_code == 0
    (tmp_path / "state" / "headwater" / "forwards").rename("forwards")
    assert "going on: 3 statements were sent" in run().output


def test_the_command_reads_times(run: Any) -> None:
    assert run("--since", "yesterday").exit_code == 2


# Addresses


@pytest.mark.parametrize(
    "url", ["not-a-url", "ftp://a.b/xapi", "http://", "http://[", "http://a:x/"]
)
def test_what_is_no_address_is_refused_at_once(tmp_path: Path, url: str) -> None:
    answer = CliRunner().invoke(
        build(), ["forward", url, "--user", "x", "--password", "y", "--data", str(tmp_path)]
    )
    assert answer.exit_code == 2
    assert "is no address as in" in answer.output


@contextmanager
def silent() -> Iterator[str]:
    """Somebody who takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/xapi"


@contextmanager
def dead() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}/xapi"


@pytest.mark.parametrize("there", [silent, dead])
def test_an_address_where_nobody_answers_is_told_in_time_and_each_time(
    both: BOTH, tmp_path: Path, there: Any, monkeypatch: Any
) -> None:
    assert forwarding.FIRST_SECONDS < 5
    monkeypatch.setattr(forwarding, "FIRST_SECONDS", 0.3)
    monkeypatch.setattr(patience, "_growing", lambda state: 0.01)
    told: list[str] = []

    async def run(url: str) -> None:
        async with (
            client(f"{both[0]}/xapi", LOGIN, direct=True) as ours,
            client(url, LOGIN) as them,
        ):
            enough = asyncio.Event()

            def waiting(line: str) -> None:
                told.append(line)
                if len(told) == 2:
                    enough.set()

            state = State(url, {})
            source = Lrs("this LRS", ours, None)
            target = Lrs("the other LRS", them, None, waiting)
            going = asyncio.create_task(
                Forward(source, target, state, tmp_path / "f.json", follow=True).run()
            )
            async with asyncio.timeout(60):
                await enough.wait()
            assert not going.done()
            going.cancel()

    with there() as url:
        asyncio.run(run(url))
        for line in told:
            assert line.startswith("the other LRS ")
            assert f"at {url}" in line
            assert "trying again in" in line
