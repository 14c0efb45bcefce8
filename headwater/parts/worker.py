"""The worker of the stream processors."""

from headwater.part import Listens, PartSpec, Stage

part = PartSpec(
    name="worker",
    does="The stream processors (faust); start several to share the work.",
    stage=Stage.READING,
    serve="streams.app:serve",
    listens=Listens(8084),
    needs=("kafka", "migrate"),
    nice=10,  # the marts may fall behind under a burst; the answers may not
    reports=("activity",),
    lives_by=("worker: look", "health: server"),
)
