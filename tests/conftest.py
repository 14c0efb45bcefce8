"""Fixtures that several folders share: the real broker, the real warehouse, the shared data."""

import contextlib
import functools
import gc
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx._transports.default as httpx_transport
import hypothesis
import pytest
import typer.testing

from bus import clients
from headwater.embedded import kafka as broker
from headwater.embedded import ports
from tests.waiting import PATIENCE

REPOSITORY = Path(__file__).parents[1]
#: The files that take longest, the longest first; then come the others with whole stacks.
LONGEST = (
    "e2e/test_chaos.py",
    "e2e/test_kind_stops.py",
    "streams/test_batches.py",
    "e2e/test_accounts_of_people.py",
    "streams/test_every_mart.py",
    "streams/test_content.py",
    "streams/test_flows.py",
    "streams/test_episodes.py",
    "streams/test_expertise.py",
    "e2e/test_up.py",
    "e2e/test_verify.py",
    "e2e/test_documents_killed.py",
    "e2e/test_backup.py",
    "joints/test_add_part.py",
    "e2e/test_demo.py",
    "reactions/test_rules_over_marts.py",
)
#: How the brokers of the tests let in who knows their address: every process started here is told.
LOGIN = {"HEADWATER_KAFKA_USER": "tests", "HEADWATER_KAFKA_PASSWORD": "tests-password"}
os.environ.update(LOGIN)

# On a machine that has other work to do, how long an example took says nothing.
hypothesis.settings.register_profile("headwater", deadline=None)
hypothesis.settings.load_profile("headwater")

# What imports and collecting make stays, and there is much of it: it is not looked through again
# and again for what nobody holds (`pytest_collection_finish`).
gc.set_threshold(20_000, 10, 20)


def authorities_read_once() -> None:
    """Lets all HTTP clients of the tests share the list of those who certify.

    Each would read it anew, which takes longer than twenty questions, and most ask this machine,
    without TLS.
    """
    read = httpx_transport.create_ssl_context
    once = functools.cache(lambda: read(verify=True, cert=None, trust_env=False))

    def shared(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        elsewhere = trust_env and {"SSL_CERT_FILE", "SSL_CERT_DIR"} & os.environ.keys()
        if verify is not True or cert or elsewhere:
            return read(verify=verify, cert=cert, trust_env=trust_env)
        return once()

    httpx_transport.create_ssl_context = shared


authorities_read_once()


def commands_made_once() -> None:
    """Lets all tests of a process share what Typer makes of the declarations of a command line.

    A process runs hundreds of commands here, where a user's runs one; to make all of them took
    three times as long as to run one that refuses.
    """
    once = functools.cache(typer.main.get_command)
    typer.main.get_command = typer.testing._get_command = once  # type: ignore[assignment]


commands_made_once()


def free_port() -> int:
    """A port that nothing listens on now, and that no connection takes meanwhile."""
    return ports.free_port()


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that a fixture started, kindly and then for good."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def _settings_of_its_own() -> Iterator[None]:
    """A command that a test runs in this process tells its part by the environment; no other."""
    before = {name: value for name, value in os.environ.items() if name.startswith("HEADWATER_")}
    yield
    for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
        if name not in before:
            del os.environ[name]
    os.environ.update(before)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` beside the repository: real statements and recorded payloads."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"CI needs {folder}: the shared data is part of the test run")
        pytest.skip("needs the shared data folder beside the repository, which this clone lacks")
    return folder


@pytest.fixture(scope="session")
def broker_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real broker for all tests of a run; its bootstrap servers."""
    folder = tmp_path_factory.mktemp("kafka")
    port = free_port()
    bootstrap = f"127.0.0.1:{port}"
    argv = ["-m", "headwater.embedded.kafka", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen([sys.executable, *argv])
    try:
        broker.wait_ready(bootstrap, process, seconds=180)
        yield bootstrap
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def kafka(broker_process: str) -> str:
    """The real broker as a new one, for each file of tests: topics declared, nothing in them.

    As long as the warehouse: offsets that another file committed would pass over what this file's
    warehouse lacks.
    """
    from bus.declaration import ensure_topics

    forget(broker_process)
    ensure_topics(broker_process)
    return broker_process


def forget(bootstrap: str) -> None:
    """Takes every topic and every group from a broker, and returns when they are gone."""
    admin = clients.blocking_admin(bootstrap, client_id="headwater-tests")
    deadline = time.monotonic() + PATIENCE
    try:
        if topics := [name for name in admin.list_topics() if not name.startswith("__")]:
            admin.delete_topics(topics)
        while set(admin.list_topics()) & set(topics):
            assert time.monotonic() < deadline, f"the broker keeps {topics}"
            time.sleep(0.05)
        while groups := [group["group_id"] for group in admin.list_groups()]:
            assert time.monotonic() < deadline, f"the broker keeps {groups}"
            admin.delete_groups(groups)
            time.sleep(0.05)
    finally:
        admin.close()


@dataclass(frozen=True)
class WarehouseUrls:
    """The embedded warehouse as each of its users reaches it."""

    admin: str
    analyst: str
    viewer: str


@dataclass
class OwnWarehouse:
    """An embedded warehouse of the tests, which may be stopped and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def urls(self) -> WarehouseUrls:
        users = ("headwater:h", "analyst:a", "viewer:v")
        return WarehouseUrls(*(f"http://{user}@127.0.0.1:{self.port}" for user in users))

    def start(self) -> None:
        told = {
            "HEADWATER_DATA": str(self.folder),
            "HEADWATER_WAREHOUSE_PORT": str(self.port),
            "HEADWATER_WAREHOUSE_PASSWORDS": "headwater:h,analyst:a,viewer:v",
        }
        command = [sys.executable, "-m", "headwater", "warehouse"]
        self.process = subprocess.Popen(command, env={**os.environ, **told})
        wait_http(f"http://127.0.0.1:{self.port}/ping", self.process)

    def migrate(self, **settings: Any) -> None:
        """Brings its schema up to date, with an organisation's settings."""
        from warehouse import WarehouseSettings, migrate

        migrate(WarehouseSettings(clickhouse=self.urls.admin, **settings))  # type: ignore[arg-type]

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
            self.process = None

    def end(self) -> None:
        """Ends it, and its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class SharedWarehouse(OwnWarehouse):
    """One that serves file after file of tests, each time as a new one."""

    #: What it was when it was new: its schema, and what that itself puts into tables.
    schema: str = ""
    seeds: "list[tuple[str, tuple[str, ...], list[Any]]]" = field(default_factory=list)

    def begin(self) -> None:
        """Starts it, and notes what it is."""
        self.start()
        self.migrate()
        self.schema = self.described()
        self.seeds = self.held()

    def described(self) -> str:
        """A digest of all that is declared in it."""
        with self._admin() as admin:
            return str(admin.query(SCHEMA)[0][0])

    def empty(self) -> bool:
        """Takes every row from it; False where a test left another schema than it found."""
        if self.process is None or self.process.poll() is not None:
            return False
        if self.described() != self.schema:
            return False
        with self._admin() as admin:
            for (table,) in admin.query(FILLED):
                admin.execute(f"TRUNCATE TABLE {table} SYNC")
            # As migrating left it, without doing that again: every view would be made anew.
            for table, columns, rows in self.seeds:
                admin.insert(table, columns, rows)
            admin.execute("SYSTEM RELOAD DICTIONARIES")
        return True

    def held(self) -> "list[tuple[str, tuple[str, ...], list[Any]]]":
        """Every row of every table."""
        found = []
        with self._admin() as admin:
            for (table,) in admin.query(FILLED):
                result = admin.client.query(f"SELECT * FROM {table}")
                found.append((table, tuple(result.column_names), list(result.result_rows)))
        return found

    def _admin(self) -> Any:
        from warehouse import Warehouse

        return contextlib.closing(Warehouse(self.urls.admin))


#: What tells a schema from another: every object's definition.
SCHEMA = """
SELECT hex(sipHash128(arraySort(groupArray((database, name, create_table_query)))))
FROM system.tables
WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
"""
#: Tables that hold rows, but for the book of migrations.
FILLED = """
SELECT concat(database, '.', name)
FROM system.tables
WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
    AND engine LIKE '%MergeTree' AND name != 'db_migrations' AND ifNull(total_rows, 1) > 0
"""


@pytest.fixture(scope="session")
def warehouses() -> Iterator[list[SharedWarehouse]]:
    """The warehouse of a run of tests, once one asked for it."""
    found: list[SharedWarehouse] = []
    yield found
    for each in found:
        each.end()


@pytest.fixture(scope="module")
def warehouse(
    warehouses: list[SharedWarehouse], tmp_path_factory: pytest.TempPathFactory
) -> WarehouseUrls:
    """The real embedded warehouse as a new one, for each file of tests: schema there, no row."""
    if warehouses and not warehouses[-1].empty():
        warehouses.pop().end()
    if not warehouses:
        warehouses.append(SharedWarehouse(tmp_path_factory.mktemp("warehouse")))
        warehouses[-1].begin()
    return warehouses[-1].urls


def wait_http(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until `url` answers with 200."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, f"the server of {url} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{url} did not answer"
            time.sleep(0.05)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file none of whose tests `-m` wants is not imported, by each process anew."""
    wanted = config.getoption("markexpr")
    if not wanted or not collection_path.match("test_*.py"):
        return None
    text = collection_path.read_text("utf-8")
    some = set(re.findall(r"pytest\.mark\.(integration|e2e)\b", text))
    every = "".join(re.findall(r"^pytestmark = (?:\[.*?\]|.*?)$", text, re.MULTILINE | re.DOTALL))
    surely = {name for name in some if f"pytest.mark.{name}" in every}
    for more in ((), *((name,) for name in some), tuple(some)):
        marked = {name: name in surely or name in more for name in ("integration", "e2e")}
        try:
            if eval(wanted, {}, marked):
                return None
        except (NameError, SyntaxError, TypeError):  # it asks for more than these two
            return None
    return True


def pytest_collection_finish() -> None:
    """Leaves what was collected out of every search for garbage, without one more for it."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long begin first, so that no worker is left with one in the end."""
    ranks = {REPOSITORY / "tests" / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(
        key=lambda item: (
            ranks.get(item.path, len(ranks)),
            item.get_closest_marker("e2e") is None,
        )
    )


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Iterator[None]:
    """A fixture that fails leaves no stack behind, which would slow all that comes after it."""
    modules = [sys.modules.get(name) for name in ("running", "tests.e2e.running")]
    lists = [module.Up.started for module in modules if module]
    before = [len(found) for found in lists]
    try:
        return (yield)
    except BaseException:
        for found, many in zip(lists, before, strict=True):
            for up in found[many:]:
                if up.process.poll() is None:
                    up.stop()
        raise


class ToldAtOnce:
    """Says of a test that failed why, when it fails: a run that is ended before its end says it of
    all that failed until then."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._reporter.write_line(f"\n{report.nodeid}\n{report.longreprtext[-4000:]}")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """In CI, which may end a run, failures are told at once."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter and os.environ.get("CI") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(ToldAtOnce(reporter))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record` writes the expected files of generic tests anew."""
    parser.addoption("--record", action="store_true", help="write expected files anew")


@pytest.fixture(scope="session")
def record(request: pytest.FixtureRequest) -> bool:
    """Whether expected files are to be written."""
    return bool(request.config.getoption("--record"))
