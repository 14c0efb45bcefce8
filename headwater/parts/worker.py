"""The worker of the stream processors."""

import os
from typing import Annotated

import typer

from headwater import process
from headwater.part import Listens, PartSpec, Stage


def _worker(
    only: Annotated[
        str, typer.Option(help="The one processor to run, of those with a group of their own.")
    ] = "",
) -> None:
    if only:
        os.environ["HEADWATER_WORKER_ONLY"] = only
    process.serve(part)


part = PartSpec(
    name="worker",
    does="The stream processors; start several to share the work.",
    stage=Stage.READING,
    serve="streams.worker:serve",
    settings="streams.settings:StreamSettings",
    before="streams.worker:imported",
    command=_worker,
    listens=Listens(8084),
    needs=("kafka", "migrate"),
    nice=10,  # the marts may fall behind under a burst; the answers may not
    reports=("activity",),
    lives_by=("worker: look", "health: server"),
)
