"""The schema as its files declare it: numbered tables, views applied anew, and whom each is about.

- `tables/<database>/NNNN_<name>.sql` are migrations, each applied once, in the order of their
  numbers whatever the folder; `tables/history/` holds those from before, several databases a file.
- `views/<database>/<name>.sql` is one view or dictionary each. They hold no data, so all are
  applied anew by a migrate that finds anything changed, each after those that it names.
  `views/gone.sql` drops those that are no more.
- What reads the directory, or what the worker derived by it, has a copy of the same name in
  `released`, which reads it as viewers are shown it (`views/released/people.sql`, `links.sql`,
  `derived.sql`); no file says it a second time.
- Every table, view and dictionary has a line `-- identity: none|pseudonym|personal (why)` in the
  comment above its statement.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from importlib.resources.abc import Traversable

from warehouse.errors import MigrationError

#: The book of clickhouse-migrations, in the database `ops`.
BOOK = "db_migrations"
IDENTITIES = ("none", "pseudonym", "personal")

_NAME = re.compile(r"\b[a-z_]+\.[a-z_][a-z0-9_]*\b")
_IDENTITY = re.compile(r"^-- identity: (\w+) \((.+)\)$", re.MULTILINE)
_TABLE = re.compile(
    r"(?P<comment>(?:^--.*\n)*)^(?:CREATE TABLE (?:IF NOT EXISTS )?(?P<made>\w+\.\w+)"
    r"|ALTER TABLE (?P<told>\w+\.\w+) MODIFY COMMENT '(?P<text>[^']*)')",
    re.MULTILINE,
)
_VIEW = re.compile(
    r"(?P<comment>(?:^--.*\n)*)"
    r"^CREATE OR REPLACE (?P<kind>VIEW|DICTIONARY) (?P<name>\w+\.\w+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Script:
    """A migration: its number, its file's name and its text."""

    number: int
    name: str
    text: str


@dataclass(frozen=True)
class Declared:
    """A table, view or dictionary as its file declares it; `identity` is "" where it says none."""

    name: str
    kind: str
    description: str
    identity: str
    why: str
    text: str

    @property
    def names(self) -> frozenset[str]:
        """Every name of the form `database.name` that its statement has."""
        code = "\n".join(line for line in self.text.splitlines() if not line.startswith("--"))
        return frozenset(_NAME.findall(code)) - {self.name}

    @property
    def query(self) -> str:
        """What a view selects."""
        return self.text.partition(" AS\n")[2]


def migrations() -> list[Script]:
    """Every migration in the order of the numbers.

    Raises MigrationError where two have one number.
    """
    found: dict[int, Script] = {}
    for file in _sql("tables"):
        number = int(file.name.partition("_")[0])
        if number in found:
            raise MigrationError(
                f"{found[number].name} and {file.name} have one number: give the newer the next"
            )
        found[number] = Script(number, file.name, file.read_bytes().decode())
    return [found[number] for number in sorted(found)]


@cache
def views() -> tuple[Declared, ...]:
    """Every view and dictionary, each after those that it names; in one order in every process,
    by which a migrate knows that nothing changed.

    Raises MigrationError for a file that declares none, or another than its path says, and where
    views name each other in a circle.
    """
    found = dict(_files())
    found |= _released(found)
    try:
        order = TopologicalSorter(
            {name: sorted(found[name].names & found.keys()) for name in sorted(found)}
        ).static_order()
        return tuple(found[name] for name in order)
    except CycleError as error:
        raise MigrationError(f"views name each other in a circle: {error.args[1]}") from error


def tables() -> list[Declared]:
    """What migrations say of each table, the last word of each; by name."""
    found: dict[str, Declared] = {}
    for script in migrations():
        for match in _TABLE.finditer(script.text):
            name = match["made"] or match["told"]
            one = _declared(name, "TABLE", match["comment"], match[0], match["text"] or "")
            if one.identity or name not in found:
                found[name] = one
    return [found[name] for name in sorted(found)]


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A query that asks others of the form `database.name` in place of these."""
    return _NAME.sub(lambda match: names.get(match[0], match[0]), text)


def named_in(text: str) -> frozenset[str]:
    """Every name of the form `database.name` that a query has."""
    return frozenset(_NAME.findall(text))


def released(text: str) -> str:
    """A query by the directory as viewers are shown it: each view's name is its copy's."""
    copies, _ = _copies(_files())
    return renamed(text, copies)


def sources(text: str) -> list[Declared]:
    """What a query of ours reads, through views too: views, tables and dictionaries, by name.

    What fills a dictionary is not read by who asks it.
    """
    known = _known()
    found: dict[str, Declared] = {}
    waiting = set(named_in(text))
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found[name] = known[name]
            if known[name].kind == "VIEW":
                waiting |= known[name].names
    return [found[name] for name in sorted(found)]


@cache
def _known() -> dict[str, Declared]:
    return {one.name: one for one in (*tables(), *views())}


@cache
def _files() -> dict[str, Declared]:
    """Every view and dictionary that is a file, by name."""
    return {view.name: view for view in map(_view, _sql("views"))}


def everything() -> Iterator[str]:
    """Every statement that makes an empty warehouse of today, the book of migrations too."""
    book = (files("warehouse") / "queries" / "installation" / "book.sql").read_text("utf-8")
    yield from statements(book)
    for script in migrations():
        yield from statements(script.text)
    for view in views():
        yield from statements(view.text)
    yield from gone()


def gone() -> list[str]:
    """The statements that drop views which are no more."""
    return statements((files("warehouse") / "views" / GONE).read_text("utf-8"))


def statements(text: str) -> list[str]:
    """The statements of a file, without what is only a comment."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return [each for each in re.split(r";\s*(?:\n|$)", code) if each.strip()]


#: Which databases' views have a copy that reads the released directory, and where the copies are.
COPIED = ("directory", "kpi", "learning", "work")
RELEASED = "released"

#: The file of `views/` that drops those that are no more.
GONE = "gone.sql"


def _sql(folder: str) -> Iterator[Traversable]:
    """Every SQL file below a folder of this package, by path."""

    def walk(place: Traversable) -> Iterator[Traversable]:
        for each in sorted(place.iterdir(), key=lambda one: one.name):
            if each.is_dir():
                yield from walk(each)
            elif each.name.endswith(".sql") and each.name != GONE:
                yield each

    return walk(files("warehouse") / folder)


def _released(found: Mapping[str, Declared]) -> dict[str, Declared]:
    """The copies in `released` of all that reads the directory, whether through others or not."""
    made = {}
    copies, origins = _copies(found)
    for name in sorted(copies.keys() - origins):
        one = found[name]
        code = "\n".join(line for line in one.text.splitlines() if not line.startswith("--"))
        made[copies[name]] = Declared(
            copies[name],
            one.kind,
            f"As `{name}`, by the directory as viewers are shown it.",
            one.identity,
            one.why,
            renamed(code, copies) + "\n",
        )
    return made


def _copies(found: Mapping[str, Declared]) -> tuple[dict[str, str], set[str]]:
    """View → its copy in `released`, and which of these views have a copy that is a file.

    A file `released.<name>` is the copy of the first of the copied databases' that has the name.
    Raises MigrationError where two views would have one copy.
    """
    plain = [name.partition(".")[2] for name in found if name.startswith(f"{RELEASED}.")]
    origins = {
        next(f"{database}.{each}" for database in COPIED if f"{database}.{each}" in found)
        for each in plain
    }
    reading = set(origins)
    while more := {name for name, one in found.items() if one.names & reading} - reading:
        reading |= more
    reading = {name for name in reading if name.partition(".")[0] in COPIED}
    copies = {name: f"{RELEASED}.{name.partition('.')[2]}" for name in sorted(reading)}
    if len(set(copies.values())) < len(copies):
        raise MigrationError(f"two of these views have the same name: {', '.join(sorted(reading))}")
    return copies, origins


def _view(file: Traversable) -> Declared:
    text = file.read_text("utf-8")
    found = _VIEW.match(text)
    if found is None or found["name"].partition(".")[2] != file.name.removesuffix(".sql"):
        raise MigrationError(
            f"warehouse/views/…/{file.name} must be a comment and then one statement, which makes "
            "the view (or dictionary) of that name anew"
        )
    return _declared(found["name"], found["kind"], found["comment"], text, "")


def _declared(name: str, kind: str, comment: str, text: str, told: str) -> Declared:
    said = _IDENTITY.search(comment)
    lines = [line for line in comment.splitlines() if not line.startswith("-- identity:")]
    description = told or " ".join(line.removeprefix("--").strip() for line in lines)
    identity, why = (said[1], said[2]) if said else ("", "")
    return Declared(name, kind, description, identity, why, text)
