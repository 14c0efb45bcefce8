"""How often an address may do something: so often at once, then once now and then.

No address is kept: what is remembered is a hash of its network, keyed by what this process drew by
lot, so that nothing of it can be told when the process is gone.
"""

import hashlib
import ipaddress
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

#: Addresses that are remembered; the one that was last heard of longest ago is forgotten first.
REMEMBERED = 10_000
_KEY = secrets.token_bytes(32)


class Rate:
    """What addresses did, by the network that they are of.

    An address may do it `burst` times at once, and once more every `seconds`. IPv6 addresses are
    taken by their /64, which one household has.
    """

    def __init__(
        self, burst: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.burst = burst
        self.seconds = seconds
        self._clock = clock
        #: When an address has paid for all that it did.
        self._paid: OrderedDict[bytes, float] = OrderedDict()

    def wait(self, address: str) -> int:
        """Whole seconds until an address may do it again; 0 where it may now."""
        paid = self._paid.get(_named(address), 0.0)
        return max(0, math.ceil(paid - self._clock() - (self.burst - 1) * self.seconds))

    def spend(self, address: str) -> None:
        """An address did it."""
        network, now = _named(address), self._clock()
        self._paid[network] = max(self._paid.get(network, 0.0), now) + self.seconds
        self._paid.move_to_end(network)
        if len(self._paid) > REMEMBERED:
            self._paid.popitem(last=False)


def _named(address: str) -> bytes:
    return hashlib.blake2b(_network(address).encode(), key=_KEY, digest_size=16).digest()


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
