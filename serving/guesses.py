"""Guessed passwords: so many wrong ones at once from an address, then one now and then."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

#: Addresses that are remembered; the one that failed longest ago is forgotten first.
REMEMBERED = 10_000


class Guesses:
    """Wrong passwords by the address that they came from.

    An address may be wrong `burst` times at once, and once more every `seconds`. IPv6 addresses are
    taken by their /64, which one household has.
    """

    def __init__(
        self, burst: int = 10, seconds: float = 6.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.burst = burst
        self.seconds = seconds
        self._clock = clock
        #: When an address has paid for all of its failures.
        self._paid: OrderedDict[str, float] = OrderedDict()

    def wait(self, address: str) -> int:
        """Whole seconds until a password from an address is looked at; 0 where it is now."""
        paid = self._paid.get(_network(address), 0.0)
        return max(0, math.ceil(paid - self._clock() - (self.burst - 1) * self.seconds))

    def wrong(self, address: str) -> None:
        """A password from an address was wrong."""
        network, now = _network(address), self._clock()
        self._paid[network] = max(self._paid.get(network, 0.0), now) + self.seconds
        self._paid.move_to_end(network)
        if len(self._paid) > REMEMBERED:
            self._paid.popitem(last=False)


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
