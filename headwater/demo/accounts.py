"""Who somebody is in each tool: a login here, a number or an id there; and what of it is known.

Nobody has kept the list of all accounts: the directory knows those of some tools of everybody, of
others of most, and of one nobody's. It knows everybody's mail address, and two tools tell which
address an account has: their accounts are people's, though the directory names few of them. What
nobody knows stays unresolved, as it would anywhere.
"""

import hashlib
from typing import TYPE_CHECKING

from xapi import synthetic

if TYPE_CHECKING:
    from headwater.demo.organisation import Person

#: Where the tools know people that have one sign-on. Neither name here can resolve.
HOME = f"https://sso.{synthetic.HOST}"
#: Who keeps bookmarks, and with which login: a token of linkding's is one user's.
KEEPER, KEEPER_LOGIN = "P001", "bookworm"
#: Tool → the share of people whose account a row of the directory names.
KNOWN = {
    "slack": 0.3,
    "gitlab": 0.0,
    "jira": 0.9,
    "discourse": 0.6,
    "mediawiki": 0.5,
    "linkding": 1.0,
    "hypothesis": 0.0,
}
#: What is asked over HTTP goes by the demo's own way (headwater/demo/asked.py), which is no TLS.
_ASKED = frozenset({"slack", "gitlab", "jira", "mediawiki", "linkding", "hypothesis", "lrs"})


def site(tool: str) -> str:
    """The address of a tool of the organisation; no name of these can resolve."""
    return f"{'http' if tool in _ASKED else 'https'}://{tool}.{synthetic.HOST}"


def number(person: "Person") -> int:
    """A number that only this person has."""
    return int(person.id[1:]) + (0 if person.listed else 1000)


def name(tool: str, person: "Person") -> str:
    """What a tool calls a person's account."""
    if tool == "slack":
        return f"U0{number(person):05d}"
    if tool == "gitlab":
        return str(number(person))
    if tool == "linkding":
        return KEEPER_LOGIN
    return person.name if tool == "mediawiki" else person.login


def address(person: "Person") -> str:
    """A person's mail address, which no mail reaches."""
    return f"{person.login}@{synthetic.HOST}"


def home(tool: str) -> str:
    """The home page of a tool's accounts, as its connector has it."""
    # An account of Hypothesis is `acct:<login>@<authority>`, and its connector's home is of HTTPS.
    return f"https://{tool}.{synthetic.HOST}" if tool == "hypothesis" else site(tool)


def listed(person: "Person") -> list[str]:
    """The accounts of a person that the directory names, each as people.csv writes it."""
    return [
        f"{home(tool)}|{name(tool, person)}"
        for tool, share in KNOWN.items()
        if _luck(tool, person) < share and (tool != "linkding" or person.id == KEEPER)
    ]


def _luck(tool: str, person: "Person") -> float:
    digest = hashlib.sha256(f"{tool}/{person.login}".encode()).digest()
    return int.from_bytes(digest[:4]) / (1 << 32)
