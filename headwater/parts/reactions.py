"""What looks for reactions and tells of them; its command, with those of rules, is in
headwater/commands."""

from headwater.part import Listens, PartSpec, Stage

part = PartSpec(
    name="reactions",
    does="Raises what the rules of a reactions.toml find, and tells whom they name.",
    stage=Stage.READING,
    serve="headwater.letters:serve",
    settings="reactions.settings:ReactionSettings",
    group=True,
    listens=Listens(8087),
    needs=("kafka", "migrate"),
    nice=10,  # it asks the warehouse for much, and nobody waits for its answer
    lives_by=("reactions: turns", "health: server"),
)
