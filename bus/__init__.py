"""Kafka: how it is reached, and the one place that makes its clients."""
