"""A start-up archive for the broker's Java, made once a machine: it halves what a start costs.

Java (25 and newer) writes the classes that it loaded and linked, and the profile of what ran hot,
to a file (JEP 483, 514, 515) and takes them from there at the next start. The archive fits one
Java and one set of jars: its name is a digest of both. Without it everything works, slower.
"""

import contextlib
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from bus import clients
from bus.clients import Cluster
from headwater.embedded import jars, kafka, ports
from headwater.errors import StackError

TRAINING_RECORDS = 2000
SECONDS = 120


def path(java: Path) -> Path | None:
    """Return where the archive of this Java and these jars is kept; None where it cannot be."""
    release = java.resolve().parent.parent / "release"
    try:
        fingerprint = release.read_bytes() + jars.LOCK.read_bytes() + " ".join(kafka.JVM).encode()
    except OSError:
        return None
    digest = hashlib.sha256(fingerprint).hexdigest()[:16]
    return jars.cache_folder() / f"kafka-{digest}.aot"


def options(java: Path) -> list[str]:
    """Return Java's options that use the archive: none where there is no archive."""
    found = path(java)
    if found is None or not found.exists():
        return []
    return [f"-XX:AOTCache={found}", "-Xlog:disable", "-Xlog:all=error:stderr"]


def make() -> str:
    """Train a broker of a moment in a folder of its own; return what was done, in one line."""
    java = kafka.java()
    target = path(java)
    if target is None:
        return f"{java} tells nothing of itself; starts work without an archive"
    if target.exists():
        return "the start-up archive is there"
    with tempfile.TemporaryDirectory(prefix="headwater-archive-") as folder:
        made = Path(folder) / "made.aot"
        output = _train(Path(folder) / "kafka", made)
        if not made.exists():
            why = output.strip().splitlines()[-1:] or ["no message"]
            return f"no start-up archive with this Java ({why[0]}); starts work without"
        target.parent.mkdir(parents=True, exist_ok=True)
        for old in target.parent.glob("kafka-*.aot"):
            old.unlink(missing_ok=True)
        staged = target.with_suffix(".new")
        staged.write_bytes(made.read_bytes())
        staged.replace(target)
    return "made a start-up archive for the broker"


def _train(folder: Path, archive: Path) -> str:
    port = ports.free_port()
    java, *rest = kafka.command(folder, port)
    argv = [java, f"-XX:AOTCacheOutput={archive}", *rest]
    with (folder / "output").open("w+") as output:
        process = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT)
        try:
            kafka.wait_ready(f"127.0.0.1:{port}", process)
            _exercise(kafka.cluster(folder, port))
        except StackError as error:
            output.write(str(error))
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS)
            process.kill()
            process.wait()
        output.seek(0)
        return output.read()


def _exercise(bootstrap: Cluster) -> None:
    """Do once what every start does, so that it is part of the profile."""
    from bus.declaration import ensure_topics
    from bus.topics import EVENTS

    ensure_topics(bootstrap)
    producer = clients.blocking_producer(bootstrap, acks="all")
    for number in range(TRAINING_RECORDS):
        producer.send(EVENTS.name, b"%d" % number)
    producer.flush(20)
    producer.close()
    consumer = clients.blocking_consumer(
        bootstrap, EVENTS.name, group_id="training", auto_offset_reset="earliest"
    )
    seen = 0
    for _ in range(40):
        seen += sum(len(records) for records in consumer.poll(timeout_ms=500).values())
        if seen >= TRAINING_RECORDS:
            break
    consumer.commit()
    consumer.close()


def main() -> None:
    """Bring the jars and make the archive; what goes wrong is said and left to `headwater up`."""
    try:
        jars.class_path_shown()
        print(f"headwater: {make()}")
    except StackError as error:
        print(f"headwater: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
