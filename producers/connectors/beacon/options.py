"""What may be said of a beacon's connection: whose pages send, and what may leave them."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from producers.connector import Options, Site

MAIL = "mail"
_ORIGIN = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")
_USUAL = {"https": ":443", "http": ":80"}


def _origin(said: str) -> str:
    """An origin as browsers write it: in lower case, without the port that is usual."""
    found = _ORIGIN.fullmatch(said.rstrip("/").lower())
    if not found:
        raise ValueError(f"{said!r} is no origin, as in https://portal.example.com; none is `*`")
    scheme, host, port = found.groups(default="")
    return f"{scheme}://{host}{'' if port == _USUAL[scheme] else port}"


Origin = Annotated[str, AfterValidator(_origin)]


def _accounts(given: object) -> object:
    return given.rstrip("/") if isinstance(given, str) else given


class BeaconOptions(Options):
    """What `[connection.options]` may say of a beacon's connection."""

    #: The portal's address: ids count under it, and accounts are its own.
    site: Site
    #: The portal's name, as it is shown.
    platform: str = Field(min_length=1)
    #: Origins whose pages may send, as in `https://portal.example.com`; no other may.
    origins: frozenset[Origin] = Field(min_length=1)
    #: Hosts of the organisation's other sites: what is read there is no outside information.
    inside: frozenset[str] = frozenset()
    #: What `data-account` gives: logins at `site`; at another address, which is said here; or
    #: `mail` addresses.
    accounts: Annotated[str, BeforeValidator(_accounts)] = ""
    #: Accounts that no person has.
    bots: frozenset[str] = frozenset()
    #: Whether an account counts that the portal's server did not sign: then whoever reaches the
    #: address may say anything in anybody's name.
    unsigned: bool = False
    #: Whether texts of searches leave the page, and are kept; without, only their length.
    texts: bool = False
    #: Whether of pages outside the whole path is told; without, only the host.
    addresses: bool = False
    #: Parameters of a query that belong to the address of a page inside, as `id`; others never
    #: leave the page.
    queries: frozenset[str] = frozenset()
    #: After how many seconds in sight a page counts as read, and a profile as looked up.
    seconds: int = Field(10, ge=0, le=3600)
    #: Acts that one client's address may send in a minute: an office may have one address.
    rate: int = Field(600, gt=0)

    @field_validator("accounts")
    @classmethod
    def _known(cls, accounts: str) -> str:
        if accounts in ("", MAIL):
            return accounts
        if not accounts.startswith(("https://", "http://")):
            raise ValueError(f"it must be {MAIL!r} or begin with https:// or http://")
        return accounts.lower()

    @field_validator("inside")
    @classmethod
    def _lower(cls, hosts: frozenset[str]) -> frozenset[str]:
        return frozenset(host.lower() for host in hosts)

    def is_inside(self, address: str) -> bool:
        """Whether an address is the organisation's own, by its origin or its host."""
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}" in self.origins or parts.hostname in self.inside
