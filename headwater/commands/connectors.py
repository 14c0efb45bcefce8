"""`headwater connectors`: which tools are known, and what becomes of what one sends."""

import json
from pathlib import Path
from typing import Annotated

import typer

from headwater.errors import StackError

app = typer.Typer(name="connectors")

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="A delivery: JSON with `headers`, `body` and maybe `options`, as in the examples.",
    ),
]


@app.callback()
def connectors() -> None:
    """The work tools that are known, and what becomes of what they send."""


@app.command("list")
def list_connectors() -> None:
    """List the connectors, and how their events come."""
    from producers.registry import all_connectors

    for name, connector in sorted(all_connectors().items()):
        ways = [
            w for w, there in (("webhook", connector.webhook), ("poll", connector.poll)) if there
        ]
        kinds = f"{len(connector.mappers)} kinds mapped, {len(connector.ignored)} ignored"
        typer.echo(f"{name}  {connector.title}: {' and '.join(ways)}; {kinds}; {connector.docs}")


@app.command("try")
def try_delivery(
    name: Annotated[str, typer.Argument(metavar="CONNECTOR", help="As `list` names it.")],
    file: File,
) -> None:
    """Show what becomes of a delivery, and send nothing anywhere.

    Its signature is not looked at; options that it does not give are those by default.
    """
    from producers.registry import all_connectors

    connector = all_connectors().get(name)
    if connector is None or connector.webhook is None:
        known = ", ".join(n for n, each in sorted(all_connectors().items()) if each.webhook)
        raise StackError(f"no connector {name!r} takes deliveries. To fix: name one of {known}.")
    typer.echo(json.dumps(_became(name, file), indent=1, ensure_ascii=False, default=str))


def _became(name: str, file: Path) -> list[dict[str, object]]:
    from dataclasses import asdict

    import orjson
    from pydantic import ValidationError

    from producers.connections import Connection
    from producers.errors import ProducerError
    from producers.intake import Intake, lower
    from producers.registry import all_connectors
    from producers.signatures import Delivery

    connector = all_connectors()[name]
    assert connector.webhook
    try:
        came = orjson.loads(file.read_bytes())
        delivery = Delivery(lower(came["headers"]), orjson.dumps(came["body"]))
        events = connector.webhook.events(delivery)
        kinds = [connector.webhook.kind_of(delivery.headers, event) for event in events]
        options = connector.options.model_validate(came.get("options", {}))
        intake = Intake(Connection(name, connector, b"", options))
    except OSError as error:
        raise StackError(
            f"{file} cannot be read: {error.strerror}. To fix: name a file."
        ) from error
    except ProducerError as error:
        raise StackError(f"{file}: {error}. To fix: write what the tool sends.") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        raise StackError(f"{file}, options: {wrong}. To fix: see docs/connectors.md.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StackError(
            f"{file} is no delivery. To fix: write JSON with `headers` and `body`, as the files in "
            f"producers/connectors/{name}/examples."
        ) from error
    return [asdict(intake.map(*each)) for each in zip(kinds, events, strict=True)]
