"""How long a loop rests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.pacing import Pacing

SECONDS = st.floats(0, 1000)


@given(SECONDS, SECONDS, SECONDS, st.floats(0, 20))
def test_a_rest_is_a_share_of_the_turn_within_its_bounds(
    took: float, one: float, other: float, share: float
) -> None:
    least, most = sorted((one, other))
    rest = Pacing(least, most, share).rest(took)
    assert least <= rest <= most
    if least < rest < most:
        assert rest == pytest.approx(share * took)


@given(SECONDS, SECONDS)
def test_who_works_longer_rests_longer(one: float, other: float) -> None:
    pace = Pacing(least=0.1, most=60, share=8)
    shorter, longer = sorted((one, other))
    assert pace.rest(shorter) <= pace.rest(longer)


def test_without_a_share_it_rests_the_least() -> None:
    assert Pacing(least=0.025).rest(10) == 0.025
    assert Pacing().rest(10) == 0


@pytest.mark.parametrize("wrong", [(2, 1, 0), (-1, 1, 0), (0, 1, -1)])
def test_a_pace_that_could_not_be_kept_is_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="no pace"):
        Pacing(*wrong)
