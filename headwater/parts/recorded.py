"""The recorder."""

from headwater.part import Listens, PartSpec, Stage

part = PartSpec(
    name="recorded",
    does="Statements from Kafka to the warehouse: the hot path.",
    stage=Stage.READING,
    serve="streams.recorder.recorder:serve",
    listens=Listens(8083),
    needs=("kafka", "migrate"),
    reports=("recorded", "documents"),
    lives_by=("recorded: beat", "recorded: look", "recorded: documents", "health: server"),
)
