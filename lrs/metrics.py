"""What the LRS counts, for Prometheus."""

from prometheus_client import Counter, Gauge

statements = Counter("headwater_lrs_statements", "Statements that Kafka acknowledged")
batches = Counter("headwater_lrs_batches", "Write requests that Kafka acknowledged")
verdicts = Counter("headwater_lrs_verdicts", "Lines by what became of them", ["verdict"])
refused = Counter("headwater_lrs_refused", "Statements and bodies that broke a rule", ["kind"])
unacknowledged = Counter(
    "headwater_lrs_unacknowledged", "Statements that Kafka did not acknowledge"
)
answers = Counter("headwater_lrs_answers", "Answers by status", ["status"])
frontier = Gauge(
    "headwater_lrs_consistent_through_seconds", "Unix time until which reads are whole"
)
free = Gauge("headwater_lrs_disk_free_bytes", "Free bytes of the disk that is watched")
credentials_position = Gauge(
    "headwater_lrs_credentials_position", "Offset until which lrs.credentials was followed"
)

_by_status: dict[int, Counter] = {}


def answered(status: int) -> None:
    """Counts an answer."""
    counter = _by_status.get(status)
    if counter is None:
        counter = _by_status[status] = answers.labels(status)
    counter.inc()
