"""What estimates links by night; its command, with those for a table of one's own, is in
headwater/commands."""

from headwater.part import Listens, PartSpec, Stage

part = PartSpec(
    name="links",
    does="Estimates by night how KPIs move with learning, and after a rollout is declared.",
    stage=Stage.READING,
    serve="headwater.linking:serve",
    settings="kpis.links.settings:LinkSettings",
    group=True,
    listens=Listens(8088),
    needs=("migrate",),
    nice=15,  # it has the night, and all others are waited for
    lives_by=("links: nights", "health: server"),
)
