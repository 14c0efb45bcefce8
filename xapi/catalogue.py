"""A kpis.toml: which KPIs there are, what each means, and what is asked for their figures.

    [[kpi]]
    name = "first_reply_hours"       # as its figures call it
    title = "Hours to the first reply"
    unit = "hours"
    direction = "down"               # which way is better: up or down
    aggregation = "mean"             # over teams: mean (by n), ratio (by its parts) or sum
    owner = "Support operations"
    source = "The help desk's export, each Monday"
    matters = 0.5                    # the least change that matters, in the unit

    [[pull]]
    name = "support"
    kind = "sql"                     # sql, prometheus or sheet
    url = "env:SUPPORT_DATABASE"
    query = "SELECT team, week AS period, hours AS value, tickets AS n FROM weekly"
    kpi = "first_reply_hours"        # unless the answer has a column kpi
    every = "1d"

A secret itself never stands in the file. Pure: the text is given.
"""

import re
import tomllib
from collections import Counter
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from xapi.toml_places import Place, fault_of, line_of
from xapi.toml_texts import Name, Secret, secret

#: The file's name in a data folder.
FILE = "kpis.toml"
_STRICT = ConfigDict(extra="forbid", frozen=True)
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


class CatalogueError(Exception):
    """A kpis.toml that cannot be used; the message says where, why, and what would be right."""


def _text(text: str) -> str:
    if not text or text != text.strip() or not text.isprintable():
        raise ValueError("must be a text on one line, without blanks around it")
    return text


def _web(text: str) -> str:
    found = urlsplit(text)
    if found.scheme not in ("http", "https") or not found.hostname:
        raise ValueError("must be an address as https://…")
    if found.username or found.password:
        raise ValueError("must hold no password: name it by user and password")
    return text


def _web_or_secret(text: str) -> str:
    return secret(text) if text.startswith(("env:", "file:")) else _web(text)


def _interval(given: Any) -> Any:
    found = re.fullmatch(r"(\d{1,4})([mhd])", given) if isinstance(given, str) else None
    if not found or not int(found[1]):
        raise ValueError("must read as 15m, 6h or 1d")
    return float(int(found[1]) * _SECONDS[found[2]])


Text = Annotated[str, Field(max_length=300), AfterValidator(_text)]
Address = Annotated[str, AfterValidator(_web)]
#: Seconds, of a text as 15m, 6h or 1d.
Interval = Annotated[float, BeforeValidator(_interval)]


#: Which periods figures are of. Of a query or a sheet: that a day in `period` begins such a one.
Grain = Literal["day", "week", "month"]


class Kpi(BaseModel):
    """A KPI as its owner declares it."""

    model_config = _STRICT

    name: Annotated[Text, Field(max_length=100)]
    title: Text | None = None
    unit: Text
    direction: Literal["up", "down"]
    aggregation: Literal["mean", "ratio", "sum"] = "mean"
    owner: Text
    source: Text
    #: The least change that matters, in the KPI's unit.
    matters: float | None = Field(None, gt=0, allow_inf_nan=False)
    description: Annotated[str, Field(max_length=2000)] = ""


class _Pull(BaseModel):
    model_config = _STRICT

    name: Name
    #: Of which KPI the figures are; without it the answer has a column `kpi`, or a column a KPI.
    kpi: Text | None = None
    #: How often it is asked by itself; without it by command alone.
    every: Interval | None = None
    #: How long the answer may take, in seconds.
    timeout: float = Field(60.0, gt=0, le=3600)


class Sql(_Pull):
    """A query of a database, whose columns are called as those of a file of figures."""

    kind: Literal["sql"]
    #: SQLAlchemy's address of the database, which may hold a password.
    url: Secret
    query: Annotated[str, Field(min_length=1)]
    grain: Grain | None = None


class Prometheus(_Pull):
    """A range query of Prometheus's HTTP interface: a figure a series and period, at its end."""

    kind: Literal["prometheus"]
    url: Address
    query: Annotated[str, Field(min_length=1)]
    kpi: Text
    #: The label that names the team.
    team: Text = "team"
    grain: Grain = "week"
    #: How many whole periods back are asked for.
    periods: int = Field(4, ge=1, le=120)
    token: Secret | None = None
    user: str = ""
    password: Secret | None = None

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if bool(self.user) is not bool(self.password):
            raise ValueError("user and password are given together, or neither is")
        if self.token and self.user:
            raise ValueError("either a token or a user is given")
        return self


class Sheet(_Pull):
    """A sheet that its program gives away as CSV, of a host that is allowed."""

    kind: Literal["sheet"]
    #: The address itself, or where it is kept: whoever has it may read the sheet.
    url: Annotated[str, AfterValidator(_web_or_secret)]
    grain: Grain | None = None


Pull = Annotated[Sql | Prometheus | Sheet, Field(discriminator="kind")]


class Catalogue(BaseModel):
    """A kpis.toml."""

    model_config = _STRICT

    kpi: tuple[Kpi, ...] = ()
    pull: tuple[Pull, ...] = ()

    @cached_property
    def kpis(self) -> dict[str, Kpi]:
        """The KPIs by name."""
        return {each.name: each for each in self.kpi}


NONE = Catalogue()


def read(text: str, where: str = FILE) -> Catalogue:
    """What a kpis.toml says. Raises CatalogueError with the line and the reason."""
    try:
        found = Catalogue.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CatalogueError(f"{where}: {error}") from error
    except ValidationError as error:
        wrong = fault_of(error, text)
        line = line_of(text, _place(wrong.place))
        named = f" ({wrong.named})" if wrong.named else ""
        raise CatalogueError(f"{where}, line {line}{named}: {wrong.said}") from error
    for sort, entries in (("kpi", found.kpi), ("pull", found.pull)):
        names = [each.name for each in entries]
        for name in (name for name, count in Counter(names).items() if count > 1):
            second = [place for place, each in enumerate(names) if each == name][1]
            line = line_of(text, (sort, second, "name"))
            raise CatalogueError(f"{where}, line {line}: two of [[{sort}]] are called {name!r}")
    for number, pull in enumerate(found.pull):
        if pull.kpi is not None and pull.kpi not in found.kpis:
            line = line_of(text, ("pull", number, "kpi"))
            raise CatalogueError(
                f"{where}, line {line}: the pull {pull.name!r} is of {pull.kpi!r}, and there is no "
                "such [[kpi]]"
            )
    return found


def _place(place: Place) -> Place:
    """Where something stands in the file: pydantic puts a pull's kind into its place."""
    if place[:1] != ("pull",) or len(place) < 2:
        return place
    return (*place[:2], *(place[3:] if len(place) > 2 else ("kind",)))
