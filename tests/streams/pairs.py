"""What can be had of published tables by taking one sum from another, and who is behind it."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from streams.cells import NOBODY, Events, Tree, grown
from streams.mart import Mart
from streams.published import coded

K = 5


def behind(mart: Mart, facts: pd.DataFrame, *, sided: bool = True) -> list[list[Any]]:
    """For each counted table of a mart its cells, each as the rows of `facts` that it counts."""
    assert mart.published is not None
    shown = [one for one in mart.published.cells if one.counts]
    keys = {name: coded(facts[name])[0] for one in shown for name in one.by}
    sides = tuple(
        np.where(facts[name] == 0, NOBODY, facts[name]).astype(np.int64)
        for name in (mart.published.sides if sided else ())
    )
    person, many = (facts[name].to_numpy(np.int64) for name in ("person", "events"))
    paths = grown(Events(person, many, keys, sides), [Tree(one.table, one.by) for one in shown], K)
    found = []
    for one in shown:
        cells = pd.DataFrame(paths[one.table]).groupby(list(range(len(one.by)))).indices.values()
        found.append([np.isin(np.arange(len(facts)), rows) for rows in cells])
    return found


def told_of(mart: Mart, facts: pd.DataFrame, found: list[list[Any]], seed: int) -> Iterator[int]:
    """How many people are behind random differences of sums, on each side where anybody is."""
    assert mart.published is not None
    chosen = random.Random(seed)
    nothing = np.zeros(len(facts), bool)
    sides = [
        pd.factorize(facts[side].where(facts[side] != 0))[0]
        for side in ("person", *mart.published.sides)
    ]
    for _ in range(400):
        sums = []
        for cells in (chosen.choice(found), chosen.choice(found)):
            some = chosen.sample(cells, chosen.randrange(len(cells) + 1))
            sums.append(np.logical_or.reduce([nothing, *some]))
        rest = sums[0] ^ sums[1]
        for people in sides:  # each has a number from 0 on, and nobody is -1
            if many := np.count_nonzero(np.bincount(people[rest] + 1)[1:]):
                yield many
