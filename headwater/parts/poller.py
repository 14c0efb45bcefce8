"""The poller, which runs where there is somebody to ask (docs/decisions/polling.md)."""

from headwater.part import Listens, PartSpec, Stage

part = PartSpec(
    name="poller",
    does="Asks the work tools that have a token in connections.toml what happened.",
    stage=Stage.ASKING,
    serve="producers.poller:serve",
    listens=Listens(8085),
    needs=("kafka",),
    when=lambda stack: any(each.polled for each in stack.connected.values()),
    condition="where a connection has a token",
    lives_by=("poller: kafka", "poller: nudges", "poller: streams", "poller: standings"),
)
