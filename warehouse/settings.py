"""Where the warehouse is, read once from the environment."""

from urllib.parse import unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class WarehouseSettings(BaseSettings):
    """The warehouse's address with its credentials: `http://user:password@host:port`."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True)

    #: The warehouse as the administrator reaches it: `http://user:password@host:port`.
    clickhouse: SecretStr = SecretStr("http://default:@127.0.0.1:8123")
    #: The passwords that `headwater migrate` gives the users analyst and viewer on a ClickHouse
    #: server; without one that user is not made.
    analyst_password: SecretStr | None = None
    viewer_password: SecretStr | None = None
    #: The user and password by which dictionaries read their own server.
    dictionary_user: str = "default"
    dictionary_password: SecretStr = SecretStr("")
    #: IANA name of the organisation's time zone: what a day and a week are. Kept in the warehouse
    #: (UTC where it was never set); a change is asked for by `--timezone`.
    timezone: str = ""
    #: Days on which the organisation works, by their numbers from Monday, 1, on, as `1,2,3,4,5`.
    #: Kept in the warehouse, so that it is said once (Monday to Friday where it never was).
    working_days: str = ""
    #: Days on which it does not work though they are such days: public holidays of countries or of
    #: parts of them (ISO 3166), and days of its own, as `DE-BY,2026-12-24`. Kept like the days;
    #: `none` takes them back.
    holidays: str = ""
    #: The organisation's own domains, with all below them, as `example.org,intranet.example`: what
    #: `learning.objects` calls outside is elsewhere. Kept like the days; `none` takes them back.
    domains: str = ""
    #: From when until when it works on them, as `09:00-17:00` (which it is where that was never
    #: said), by the clocks of each person's zone (`timezone` in people.csv), else its own; kept
    #: like the days.
    working_hours: str = ""
    #: Hex; makes pseudonyms. `headwater migrate` refuses another one than the warehouse's.
    pseudonym_key: SecretStr = SecretStr("")
    #: Groups of fewer people are not shown; never below 5.
    minimum_group: int = 5
    #: After how many minutes without a learning event a session ends, up to 720. 0 leaves it as the
    #: warehouse keeps it (30 where it was never set); a change counts sessions of all history anew.
    session_gap: int = 0
    #: Whether the data are a synthetic organisation's; every view says so then.
    synthetic: bool = False


class Address:
    """A warehouse address taken apart; its password never shows in a repr."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                "the warehouse's address must read http://user:password@host:port; "
                f"it has {_said('scheme', parts.scheme)} and {_said('host', parts.hostname)}"
            )
        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (8443 if self.secure else 8123)
        self.user = unquote(parts.username or "default")
        self.password = unquote(parts.password or "")

    @property
    def here(self) -> bool:
        """Whether it is on this machine."""
        return self.host == "localhost" or self.host.startswith("127.") or self.host == "::1"

    def __repr__(self) -> str:
        return f"Address({self.user}@{self.host}:{self.port})"


def _said(what: str, value: str | None) -> str:
    return f"the {what} {value!r}" if value else f"no {what}"
