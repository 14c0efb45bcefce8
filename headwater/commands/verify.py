"""`headwater verify`: what Kafka holds beside what the warehouse holds, and what lacks written."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.running import Data

if TYPE_CHECKING:
    from headwater.verification.findings import Report

app = typer.Typer()

SHOWN = 60
LACKS = 1


@app.command()
def verify(
    repair: Annotated[
        bool, typer.Option("--repair", help="Write what lacks, then verify once more.")
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds to wait until what is in Kafka now is stored and counted."
        ),
    ] = 120.0,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    data: Data = None,
) -> None:
    """Compare what Kafka still holds with statements, facts and roll-ups; say what lacks, and why.

    Every record of xapi.statements must have left its rows in every table that the recorder fills;
    every accepted statement that is not voided must stand as one fact, of the first delivery of its
    id; every roll-up must hold what the facts give. It runs beside the pipeline and asks it for
    nothing. With --repair it writes what lacks by the pipeline's own way: records again, events
    again, tombstones, marked days; twice changes nothing. The exit code is 1 where anything
    lacks or could not be judged.
    """
    import asyncio

    from aiokafka.errors import KafkaError

    from headwater import running
    from headwater.errors import StackError
    from headwater.verification.run import Verification
    from warehouse import WarehouseError

    stack = running.target(data)
    settings = running.stream_settings(stack)

    def say(text: str) -> None:
        typer.echo(text, err=True)

    async def verified() -> "list[Report]":
        reports = [await Verification(settings, wait=wait, say=say).run(repair=repair)]
        if repair and reports[0].findings:
            say("verifying once more")
            reports.append(await Verification(settings, wait=wait, say=say).run(repair=False))
        return reports

    try:
        reports = asyncio.run(verified())
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error
    except (KafkaError, OSError) as error:
        why = str(error).removeprefix(f"{type(error).__name__}: ").partition("[(")[0].strip()
        raise StackError(
            f"Kafka could not be asked: {why}. To fix: see `headwater status`."
        ) from error
    if as_json:
        typer.echo(json.dumps([report.as_json() for report in reports], indent=1))
    else:
        for report in reports:
            _show(report)
    raise typer.Exit(0 if reports[-1].content else LACKS)


def _show(report: "Report") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from headwater.verification.findings import moment

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    if report.findings:
        table = Table("what", "partition", "hour (UTC)", "lacks", "too many", "why", "mended")
        for one in report.findings[:SHOWN]:
            table.add_row(
                one.what,
                "" if one.partition < 0 else str(one.partition),
                f"{moment(one.hour):%Y-%m-%d %H:%M}",
                str(one.missing or ""),
                str(one.surplus or ""),
                Text(one.why),
                "written again" if one.mended else "",
            )
        console.print(table)
        if len(report.findings) > SHOWN:
            console.print(f"and {len(report.findings) - SHOWN} lines more (--json has all)")
    for said in report.waiting:
        console.print(f"not judged: {said}", style="yellow", markup=False)
    compared = (
        f"{report.records:,} records with {report.statements:,} statements, "
        f"{report.events:,} events and {report.days:,} days compared"
    )
    console.print(f"{compared}: " + ("nothing lacks" if report.content else "see above"))
