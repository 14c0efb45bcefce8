"""Proxies that are trusted: what they say of a client is believed, and what others say is not."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network


class Proxies:
    """Addresses and networks, comma separated, as the `setting` names them.

    Raises ValueError for what is none.
    """

    def __init__(self, trusted: str, *, setting: str) -> None:
        every = (each.strip() for each in trusted.split(","))
        self._trusted = [_network(each, setting) for each in every if each]

    def trust(self, address: str) -> bool:
        """Whether an address is a proxy's that is trusted."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)

    def client(self, peer: str, forwarded: str) -> str:
        """Whose request it is, by the peer and its X-Forwarded-For.

        That is the last address which no trusted proxy has: what stands before it, the client may
        have written itself.
        """
        found = peer
        for each in reversed([each.strip() for each in forwarded.split(",") if each.strip()]):
            if not self.trust(found):
                break
            found = each
        return found


def _network(text: str, setting: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(
            f"{setting} names {text!r}, which is no address or network as in 10.0.0.0/8"
        ) from error
