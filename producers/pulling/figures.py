"""A pull → the figures of a load, by the rules of a file of figures.

A pull brings figures of KPIs that kpis.toml declares, and no others.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx

from producers import secrets
from producers.errors import NotPulled
from producers.load import Checked
from producers.loads.kpi import Known, load
from producers.pulling import prometheus, sheet
from producers.table import Problem, Record, Table, plain
from xapi import observations
from xapi.catalogue import Catalogue, Prometheus, Pull, Sheet, Sql
from xapi.observations import Observation

#: How many of the problems of an answer are quoted.
TOLD = 5
NOTHING = Known(frozenset(), {}, {})


class Asking(NamedTuple):
    """What is asked with: the folder that files of secrets are relative to, the hosts of sheets."""

    folder: Path
    hosts: Sequence[str]


def found(
    pull: Pull, catalogue: Catalogue, asking: Asking, known: Known = NOTHING
) -> Checked[Observation]:
    """A pull's figures. Raises NotPulled, with what is wrong where the answer holds no figures."""
    table = _table(pull, asking)
    table = _of_kpi(table, pull)
    if isinstance(pull, Sql | Sheet) and pull.grain:
        table = _by_grain(table, pull.grain)
    checked = load.taken(table, replace(known, declared=catalogue.kpis))
    problems = list(checked.problems)
    for kpi in sorted({each.kpi for each in checked.entries} - catalogue.kpis.keys()):
        problems.append(Problem(1, f"{kpi!r} is not among the [[kpi]] of kpis.toml"))
    if problems:
        more = len(problems) - TOLD
        said = "; ".join(map(str, problems[:TOLD])) + (f"; and {more} more" if more > 0 else "")
        raise NotPulled(f"the answer cannot be taken: {said}")
    return checked


def _table(pull: Pull, asking: Asking) -> Table:
    if isinstance(pull, Sql):
        from producers.pulling import sql  # SQLAlchemy is much to load where nobody needs it

        return sql.table(pull, _secret(pull.url, asking.folder))
    if isinstance(pull, Sheet):
        named = pull.url.startswith(("env:", "file:"))
        address = _secret(pull.url, asking.folder) if named else pull.url
        return sheet.table(address, asking.hosts, pull.timeout)
    assert isinstance(pull, Prometheus)
    login = None
    if pull.password:
        login = httpx.BasicAuth(pull.user, _secret(pull.password, asking.folder))
    token = _secret(pull.token, asking.folder) if pull.token else ""
    return prometheus.table(pull, login, token, datetime.now(UTC))


def _secret(name: str, folder: Path) -> str:
    try:
        found = secrets.named(name, folder).decode()
    except ValueError as error:
        raise NotPulled(f"{name} {error}") from error
    if not found:
        raise NotPulled(f"{name} is empty or not set")
    return found


def _of_kpi(table: Table, pull: Pull) -> Table:
    """The table with a column kpi, where the pull says which one it is of."""
    header = [plain(name) for name in table.header]
    if table.problems or pull.kpi is None or isinstance(pull, Prometheus):
        return table
    if "kpi" in header:
        message = f"there is a column kpi, and the pull says kpi = {pull.kpi!r}: take one away"
        return Table(problems=[Problem(table.line, message)])
    return Table(
        [*table.header, "kpi"],
        [each._replace(cells=[*each.cells, pull.kpi]) for each in table.records],
        table.problems,
        table.broken,
        table.line,
    )


def _by_grain(table: Table, grain: str) -> Table:
    """The table with its days called as the periods that begin on them."""
    header = [plain(name) for name in table.header]
    if "period" not in header:
        return table
    at = header.index("period")
    problems: list[Problem] = []

    def called(record: Record) -> Record:
        if len(record.cells) != len(header):
            return record
        cells = list(record.cells)
        try:
            cells[at] = _called(cells[at].strip(), grain)
        except ValueError as error:
            problems.append(Problem(record.line, str(error), "period"))
        return record._replace(cells=cells)

    records = [called(each) for each in table.records]
    return replace(table, records=records, broken=[*table.broken, *problems])


def _called(text: str, grain: str) -> str:
    """A period's first day as the period is called; what is no day stays as it is."""
    try:
        first, said = observations.period(text)
    except ValueError:
        return text  # the load tells what is wrong with it
    if said != "day" or grain == "day":
        return text
    if grain == "week":
        if first.weekday():
            raise ValueError(f"{text} is no Monday, and the pull says grain = 'week'")
        return "{:04}-W{:02}".format(*first.isocalendar()[:2])
    if first.day != 1:
        raise ValueError(f"{text} is no first of a month, and the pull says grain = 'month'")
    return text[:7]
