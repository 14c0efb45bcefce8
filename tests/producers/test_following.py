"""connections.toml while it is in use: what is taken up of a file that changes, and when."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from boundary import Kafka
from starlette.testclient import TestClient
from test_hooks import signed

from producers import following
from producers.errors import ConnectionsError
from producers.following import Followed
from producers.hooks import Hooks, application
from producers.settings import HookSettings
from tests.waiting import until

FIRST = '[[connection]]\nname = "code"\nconnector = "github"\nsecret = "file:secrets/code"\n'
SECOND = FIRST.replace("code", "forge")
BODY = (
    b'{"pages":[{"page_name":"Home","action":"edited","sha":"6bf9","html_url":'
    b'"https://github.com/acme/widgets/wiki/Home"}],"repository":{"id":7,"full_name":"a/w",'
    b'"html_url":"https://github.com/acme/widgets"},"sender":{"login":"Ada","id":1,"type":"User"}}'
)
THE_SECRET = "It's a Secret to Everybody"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    for name in ("code", "forge"):
        (tmp_path / "secrets" / name).write_text("one\n")
    path = tmp_path / "connections.toml"
    path.write_text(FIRST)
    return path


def looked(followed: Followed) -> bool:
    return asyncio.run(followed.look())


def secrets(followed: Followed) -> dict[str, bytes]:
    return {name: each.connection.secret for name, each in followed.intakes.items()}


def test_what_is_the_same_stays_what_it_was(file: Path) -> None:
    followed = Followed(path=file)
    before = followed.intakes["code"]
    assert not looked(followed)
    file.write_text(f"# a comment\n{FIRST}{SECOND}")
    assert looked(followed)
    assert followed.intakes["code"] is before
    assert set(followed.intakes) == {"code", "forge"}
    assert not looked(followed)
    file.write_text(f"# another\n{FIRST}{SECOND}")
    assert not looked(followed), "nothing but a comment changed"
    file.write_text(SECOND)
    assert looked(followed)
    assert set(followed.intakes) == {"forge"}


def _over(file: Path) -> None:
    (file.parent / "secrets" / "code").write_text("two\n")


def _renamed(file: Path) -> None:
    new = file.parent / "new"
    new.write_text("two\n")
    new.replace(file.parent / "secrets" / "code")


def _linked(file: Path) -> None:
    """As Kubernetes puts another secret in: a link leads elsewhere, nothing in the folder does."""
    target = file.parent / "secrets" / "code"
    for number, text in enumerate(("one", "two")):
        (file.parent / f"version{number}").mkdir()
        (file.parent / f"version{number}" / "code").write_text(text)
    target.unlink()
    target.symlink_to(file.parent / "version1" / "code")


@pytest.mark.parametrize("write", [_over, _renamed, _linked])
def test_a_secret_that_is_named_is_followed(file: Path, write: Callable[[Path], None]) -> None:
    followed = Followed(path=file)
    write(file)
    assert looked(followed)
    assert secrets(followed) == {"code": b"two"}


@pytest.mark.parametrize(
    ("text", "plain", "detail"),
    [
        (FIRST + "[[", "no TOML: ", "connections.toml: "),
        (FIRST + 'nam = "x"\n', "line 5, 'nam': it is not one of connector", "line 5"),
        (FIRST + FIRST, "line 6, 'name': another has the name", "two connections are called"),
        (FIRST.replace("github", "gitbub"), "line 3, 'connector': there is no", "'gitbub'"),
        (FIRST.replace("/code", "/gone"), "line 4, 'secret': it cannot be read", "No such file"),
        (
            FIRST + '[connection.options]\napi = "https://a"\napj = ""\n',
            "line 7, 'apj': Extra inputs are not permitted",
            "there are: api, bots, history_days, incidents, keeps, outsiders, planned, "
            "repositories",
        ),
        ("connection = [1]", "write [[connection]] with two brackets", "two brackets"),
        ("a = " + "[" * 100_000, "no TOML: ", "connections.toml"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing_and_is_told(
    file: Path, text: str, plain: str, detail: str
) -> None:
    followed = Followed(path=file)
    before = followed.intakes
    file.write_text(text)
    assert not looked(followed)
    assert followed.intakes is before
    assert followed.problem
    assert plain in followed.problem.what
    assert followed.problem.what.endswith("what it said before is in force")
    assert detail in followed.problem.detail
    assert "code" not in followed.problem.what, "no name is for strangers"
    with pytest.raises(ConnectionsError):
        Followed(path=file)
    file.write_text(FIRST + SECOND)
    assert looked(followed)
    assert followed.problem is None


def test_a_secret_that_comes_after_the_file_that_names_it(file: Path) -> None:
    followed = Followed(path=file)
    file.write_text(FIRST + SECOND.replace("secrets/forge", "secrets/late"))
    assert not looked(followed)
    assert followed.problem
    (file.parent / "secrets" / "late").write_text("late")
    assert looked(followed)
    assert secrets(followed)["forge"] == b"late"


def test_a_file_that_is_gone_is_told_and_one_that_comes_back_is_read(file: Path) -> None:
    followed = Followed(path=file)
    file.unlink()
    assert not looked(followed)
    assert followed.problem
    assert "there is no such file" in followed.problem.what
    file.write_text(SECOND)
    assert looked(followed)
    assert set(followed.intakes) == {"forge"}


def test_a_file_that_is_being_written_is_read_when_it_is_whole(file: Path) -> None:
    """Half of a file may be a file: with one connection less."""
    followed = Followed(path=file)
    sizes: list[int] = []

    async def scenario() -> None:
        with file.open("w") as writing:
            looking = asyncio.create_task(followed.look())
            for piece in (FIRST, SECOND[:20], SECOND[20:]):
                writing.write(piece)
                writing.flush()
                sizes.append(len(followed.intakes))
                await asyncio.sleep(following.STILL / 4)
            assert await looking

    asyncio.run(scenario())
    assert sizes == [1, 1, 1]
    assert set(followed.intakes) == {"code", "forge"}


@pytest.fixture
def served(file: Path, tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "secrets" / "code").write_text(THE_SECRET)
    hooks = Hooks(HookSettings(data=tmp_path, hooks_minimum_free=0), Followed(path=file), Kafka())
    with TestClient(application(hooks)) as made:
        yield made


def sent(client: TestClient, name: str = "code") -> int:
    return int(client.post(f"/hooks/{name}", content=BODY, headers=signed(BODY)).status_code)


def test_a_delivery_right_by_a_file_that_just_changed_is_taken(
    served: TestClient, file: Path
) -> None:
    """Whether or not the regular look has come."""
    (file.parent / "secrets" / "forge").write_text(THE_SECRET)
    assert sent(served, "forge") == 404
    file.write_text(FIRST + SECOND)
    assert sent(served, "forge") == 200


@pytest.mark.parametrize(("seconds", "status"), [(60.0, 200), (0.0, 401)])
def test_a_delivery_right_by_the_file_before_is_taken_for_a_moment(
    served: TestClient, file: Path, seconds: float, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LINGER", seconds)
    connections = served.app.state.hooks.connections  # type: ignore[attr-defined]
    (file.parent / "secrets" / "code").write_text("another")
    until(lambda: secrets(connections) == {"code": b"another"})
    assert sent(served) == status


def test_a_delivery_that_is_wrong_by_every_file_is_refused_once(
    served: TestClient, file: Path
) -> None:
    (file.parent / "secrets" / "code").write_text("another")
    headers = signed(BODY) | {"X-Hub-Signature-256": f"sha256={'0' * 64}"}
    for _ in range(3):
        assert served.post("/hooks/code", content=BODY, headers=headers).status_code == 401
    (problem,) = served.get("/healthz").json()["problems"]
    assert "wrong signature" in problem["what"]


def test_health_says_which_line_is_wrong_and_no_name(served: TestClient, file: Path) -> None:
    file.write_text(FIRST + 'nam = "x"\n')
    assert sent(served, "nobody") == 404
    health = served.get("/healthz")
    assert health.status_code == 200
    (problem,) = health.json()["problems"]
    assert "connections.toml cannot be taken up (line 5, 'nam'" in problem["what"]
    assert "code" not in health.text
    assert sent(served) == 200
