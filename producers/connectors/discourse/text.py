"""What is told of a post's Markdown; itself it goes further only where it is kept.

https://meta.discourse.org/t/supported-formatting-in-posts-markdown-bbcode-and-html/239348
"""

import re
from urllib.parse import urlsplit

from producers import utterances

_QUOTE = re.compile(r"\[quote[^\]]*\].*?\[/quote\]|^>[^\n]*$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"^(```|~~~).*?^\1\s*$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"https?://[^\s<>)\]\"']+")


def says(raw: str | None) -> bool:
    """Whether a post says something: no command to a program, no mere nod, no quote alone."""
    own = _QUOTE.sub("", raw or "").strip()
    return bool(own) and utterances.is_exchange(own)


def asks(title: str) -> bool:
    """Whether a title is a question."""
    return utterances.asks(title)


def hosts(raw: str | None, site: str) -> list[str]:
    """The hosts to which a post links, the forum's own left out."""
    plain = _CODE.sub("", _QUOTE.sub("", raw or ""))
    found = dict.fromkeys(map(_host, _LINK.findall(plain)))
    return [host for host in found if host and host != _host(site)]


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:  # as in "http://[": no address
        return ""
