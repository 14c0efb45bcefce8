"""What is told of a message of Teams; its text goes further only where it is kept.

https://learn.microsoft.com/graph/api/resources/chatmessage
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from producers import utterances

#: What is no prose of whoever wrote the message.
_NOT_SAID = frozenset({"blockquote", "code", "codeblock", "pre", "at", "a", "attachment"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr"})
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp", ".mp4", ".mov", ".mp3")


@dataclass(frozen=True)
class Told:
    """What a message tells: where it links to, whether it asks or says anything."""

    hosts: tuple[str, ...] = ()
    asks: bool = False
    says: bool = False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[str] = []
        self._inside: list[str] = []
        self._quotes = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and not self._quotes and given.get("href"):
            self.links.append(str(given["href"]))
        if tag == "emoji":
            self.words.append(given.get("alt") or "")
        if tag in _NOT_SAID:
            self._inside.append(tag)
            self._quotes += tag == "blockquote"
            self.words.append(" code " if tag in ("code", "codeblock", "pre") else " ")
        elif tag in _BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
            self._quotes -= tag == "blockquote"
        if tag in _BREAKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.words.append(data)


def body(message: Mapping[str, Any]) -> str:
    """What a message says, as HTML or plain text."""
    return str((message.get("body") or {}).get("content") or "")


def told(message: Mapping[str, Any]) -> Told:
    """What a message tells. A file or a link says something without a word."""
    content = body(message)
    links: list[str] = []
    if (message.get("body") or {}).get("contentType") == "html":
        reader = _Reader()
        reader.feed(content)
        reader.close()
        content, links = "".join(reader.words), reader.links
    else:
        links = [word for word in content.split() if word.startswith(("https://", "http://"))]
    words = " ".join(w for w in content.split(" ") if "://" not in w).strip()
    hosts = tuple(dict.fromkeys(filter(None, map(_host, links))))
    subject = str(message.get("subject") or "")
    return Told(
        hosts=hosts,
        asks=utterances.asks(words) or utterances.asks(subject),
        says=bool(
            documents(message)
            or hosts
            or subject
            or (words and utterances.is_exchange(words))
        ),
    )  # fmt: skip


def documents(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The files of a message that are more than pictures."""
    return [
        each
        for each in message.get("attachments") or ()
        if each.get("contentType") == "reference"
        and each.get("id")
        and not str(each.get("name") or each.get("contentUrl") or "").lower().endswith(_PICTURES)
    ]


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:  # as in "http://[": no address
        return ""
