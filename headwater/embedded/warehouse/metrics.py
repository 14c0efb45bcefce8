"""What the warehouse counts."""

from prometheus_client import Counter, Histogram, generate_latest

STATEMENTS = Counter("headwater_warehouse_statements", "Statements by kind.", ["kind"])
REFUSED = Counter("headwater_warehouse_refused", "Errors answered, by ClickHouse's code.", ["code"])
WRITTEN = Counter("headwater_warehouse_rows_written", "Rows written by inserts, at every hop.")
SECONDS = Histogram("headwater_warehouse_seconds", "Time of a statement by kind.", ["kind"])


def text() -> bytes:
    """The numbers in Prometheus's text format."""
    return generate_latest()
