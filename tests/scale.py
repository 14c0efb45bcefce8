"""How much is tried: each thing in `make test`, for as long as it takes in `make soak`."""

import os
import time
from typing import Final, TypeVar

T = TypeVar("T")

#: Whether this run is the long one.
WHOLE: Final = os.environ.get("HEADWATER_TESTS") == "whole"
#: What tests that choose at random begin with; printed where they fail.
SEED: Final = int(os.environ.get("HEADWATER_TESTS_SEED", str(int(time.time()))))


def tried(short: T, whole: T) -> T:
    """How often, how long or which: of `make test`, or of `make soak`."""
    return whole if WHOLE else short
