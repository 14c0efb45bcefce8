"""What a part counts, for Prometheus: to strangers without the names of what is theirs alone.

`HEADWATER_METRICS_TOKEN` is what a scraper sends as `Authorization: Bearer …` to get all of it.
Without it, and from whoever does not send it, families with a label that names a connection or a
credential are summed over the names.
"""

import hmac
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

#: Labels whose values an operator chose, or a tool: names that are nobody else's concern.
NAMES = frozenset({"connection", "credential", "source", "user"})


class _Nameless(CollectorRegistry):
    """The same counters, summed over names."""

    def __init__(self, whole: CollectorRegistry) -> None:
        super().__init__()
        self._whole = whole

    def collect(self) -> Iterable[Metric]:
        """Every family."""
        for family in self._whole.collect():
            yield _without_names(family)


def answer(
    authorization: str, token: str | None, registry: CollectorRegistry = REGISTRY
) -> Response:
    """The answer to GET /metrics."""
    given = authorization.removeprefix("Bearer ").encode("utf-8", "replace")
    known = bool(token) and hmac.compare_digest(given, (token or "").encode())
    text = generate_latest(registry if known else _Nameless(registry))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def endpoint(token: SecretStr | None) -> Callable[[Request], Awaitable[Response]]:
    """GET /metrics; names of what is theirs alone are for who has the token."""
    secret = token.get_secret_value() if token else None

    async def metrics(request: Request) -> Response:
        return answer(request.headers.get("authorization", ""), secret)

    return metrics


def _without_names(family: Metric) -> Metric:
    if not any(NAMES & sample.labels.keys() for sample in family.samples):
        return family
    plain = Metric(family.name, family.documentation, family.type, family.unit)
    plain.samples = list(_summed(family.samples))
    return plain


def _summed(samples: Iterable[Sample]) -> Iterator[Sample]:
    sums: dict[tuple[str, tuple[tuple[str, str], ...]], float] = defaultdict(float)
    for sample in samples:
        if not sample.name.endswith("_created"):
            kept = tuple((k, v) for k, v in sample.labels.items() if k not in NAMES)
            sums[sample.name, kept] += sample.value
    for (name, labels), value in sums.items():
        yield Sample(name, dict(labels), value)
