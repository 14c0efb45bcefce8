"""`headwater forward`: statements that match a filter, from this LRS to another."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from headwater.running import Data, Running

if TYPE_CHECKING:
    from headwater.forwarding import State

app = typer.Typer()


@app.command()
def forward(
    url: Annotated[
        str,
        typer.Argument(help="The other LRS's xAPI endpoint, as in https://lrs.example.org/xapi."),
    ],
    user: Annotated[str, typer.Option(help="The user name there.")],
    password: Annotated[
        str,
        typer.Option(
            envvar="HEADWATER_FORWARD_PASSWORD",
            prompt=True,
            hide_input=True,
            help="The password there; asked for where it is not given.",
        ),
    ],
    agent: Annotated[str, typer.Option(help="Only of this agent or group, as JSON.")] = "",
    verb: Annotated[str, typer.Option(help="Only with the verb of this IRI.")] = "",
    activity: Annotated[str, typer.Option(help="Only of the activity of this IRI.")] = "",
    registration: Annotated[str, typer.Option(help="Only of this registration, a UUID.")] = "",
    related_agents: Annotated[
        bool, typer.Option("--related-agents", help="--agent anywhere in a statement counts.")
    ] = False,
    related_activities: Annotated[
        bool, typer.Option("--related-activities", help="--activity anywhere counts.")
    ] = False,
    since: Annotated[str, typer.Option(help="Only stored after this time (ISO 8601).")] = "",
    until: Annotated[str, typer.Option(help="Only stored until this time (ISO 8601).")] = "",
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, max=500, help="Statements in a request.")] = 100,
    state: Annotated[
        Path | None,
        typer.Option(
            help="Where what was dealt with is kept; in the data folder, or ~/.local/state."
        ),
    ] = None,
    synthetic: Annotated[
        bool,
        typer.Option("--synthetic", help="The other LRS may hold what a demo invented."),
    ] = False,
    data: Data = None,
) -> None:
    """Send statements to another LRS; run again it goes on where it stopped.

    Each arrives at least once, with its id, so a repetition changes nothing there. What the other
    LRS refuses is written beside the state, with the reason; with any, the exit code is 1.
    """
    import asyncio

    from headwater import running
    from headwater.errors import StackError
    from headwater.forwarding import ForwardStopped, State

    _check_address(url)
    stack = running.target(data)
    typer.echo(f"to:    {_without_login(url)}", err=True)
    if stack.synthetic and not synthetic:
        raise StackError(
            f"{stack.folder} holds a synthetic organisation: nothing was sent. To fix: name the "
            "real stack's folder with --data, or say --synthetic where the other LRS may hold "
            "what was invented (a real stack of Headwater refuses it)."
        )
    wanted = {
        "agent": agent,
        "verb": verb,
        "activity": activity,
        "registration": registration,
        "related_agents": "true" if related_agents else "",
        "related_activities": "true" if related_activities else "",
        "since": _time(since, "--since"),
        "until": _time(until, "--until"),
    }
    wanted = {name: value for name, value in wanted.items() if value}
    path = state or _default(stack, url, wanted)
    try:
        kept = State.read(path, url, wanted)
    except ForwardStopped as error:
        raise StackError(f"{error}. To fix: see the message; nothing was sent.") from error
    try:
        before = kept.sent, kept.refused
        if any(before):
            typer.echo(f"going on: {_sum(kept)} before")
        asyncio.run(_run(stack, url, (user, password), kept, path, batch=batch, follow=follow))
    except ForwardStopped as error:
        raise StackError(
            f"{error}. {_sum(kept)}. To fix: see the message; the same command goes on from here."
        ) from error
    except KeyboardInterrupt:
        typer.echo(f"stopped; {_sum(kept)}, and the same command goes on from here")
        raise typer.Exit(130) from None
    if any(before) and before == (kept.sent, kept.refused):
        typer.echo(f"nothing new since; {_sum(kept)} in all, through {kept.through}")
    else:
        typer.echo(f"{_sum(kept)}{' in all' if any(before) else ''}, through {kept.through}")
    if kept.refused:
        typer.echo(f"refused, each with the reason: {path.with_name(path.stem)}.refused.jsonl")
        raise typer.Exit(1)


async def _run(
    stack: Running,
    url: str,
    login: tuple[str, str],
    kept: "State",
    path: Path,
    *,
    batch: int,
    follow: bool,
) -> None:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from headwater.forwarding import PATIENCE_SECONDS, Forward, Lrs, client

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    progress = Progress(*columns, console=console, disable=not console.is_terminal)
    task = progress.add_task("forwarding")
    own_url, own_login = stack.lrs
    patience = None if follow else PATIENCE_SECONDS
    async with (
        client(f"{own_url}/xapi", own_login, direct=True) as ours,
        client(url, login) as theirs,
    ):

        def waiting(line: str) -> None:
            console.print(line, markup=False, soft_wrap=True)

        source = Lrs("this LRS", ours, patience, waiting)
        target = Lrs("the other LRS", theirs, patience, waiting)

        def told(state: "State") -> None:
            progress.update(
                task, description=f"{_sum(state)}, until {state.until or state.through}"
            )

        with progress:
            await Forward(source, target, kept, path, batch=batch, follow=follow, told=told).run()


def _sum(state: "State") -> str:
    sent = "1 statement was sent" if state.sent == 1 else f"{state.sent} statements were sent"
    return f"{sent}, {state.refused} refused"


def _check_address(url: str) -> None:
    """Raises a usage error for what is no address of an LRS."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        sound = False
    if not sound:
        raise typer.BadParameter(
            f"{url!r} is no address as in https://lrs.example.org/xapi", param_hint="URL"
        )


def _time(text: str, option: str) -> str:
    if not text:
        return ""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an ISO 8601 time", param_hint=option) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def _default(stack: Running, url: str, wanted: dict[str, str]) -> Path:
    """A file for each target and filter; nothing is made here, lest a refused command leave it."""
    digest = hashlib.sha256(json.dumps([url, sorted(wanted.items())]).encode()).hexdigest()
    from headwater import running

    name = f"{urlsplit(url).hostname or 'lrs'}-{digest[:8]}.json"
    here = Path("forwards", name)  # where an earlier version kept it
    if stack.folder is None and here.exists():
        return here
    return (stack.folder or running.own_state()) / "forwards" / name


def _without_login(url: str) -> str:
    return url.replace(f"{urlsplit(url).netloc.rpartition('@')[0]}@", "", 1) if "@" in url else url
