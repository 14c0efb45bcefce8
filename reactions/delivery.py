"""How whom a rule names is told: a signed webhook, Slack, Teams, or e-mail.

Each message has its reaction's id, and it is the same in every try, so that whoever gets it twice
can tell: `webhook-id` of Standard Webhooks, `Message-ID` of e-mail. Slack and Teams know no such
id: there a message can stand twice, where its answer was lost.

https://www.standardwebhooks.com; https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks;
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import orjson

from producers import secrets
from producers.polling import limits
from producers.polling.tries import tries
from producers.signatures import Delivery, fault, standard_webhooks
from reactions.document import Chat, Email, Target, Webhook
from reactions.errors import NotNow, Refused
from reactions.letter import Page
from reactions.message import Message

#: Seconds that a receiver may take to answer, and that one message is tried in a row.
SECONDS, PATIENCE = 15.0, 30.0


class Courier:
    """Delivers messages to targets; `folder` is what a `file:` of theirs is relative to, `page`
    prints what an e-mail carries."""

    def __init__(
        self,
        folder: Path,
        page: Page,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Any] = asyncio.sleep,
        patience: float = PATIENCE,
    ) -> None:
        self._folder = folder
        self._page = page
        self._client = httpx.AsyncClient(timeout=SECONDS, transport=transport)
        self._sleep = sleep
        self._patience = patience

    async def deliver(self, target: Target, message: Message) -> None:
        """Returns when a message is delivered, tried again with growing pauses for a while.

        Raises NotNow where it is to be tried later, Refused where it never will be taken; neither
        tells a secret.
        """
        attempts = tries(NotNow, patience=self._patience, longest=20.0, sleep=self._sleep)
        await attempts(self._once, target, message)

    async def close(self) -> None:
        """Hangs up."""
        await self._client.aclose()

    async def _once(self, target: Target, message: Message) -> None:
        if isinstance(target, Email):
            password = self._secret(target.password).decode() if target.password else ""
            sheet = (
                await asyncio.to_thread(self._page.sheet, message.sheet) if message.sheet else b""
            )
            await asyncio.to_thread(send, target, password, mail(target, message, sheet))
            return
        if isinstance(target, Webhook):
            secret = self._secret(target.secret)
            if why := fault(standard_webhooks, secret):
                raise NotNow(f"the secret of {target.name} cannot sign: {why}")
            url, body, headers = target.url, *signed(message, secret)
        else:
            assert isinstance(target, Chat)
            url = self._secret(target.url).decode()
            body, headers = orjson.dumps(posted(target, message)), {}
        await self._post(target.name, url, body, headers)

    async def _post(self, name: str, url: str, body: bytes, headers: dict[str, str]) -> None:
        told = {"content-type": "application/json", "user-agent": "Headwater", **headers}
        try:
            response = await self._client.post(url, content=body, headers=told)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotNow(f"{name} does not answer ({type(error).__name__})") from None
        if response.is_success:
            return
        lower = {key.lower(): value for key, value in response.headers.items()}
        seconds = limits.pause(response.status_code, lower, datetime.now(UTC))
        said = f"{name} answers {response.status_code}"
        if seconds is not None:
            raise NotNow(said, seconds)
        raise Refused(said)

    def _secret(self, named: str) -> bytes:
        try:
            found = secrets.named(named, self._folder)
        except ValueError as error:
            raise NotNow(f"{named} {error}") from None
        if not found:
            raise NotNow(f"{named} is empty")
        return found


def signed(message: Message, secret: bytes) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a message as Standard Webhooks has it, signed now."""
    data = message.as_data()
    body = orjson.dumps({"type": "reaction.raised", "timestamp": data["at"], "data": data})
    named = Delivery({"webhook-id": f"msg_{message.id}"}, body)
    return body, standard_webhooks.sign(named, secret)


def posted(target: Chat, message: Message) -> dict[str, Any]:
    """What Slack or Teams is told."""
    if target.kind == "slack":
        link = f" <{_plain(message.link)}|Open>" if message.link else ""
        lines = "".join(f"\n• {_plain(line)}" for line in message.lines)
        return {"text": _plain(message.said) + lines + link, "unfurl_links": False}
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": _escaped(said), "wrap": True}
            for said in (message.said, *message.lines)
        ],
    }
    if message.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": message.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def mail(target: Email, message: Message, sheet: bytes = b"") -> EmailMessage:
    """The e-mail of a message; `sheet` is the PDF that it carries."""
    found = EmailMessage()
    found["Subject"] = "Headwater: " + " ".join(message.said.split())
    found["From"] = target.sender
    found["To"] = ", ".join(target.to)
    found["Date"] = format_datetime(datetime.now(UTC))
    found["Message-ID"] = f"<{message.id}.reactions@{target.sender.rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    said = (message.said, *message.lines, message.link)
    found.set_content("\n\n".join(filter(None, said)) + "\n")
    if sheet:
        name = f"headwater-{message.at:%Y-%m-%d}.pdf"
        found.add_attachment(sheet, maintype="application", subtype="pdf", filename=name)
    return found


def send(target: Email, password: str, letter: EmailMessage) -> None:
    """Hands an e-mail to its server. Raises NotNow or Refused."""
    try:
        with smtplib.SMTP(target.server, target.port, timeout=SECONDS) as server:
            if target.starttls:
                server.starttls(context=ssl.create_default_context())
            if target.user:
                server.login(target.user, password)
            server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        if all(code >= 500 for code in codes):
            raise Refused(f"{target.name} refuses the recipients ({codes[0]})") from None
        raise NotNow(f"{target.name} does not take the recipients now ({codes[0]})") from None
    except smtplib.SMTPResponseException as error:
        raise NotNow(f"{target.name} answers {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotNow(f"{target.name} does not answer ({type(error).__name__})") from None


def _plain(text: str) -> str:
    """Text in which Slack sees no mark-up of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped(text: str) -> str:
    """Text in which Teams sees no Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]()#~" else sign for sign in text)
