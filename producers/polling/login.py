"""How a poll shows who it is: a token, headers, a password, or OAuth 2 client credentials."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator


class Login(BaseModel):
    """How a connection logs in; exactly one way of the four.

    `token` is sent as `Authorization: <scheme> <token>`. `headers` are sent as they are, by tools
    that have names of their own for them. `user` and `password` go as Basic.
    `client_id` and `client_secret` ask for a token at `token_url`, and again when it has run out
    (RFC 6749, 4.4).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = None
    scheme: str = "Bearer"
    headers: Mapping[str, SecretStr] | None = None
    user: str | None = None
    password: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    token_url: str | None = None
    scope: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        oauth = (self.client_id, self.client_secret, self.token_url)
        basic = (self.user, self.password)
        for names, given in (
            ("user and password", basic),
            ("client_id, client_secret and token_url", oauth),
        ):
            if any(given) and not all(given):
                raise ValueError(f"{names} go together")
        if sum((bool(self.token), bool(self.headers), all(basic), all(oauth))) != 1:
            raise ValueError(
                "a login is one of: token; headers; user and password; "
                "client_id, client_secret and token_url"
            )
        return self


def bearer(_: object, token: bytes) -> Login:
    """The connection's token, as most tools take it."""
    return Login(token=SecretStr(token.decode()))
