"""The embedded broker."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.part import Described, Listens, PartSpec, Shown, Stage

if TYPE_CHECKING:
    from headwater.embedded.part import Ready
    from headwater.embedded.stack import Stack

PORT = 9092


def _serve(
    data: Annotated[Path, typer.Option(help="The broker's folder.")] = Path("data/kafka"),
    port: Annotated[int, typer.Option(help="The port to listen on.")] = PORT,
) -> None:
    from headwater.embedded.kafka import serve

    serve(data.resolve(), port)


def _arguments(stack: "Stack") -> Sequence[str]:
    folder, (_, port) = stack.folder.path / "kafka", stack.addresses["kafka"]
    return ["--data", str(folder), "--port", str(port)]


def _ready(stack: "Stack") -> "Ready":
    from headwater.embedded.kafka import listening

    async def ready() -> bool:
        return listening(stack.bootstrap) and await stack.topics_declared()

    return ready


def _described(stack: "Stack") -> Described:
    return {"kafka": stack.cluster.described()}


def _shown(stack: "Stack") -> Sequence[Shown]:
    at = stack.cluster
    login = f"{at.user} / {at.password} ({at.protocol}, {at.mechanism})" if at.user else "none"
    return [("kafka", at.bootstrap, login)]


part = PartSpec(
    name="kafka",
    does="The embedded broker: Apache Kafka, one node, for this machine alone.",
    stage=Stage.KEEPING,
    command=_serve,
    listens=Listens(PORT, ready="", health="", metrics=""),
    when=lambda stack: stack.own_kafka,
    condition="unless `HEADWATER_KAFKA` names another",
    keeps="log/meta.properties",
    prefetch=False,
    seconds=600.0,  # an upgrade of what an older broker wrote, twice
    arguments=_arguments,
    ready=_ready,
    described=_described,
    shown=_shown,
    replaced_by="kafka",
)
