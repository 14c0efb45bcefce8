"""Every table, view and dictionary of every database, as every reader, against a written list."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator

import chdb
import pytest

from tests.conftest import WarehouseUrls
from warehouse import Warehouse, schema
from warehouse.client import named
from warehouse.errors import WarehouseError
from warehouse.roles import READS
from xapi.vocabulary import TEXT, VERBS

#: What each reader may read: a right is given here and in roles.py, or it is not given.
WRITTEN = {
    "viewer": """
        viewer.accounts viewer.activity viewer.connections viewer.episode_teams
        viewer.episode_tenures viewer.episodes viewer.flow_teams viewer.flows viewer.history
        viewer.accounts viewer.activity viewer.carriers viewer.connections viewer.coverage
        viewer.coverage_shares viewer.episode_teams
        viewer.episode_tenures viewer.episodes viewer.flow_teams viewer.flows
        viewer.episode_tenures viewer.episodes viewer.expert_topics viewer.experts
        viewer.flow_teams viewer.flows
        viewer.kpi_periods viewer.kpi_weeks
        viewer.kpis
        viewer.latest viewer.links viewer.proficiency viewer.releases viewer.rollouts
        viewer.people_weeks viewer.pipeline viewer.quality viewer.question_teams
        viewer.question_topics viewer.questions viewer.refusals
        viewer.settings
        viewer.team_activity viewer.team_sizes viewer.team_weeks viewer.teams viewer.tenure_weeks
        viewer.content viewer.content_topics viewer.ramp viewer.ramp_help viewer.settings
        viewer.topic_people
        viewer.team_activity viewer.team_weeks viewer.teams viewer.tenure_weeks
        viewer.tool_activity
    """,
    "analyst": """
        kpi.catalogue kpi.issue_hours kpi.links kpi.observations kpi.proficiency kpi.rollouts
        kpi.team_periods
        kpi.team_weeks
        learning.activity learning.activity_days learning.activity_weeks learning.events
        learning.content learning.content_lacking learning.content_weeks learning.episodes
        learning.newcomers learning.objects learning.person_days learning.person_weeks
        learning.retention
        learning.expertise learning.expertise_days learning.flows learning.questions
        learning.network_weeks learning.sessions learning.topics
        lrs.statements_pseudonymous
        ops.beats ops.behaviour_rules ops.connections ops.frontier ops.rejected ops.replays
        ops.settings ops.unresolved ops.verifications
        work.delivered work.deliveries work.deployments work.items work.signals
        viewer.accounts viewer.activity viewer.connections viewer.episode_teams
        viewer.episode_tenures viewer.episodes viewer.flow_teams viewer.flows viewer.history
        ops.beats ops.behaviour_rules ops.connections ops.frontier ops.rejected ops.settings
        ops.unresolved ops.verifications work.deliveries work.items work.signals
        viewer.accounts viewer.activity viewer.carriers viewer.connections viewer.coverage
        viewer.coverage_shares viewer.episode_teams
        viewer.episode_tenures viewer.episodes viewer.flow_teams viewer.flows
        viewer.accounts viewer.activity viewer.connections viewer.episode_teams
        viewer.episode_tenures viewer.episodes viewer.expert_topics viewer.flow_teams viewer.flows
        viewer.kpi_periods viewer.kpi_weeks
        viewer.kpis
        viewer.latest viewer.links viewer.proficiency viewer.releases viewer.rollouts
        viewer.people_weeks viewer.pipeline viewer.quality viewer.question_teams
        viewer.question_topics viewer.questions viewer.refusals
        viewer.settings
        viewer.team_activity viewer.team_sizes viewer.team_weeks viewer.teams viewer.tenure_weeks
        viewer.content viewer.content_topics viewer.ramp viewer.ramp_help viewer.settings
        viewer.topic_people
        viewer.team_activity viewer.team_weeks viewer.teams viewer.tenure_weeks
        viewer.tool_activity
    """,
}
READABLE = {user: frozenset(text.split()) for user, text in WRITTEN.items()}
READERS = sorted(READABLE)
#: Columns that hold what somebody sent, who somebody is, or the text of an error.
TELLING = frozenset(
    {"raw", "body", "headers", "reason", "text", "error", "identifier", "person_id", "actor"}
)
#: What a viewer reads has no person either, not even as a pseudonym.
PERSONAL = TELLING | {"person", "account", "counterpart", "accounts"}
SECRET = "ada@secret.example"
OURS = "database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')"


@pytest.fixture(scope="module")
def admin(warehouse: WarehouseUrls) -> Warehouse:
    """The administrator, after a secret was put wherever one may come to be."""
    found = Warehouse(warehouse.admin)
    body = json.dumps({"actor": {"mbox": f"mailto:{SECRET}"}})
    found.insert(
        "vault.rejected_rows",
        ("id", "at", "source", "kind", "reason", "path", "body", "encoding", "headers"),
        [
            (
                uuid.uuid4(), dt.datetime.now(dt.UTC), "lrs:x", "statement",
                f"'{SECRET}' is no IRI",
                "xapi.statements/0/1", body, "", {"x-user": SECRET},
            )
        ],
    )  # fmt: skip
    found.insert(
        "ops.beat_rows",
        ("part", "metric", "value", "text"),
        [("worker", "last_error", 1.0, f"Cannot parse '{SECRET}'")],
    )
    kept = {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": "https://tool.example", "name": "ada"}},
        "verb": {"id": VERBS["asked"]},
        "object": {"id": "https://tool.example/7", "definition": {"name": {"und": SECRET}}},
        "context": {"platform": "tool", "extensions": {TEXT: SECRET}},
    }
    found.insert(
        "lrs.records_in",
        ("partition", "offset", "appended", "source", "value"),
        [(90, 1, dt.datetime.now(dt.UTC), "hook:tool", json.dumps(kept))],
    )
    staging = named(
        "marts/staging_create", database="learning", staging="staging_1", table="activity_day_rows"
    )
    found.execute(staging)
    return found


def tables(admin: Warehouse) -> list[tuple[str, str]]:
    """Every table, view and dictionary of ours, with its engine."""
    sql = f"SELECT concat(database, '.', name), engine FROM system.tables WHERE {OURS} ORDER BY 1"
    return [(name, engine) for name, engine in admin.query(sql)]


def reader(warehouse: WarehouseUrls, user: str) -> Warehouse:
    return Warehouse(getattr(warehouse, user))


def ways(name: str, engine: str) -> Iterator[str]:
    """What gives something of a table to whoever may read it."""
    yield f"SELECT * FROM {name} LIMIT 1"
    yield f"SELECT count() FROM (SELECT * FROM {name})"
    yield f"DESCRIBE TABLE {name}"
    yield f"SHOW CREATE TABLE {name}"
    yield f"SELECT 1 IN {name}"
    if engine == "Dictionary":
        yield f"SELECT * FROM dictionary('{name}')"
        yield f"SELECT dictHas('{name}', toUInt64(1))"


def refused(client: Warehouse, sql: str) -> str:
    """What the warehouse says to a statement; empty where it carries it out."""
    try:
        client.query(sql)
    except WarehouseError as error:
        return str(error)
    return ""


def test_roles_are_the_written_list() -> None:
    assert {role: frozenset(views) for role, views in READS.items()} == READABLE


def test_nobody_reads_names_beside_pseudonyms() -> None:
    """A name with a rank in a topic would tell whose pseudonym has that rank."""
    for role, views in READABLE.items():
        pseudonymous = {view for view in views if view.startswith(("learning.", "lrs.", "work."))}
        assert not (pseudonymous and "viewer.experts" in views), role


@pytest.mark.integration
@pytest.mark.parametrize("user", READERS)
def test_every_table_is_read_by_whom_the_list_names(
    warehouse: WarehouseUrls, admin: Warehouse, user: str
) -> None:
    client, found = reader(warehouse, user), tables(admin)
    assert READABLE[user] <= {name for name, _ in found}, "the list names what there is"
    for name, engine in found:
        for sql in ways(name, engine):
            said = refused(client, sql)
            if name in READABLE[user]:
                assert "Code: 497." not in said, f"{user} may read {name}: {sql}"
                assert not said or " IN " in sql, f"{user} may read {name}: {sql}"
            else:
                assert "Code: 497." in said, f"{user} may not: {sql}: {said}"


@pytest.mark.integration
@pytest.mark.parametrize("user", READERS)
def test_readers_are_shown_what_they_may_read(
    warehouse: WarehouseUrls, admin: Warehouse, user: str
) -> None:
    client, mine = reader(warehouse, user), READABLE[user]
    for sql in (
        f"SELECT database, name FROM system.tables WHERE {OURS}",
        f"SELECT DISTINCT database, table FROM system.columns WHERE {OURS}",
        "SELECT table_schema, table_name FROM information_schema.tables",
        "SELECT DISTINCT table_schema, table_name FROM information_schema.columns",
    ):
        assert {".".join(row) for row in client.query(sql)} == mine, sql
    databases = {
        name
        for (name,) in admin.query(
            f"SELECT name FROM system.databases AS d WHERE {OURS.replace('database', 'd.name')}"
        )
    }
    shown = {
        f"{each}.{name}"
        for each in databases
        for (name,) in client.query(f"SHOW TABLES FROM {each}")
    }
    assert shown == mine
    listed = {name for (name,) in client.query("SHOW DATABASES")} & databases
    assert listed == {name.partition(".")[0] for name in mine}


@pytest.mark.integration
@pytest.mark.parametrize("user", READERS)
def test_nothing_that_was_sent_or_said_shows(
    warehouse: WarehouseUrls, admin: Warehouse, user: str
) -> None:
    assert SECRET in str(admin.query("SELECT * FROM vault.rejected"))
    assert SECRET in str(admin.query("SELECT * FROM vault.beats"))
    told = "SELECT count() FROM lrs.statements WHERE position(raw, {secret:String}) > 0"
    assert admin.query(told, {"secret": SECRET}) == [(1,)], "a title and a text that are kept"
    client = reader(warehouse, user)
    for name in sorted(READABLE[user]):
        result = client.client.query(f"SELECT * FROM {name}")
        assert SECRET not in str(result.result_rows), name
        telling = PERSONAL if user == "viewer" else TELLING
        assert not telling & set(result.column_names), name


@pytest.mark.integration
def test_what_was_refused_before_is_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Rows written before they lived in vault are there afterwards."""
    engine = chdb.connect(str(tmp_path_factory.mktemp("engine")))
    try:
        for script in schema.migrations():
            if script.number > 22:
                break
            if script.number == 22:
                engine.query(
                    "INSERT INTO ops.rejected_rows SELECT generateUUIDv4(), now(), 's', 'k', "
                    "concat('r', toString(number)), 'p', 'b', 'e', map('h', 'v') FROM numbers(7)"
                )
            for statement in schema.statements(script.text):
                engine.query(statement)
        asked = "SELECT count(), uniq(reason), any(body), any(headers['h']) FROM vault.rejected"
        assert str(engine.query(asked)).strip() == '7,7,"b","v"'
        assert str(engine.query("SELECT count() FROM ops.rejected")).strip() == "7"
        gone = "SELECT count() FROM system.tables WHERE database = 'ops' AND name = 'rejected_rows'"
        assert str(engine.query(gone)).strip() == "0"
    finally:
        engine.close()
