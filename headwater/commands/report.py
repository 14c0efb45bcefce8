"""`headwater report`: a quarter as one file that can be read, printed and sent."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from headwater.running import Data

app = typer.Typer()


@app.command()
def report(
    quarter: Annotated[
        str, typer.Option(metavar="2026Q3", help="Which quarter of the calendar year.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="The HTML file to write; unset, headwater-2026Q3.html in this folder."),
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(help="A PDF to write too; it needs a Chromium on this machine.")
    ] = None,
    data: Data = None,
) -> None:
    """Write a quarter's report: what changed, what is linked with KPIs, and what cannot be said.

    One HTML file that needs no network, of what viewers of the boards may read: no person, and no
    team below the minimum group. A quarter that is not over says so; one without data is an error,
    exit code 1. docs/report.md has what it means, and what not.
    """
    from headwater import querying, running
    from headwater.report import findings, page, paper
    from headwater.report.quarter import Quarter

    asked = Quarter.read(quarter)
    chromium = paper.browser() if pdf else ""
    stack = running.found(data)
    now = datetime.now(UTC)
    fix = ". To fix: see `headwater status`."
    found = running.asked(stack.analyst, lambda one: findings.read(one, asked, now), fix)
    written = page.written(found)
    target = out or Path(f"headwater-{asked}.html")
    content = paper.printed(written, chromium) if pdf else b""
    querying.write([written.encode()], target, "--out")
    typer.echo(f"{asked.title} is in {target}")
    if pdf:
        querying.write([content], pdf, "--pdf")
        typer.echo(f"{asked.title} is in {pdf}")
    if not found.now.span.over:
        typer.echo(page.state(found.now.span))
