"""Kafka's topics, where no `headwater up` declares them."""

from typing import Annotated

import typer

from headwater.part import PartSpec, Stage, never


def _topics(
    bootstrap: Annotated[
        str, typer.Option(envvar="HEADWATER_KAFKA", help="The broker's address.")
    ] = "127.0.0.1:9092",
) -> None:
    from kafka.errors import KafkaError

    from bus.declaration import ensure_topics
    from headwater.embedded.kafka import listening
    from headwater.errors import StackError

    if not listening(bootstrap):
        raise StackError(
            f"the topics could not be declared: nobody listens at {bootstrap}. "
            "To fix: see that Kafka runs, or name another address with --bootstrap."
        )
    try:
        made = ensure_topics(bootstrap)
    except KafkaError as error:
        raise StackError(
            f"the topics could not be declared at {bootstrap}: {error}. To fix: see that it runs."
        ) from error
    print(f"declared {', '.join(made)}" if made else "every topic is there")


part = PartSpec(
    name="topics",
    does="Declare the topics that a broker lacks; `headwater up` does it by itself.",
    stage=Stage.PREPARING,
    command=_topics,
    needs=("kafka",),
    when=never,
    condition="never: it declares them itself",
    once=True,
)
