"""Colours that are told apart and read on their ground, for every word of the vocabulary."""

import pytest

from dashboards import palette
from xapi.vocabulary import BEHAVIOURS, UNCLASSIFIED

SCAFFOLDS = [palette.DISCOVERY, palette.PRACTICE, palette.SHARING, palette.REINFORCEMENT]


def test_every_behaviour_has_a_shade_with_its_label() -> None:
    shades = dict(palette.BEHAVIOUR.known)
    scaffolds = {behaviour.scaffold.value for behaviour in BEHAVIOURS.values()}
    assert {"discovery", "practice", "sharing", "reinforcement", "formal"} <= scaffolds
    assert set(shades) == {*BEHAVIOURS, UNCLASSIFIED.name, "any", *scaffolds}
    for name, behaviour in {**BEHAVIOURS, UNCLASSIFIED.name: UNCLASSIFIED}.items():
        assert shades[name].title == behaviour.label


def test_colours_are_told_apart() -> None:
    colours = [shade.colour for _, shade in palette.BEHAVIOUR.known]
    assert len(set(colours)) == len(colours)


@pytest.mark.parametrize("colour", SCAFFOLDS)
def test_the_scaffolds_names_can_be_read_on_white(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 4.5  # WCAG 2.2, 1.4.3


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
