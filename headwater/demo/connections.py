"""The connections of a demo beside GitHub's: what its first start writes into connections.toml."""

from headwater.demo import accounts

GROUP = "N0demo"
CHANNELS = {"C0HELP": ("help-desk", "help"), "C0TIL": ("today-i-learned", "knowledge"),
            "C0WORK": ("work", "work")}  # fmt: skip
CATEGORIES = {5: ("help", "help"), 7: ("handbook", "knowledge")}


def _options(tool: str) -> list[str]:
    site = f'site = "{accounts.site(tool)}"'
    match tool:
        case "slack":
            named = ", ".join(
                f'{key} = {{name = "{name}", use = "{use}"}}'
                for key, (name, use) in CHANNELS.items()
            )
            return [site, "read_users = true", f"channels = {{{named}}}"]
        case "gitlab":
            return [site, "read_users = true"]
        case "discourse":
            named = ", ".join(
                f'{key} = {{name = "{name}", use = "{use}"}}'
                for key, (name, use) in CATEGORIES.items()
            )
            return [site, f"categories = {{{named}}}"]
        case "beacon":
            origin = f'origins = ["{accounts.site(tool)}"]'
            return [site, 'platform = "Portal"', origin, f'accounts = "{accounts.HOME}"']
        case "mediawiki":
            return [f'site = "{accounts.site(tool)}/w"', "history_days = 1"]
        case "linkding":
            return [site, f'user = "{accounts.KEEPER_LOGIN}"', "addresses = true"]
        case "hypothesis":
            return [site, f'groups = {{{GROUP} = "reading"}}']
        case "lrs":
            return [f'endpoint = "{accounts.site(tool)}/xapi"', 'user = "headwater"']
        case _:
            return [site]


SECRET, TOKEN = ("secret",), ("token",)
#: Connection, and connector → what it has: a secret where it sends, a token where it is asked.
CONNECTED = {
    "slack": SECRET + TOKEN,
    "gitlab": SECRET + TOKEN,
    "jira": SECRET + TOKEN,
    "discourse": SECRET,
    "beacon": SECRET,
    "mediawiki": TOKEN,
    "linkding": TOKEN,
    "hypothesis": TOKEN,
    "lrs": TOKEN,
}


def declared() -> dict[str, str]:
    """Connection → its lines of connections.toml; its secrets are files."""
    return {
        name: "\n".join(
            (
                "",
                "[[connection]]",
                f'name = "{name}"',
                f'connector = "{name}"',
                *(f'{key} = "file:secrets/{name}-{key}"' for key in keys),
                "[connection.options]",
                *_options(name),
                "",
            )
        )
        for name, keys in CONNECTED.items()
    }
