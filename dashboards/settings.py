"""What the page and the boards can be told by the environment; read once, passed on."""

from ipaddress import ip_address
from pathlib import Path

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashboards.errors import NotConfigured


class DashboardSettings(BaseSettings):
    """Where the page listens, whom it lets in, and which warehouse it reads."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True, extra="ignore")

    #: The warehouse as the viewer reaches it: a user who may read `viewer.*` and nothing else.
    clickhouse_viewer: SecretStr = SecretStr("http://viewer:@127.0.0.1:8123")
    #: The data folder, where the supervisor writes what is wrong; without it the page does not say.
    data: Path | None = None
    #: The folder of the saved views; unset, the data folder. Without either none can be saved.
    views: Path | None = None
    page_host: str = "127.0.0.1"
    page_port: int = 8082
    #: `user:password` that the page asks for; required where others than this machine reach it.
    page_login: SecretStr | None = None
    #: Origins besides its own address whose pages may use it, comma separated, as in
    #: `https://board.example.org`: for a proxy that names another host to the page.
    page_origins: str = ""

    @property
    def origins(self) -> frozenset[str]:
        """The origins of `page_origins`."""
        return frozenset(each.strip() for each in self.page_origins.split(",") if each.strip())

    @property
    def saved(self) -> Path | None:
        """Where views are saved."""
        return self.views or self.data

    @property
    def loopback(self) -> bool:
        """Whether the page can be reached from this machine only."""
        if self.page_host == "localhost":
            return True
        try:
            return ip_address(self.page_host).is_loopback
        except ValueError:
            return False

    @property
    def login(self) -> str | None:
        """The page's `user:password`, where one is asked for."""
        return self.page_login.get_secret_value() if self.page_login else None

    @model_validator(mode="after")
    def _closed(self) -> "DashboardSettings":
        login = self.login
        if login and not all(login.partition(":")):
            raise NotConfigured("HEADWATER_PAGE_LOGIN must read user:password")
        if not login and not self.loopback:
            raise NotConfigured(
                f"the page on {self.page_host} can be reached from elsewhere: "
                "set HEADWATER_PAGE_LOGIN to user:password, or listen on 127.0.0.1"
            )
        return self
