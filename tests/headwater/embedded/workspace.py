"""A workspace of the embedded warehouse that runs for a test."""

from headwater.running import Running
from headwater.workspaces import Workspaces
from tests.headwater.embedded.conftest import PASSWORDS, Server


def workspaces(server: Server) -> Workspaces:
    """What the command line uses, of this server."""
    login = {"username": "headwater", "password": PASSWORDS["headwater"]}
    return Workspaces(Running({"warehouse_admin": {"url": server.url, **login}}, "this test"))


def granted(server: Server, name: str, size: int = 64 << 20, tables: int = 20) -> str:
    """Grants one and returns its user, whose password `server.ask` knows."""
    workspace, secret = workspaces(server).grant(name, size, tables)
    PASSWORDS[workspace.user] = secret
    for http in server.asking.values():  # the server has started again
        http.close()
    server.asking.clear()
    return workspace.user
