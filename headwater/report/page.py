"""The report as one HTML file that asks the network for nothing. Pure but for its own templates."""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from dashboards.charts import moment
from headwater.report import changed, linked, methods, teams
from headwater.report.blocks import Section
from headwater.report.findings import Findings
from headwater.report.quarter import Span, day


def written(found: Findings) -> str:
    """The whole file."""
    template = _templates().get_template("page.html")
    span = found.now.span
    return template.render(
        title=f"Learning and KPIs, {span.quarter.title}",
        span=span,
        period=f"{day(span.quarter.begins)} to {day(span.quarter.ends)}",
        state=state(span),
        found=found,
        made=moment(found.made, ZoneInfo(found.zone)),
        sections=sections(found),
        style=Markup(_read("style.css")),  # noqa: S704 - a file of ours
        mark=Markup(files("dashboards").joinpath("mark.svg").read_text("utf-8")),  # noqa: S704
    )


def sections(found: Findings) -> list[Section]:
    """What it says, in the order in which it is read."""
    return [
        changed.section(found),
        linked.section(found),
        linked.unsaid(found),
        linked.rollouts(found),
        teams.section(found),
        methods.section(found),
        linked.appendix(found),
    ]


def state(span: Span) -> str:
    """Whether the quarter is over; where it is not, as of when."""
    if span.over:
        return ""
    return (
        f"{span.quarter.title} is not over: as of {day(span.today)}, {len(span.weeks)} of its "
        f"{len(span.quarter.weeks)} weeks are told, up to {day(span.last_day)}."
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
