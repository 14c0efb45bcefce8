"""Metrics name nobody to strangers."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from serving import metrics


@pytest.fixture
def registry() -> CollectorRegistry:
    found = CollectorRegistry()
    sent = Counter("sent", "What was sent", ["connection", "sort"], registry=found)
    sent.labels("acme", "mapped").inc(2)
    sent.labels("rocket", "mapped").inc(3)
    sent.labels("acme", "ignored").inc()
    took = Histogram("took", "Seconds", ["connection"], buckets=[1.0], registry=found)
    took.labels("acme").observe(0.5)
    took.labels("rocket").observe(2)
    Gauge("free", "Bytes", registry=found).set(7)
    return found


@pytest.mark.parametrize(
    ("authorization", "token"),
    [("", None), ("Bearer ", ""), ("Bearer x", "secret"), ("secr", "se")],
)
def test_strangers_get_sums(registry: CollectorRegistry, authorization: str, token: str) -> None:
    said = bytes(metrics.answer(authorization, token, registry).body).decode()
    assert "acme" not in said
    assert "rocket" not in said
    assert 'sent_total{sort="mapped"} 5.0' in said
    assert 'took_bucket{le="+Inf"} 2.0' in said
    assert "free 7.0" in said


def test_who_has_the_token_gets_all(registry: CollectorRegistry) -> None:
    said = bytes(metrics.answer("Bearer secret", "secret", registry).body).decode()
    assert 'sent_total{connection="acme",sort="mapped"} 2.0' in said
