"""What the tools answer that are asked, a module a tool: an act as that tool's interface has it."""

from collections.abc import Callable, Sequence

from starlette.routing import Route

from headwater.demo.held import Held
from headwater.demo.servers import gitlab, hypothesis, jira, linkding, lrs, mediawiki, slack

#: Connection → its interface.
ASKED: dict[str, Callable[[Held], Sequence[Route]]] = {
    "gitlab": gitlab.routes,
    "hypothesis": hypothesis.routes,
    "jira": jira.routes,
    "linkding": linkding.routes,
    "lrs": lrs.routes,
    "mediawiki": mediawiki.routes,
    "slack": slack.routes,
}
