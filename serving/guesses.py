"""Guessed passwords: so many wrong ones at once from an address, then one now and then."""

import time
from collections.abc import Callable

from serving.rates import Rate


class Guesses(Rate):
    """Wrong passwords by the address that they came from.

    An address may be wrong `burst` times at once, and once more every `seconds`; until then no
    password from it is looked at.
    """

    def __init__(
        self, burst: int = 10, seconds: float = 6.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(burst, seconds, clock)

    def wrong(self, address: str) -> None:
        """A password from an address was wrong."""
        self.spend(address)
