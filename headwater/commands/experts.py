"""`headwater experts`: who knows a topic, of those who agreed to be named for it."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from headwater.commands.query import Format
from headwater.running import Data

app = typer.Typer()


@app.command()
def experts(
    topic: Annotated[
        str, typer.Argument(metavar="TOPIC", help="As tools write it; unset, every topic.")
    ] = "",
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="As of `headwater query`. Unset, a table on a terminal and csv elsewhere.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Who knows a topic, of those who agreed to be named for it; the others are counted.

    Names come from people.csv, of those whose column `findable` says yes, and who were not taken
    out since by `headwater directory findable`. `rank` is among them. `others` is how many people
    know the topic beside them, down to a multiple of the minimum group.
    """
    from headwater import querying, running
    from headwater.errors import StackError

    chosen = form or (Format.TABLE if sys.stdout.isatty() else Format.CSV)
    querying.refuse_binary(chosen.value, terminal=sys.stdout.isatty())
    stack = running.target(data)

    def asked(form: str) -> Iterator[bytes]:
        return querying.named_asked(stack, "experts/of_topic", form, topic=topic)

    if not b"".join(asked("json")):
        raise StackError(
            f"nobody is named for {topic or 'any topic'}, and fewer than the minimum group know "
            "it, or nobody does. To fix: `headwater experts` without a topic lists those that "
            "there are; whoever agrees is named by `headwater directory findable`."
        )
    querying.show(asked(chosen.value))
