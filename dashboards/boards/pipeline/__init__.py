"""The pipeline: how each connection stands."""

from dashboards import palette
from dashboards.board import Board, Column, Drawing, Panel, Shade, Shades

_STATE = Shades(
    (
        ("failing", Shade("not read", "#b91c1c")),
        ("silent", Shade("nothing came yet", palette.LINE)),
        ("behind", Shade("behind", "#c2410c")),
        ("refusing", Shade("at work, with refusals", "#c98a33")),
        ("working", Shade("at work", palette.PRACTICE)),
    )
)

board = Board(
    "pipeline",
    "Pipeline",
    (),
    (
        Panel(
            "connections",
            (
                Column("connection", "Connection"),
                Column("tool", "Tool"),
                Column("state", "State", hue=_STATE),
                Column("last_delivery", "Last delivery", none="never, or it does not deliver"),
                Column("last_poll", "Last poll", none="never, or it is not asked"),
                Column("behind", "Behind by", "s", none="it is not asked"),
                Column("failing", "Not read"),
                Column("known_share", "Accounts known", "%", none="nobody, or too few people"),
                Column("refused", "Refused", alarm=1),
                Column("reasons", "Why"),
            ),
            Drawing.TABLE,
            "Connections",
            "",
            says="Each connection: when its tool delivered last (to the quarter of an hour), when "
            "it was last asked to the end, by how many seconds that is overdue, which of its lists "
            "could not be read, and what was refused in seven days, by the class of the reason. "
            "Accounts known: the share of the tool's people who are of the directory, as on the "
            "board Learning.",
            do="Not read: `headwater connectors check NAME` says why, and which permission lacks; "
            "it is tried again by itself. Behind: `headwater status` says what the tool answers, "
            "and whether its token is still good. A signature that does not fit: give the tool and "
            "its connection the same secret. What is unknown or not understood is in `headwater "
            "rejected list`. Nothing came yet: see that the tool was told the address.",
            empty="No part has told of its connections yet. `headwater status` shows which is "
            "down.",
            scope="now, all teams",
            every=5.0,
            always=True,
            width=12,
            height=14,
        ),
    ),
    says="How each connection stands: what came, what is late, what was refused.",
    place=20,
)
