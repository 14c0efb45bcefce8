"""`python -m tests.pictures --data DIR` draws the pictures of docs/questions.md anew.

First start a demo, wait until it says that history is there, and some minutes more, until each
question has an answer. Less history is there sooner:

    HEADWATER_DEMO_DAYS=84 make demo ARGS="--data demo-data"
    .venv/bin/python -m tests.pictures --data demo-data

`--only 3,17` draws some of them. Then look at what has changed: the alt texts of docs/questions.md
say in words what the pictures show, and are written by hand.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tests.pictures.drawings import draw
from tests.pictures.questions import PICTURES, analyst, worked


def main(
    data: Annotated[Path, typer.Option(help="The data folder of a demo that runs.")],
    out: Annotated[Path, typer.Option(help="Where the pictures go.")] = PICTURES,
    only: Annotated[str, typer.Option(help="Numbers of questions, by commas.")] = "",
) -> None:
    """Asks each question as the analyst, and draws the answer."""
    client = analyst(data)
    out.mkdir(parents=True, exist_ok=True)
    empty = []
    for question in worked():
        if only and str(question.number) not in only.split(","):
            continue
        rows = client.query_df(question.sql)
        if rows.empty:
            empty.append(question.number)
            continue
        print(draw(question, rows, out))
    if empty:
        sys.exit(f"No answer yet to {empty}: wait, then draw these.")


if __name__ == "__main__":
    typer.run(main)
