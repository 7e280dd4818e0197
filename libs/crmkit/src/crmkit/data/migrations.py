"""Migrations: alembic, as the schema's owner, one runner at a time, never waiting long for a lock.

`python -m crmkit.data.migrations services/customer-svc ...` brings each folder's schema to its newest revision.
"""

import sys
import tomllib
from importlib import resources
from pathlib import Path
from typing import Final

from alembic import command, op
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import Connection, NullPool, create_engine, text

from crmkit.settings import Settings, with_password

LOCK_TIMEOUT: Final = "10s"
STATEMENT_TIMEOUT: Final = "10min"


class MigrationSettings(Settings):
    """The owner's address; `service` is told by the folder."""

    service: str = "migrations"
    database_url: str = ""
    owner_database_url: str
    owner_password: SecretStr = SecretStr("")


def main() -> None:
    """Migrate each folder named on the command line, as `<package>_owner`."""
    folders = [Path(name) for name in sys.argv[1:]]
    if not folders:
        sys.exit("usage: python -m crmkit.data.migrations SERVICE_FOLDER...")
    for folder in folders:
        settings = MigrationSettings()
        upgrade(folder, with_password(settings.owner_database_url, settings.owner_password, "postgresql+psycopg"))


def package_of(folder: Path) -> str:
    """The package a service folder holds, which is its schema too."""
    name: str = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"]
    return name.removeprefix("perennial-")


def upgrade(folder: Path, owner_url: str) -> None:
    """Bring the schema of a service folder to its newest revision; runners of one schema wait for each other."""
    package = package_of(folder)
    config = Config()
    config.set_main_option("script_location", str(resources.files("crmkit.data") / "alembic"))
    config.set_main_option("version_locations", str(folder / "migrations" / "versions"))
    config.set_main_option("path_separator", "newline")
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        _lock(connection, package)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        _apply_documents(connection, folder / "src" / package / "documents")


def _apply_documents(connection: Connection, folder: Path) -> None:
    """Make the functions that write resources as JSON what their files say: crmkit's, then the service's by name."""
    connection.execute(text("set check_function_bodies = off"))
    for script in (resources.files("crmkit.data") / "documents.sql", *sorted(folder.glob("*.sql"))):
        connection.exec_driver_sql(script.read_text().replace("%", "%%"))
    connection.commit()


def _lock(connection: Connection, package: str) -> None:
    connection.execute(text("select pg_advisory_lock(hashtext(:name))"), {"name": f"migrate {package}"})
    connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"set statement_timeout = '{STATEMENT_TIMEOUT}'"))
    connection.commit()


def execute(sql: str) -> None:
    """Run a script of SQL as it stands, inside a migration: no parameters, so `%` and `:` mean themselves."""
    cursor = op.get_bind().connection.cursor()
    try:
        cursor.execute(sql)
    finally:
        cursor.close()


def create_mechanism() -> None:
    """Make the tables crmkit needs, in the owner's schema; a first migration calls it."""
    execute((resources.files("crmkit.data") / "mechanism.sql").read_text())


def renew_mechanism() -> None:
    """Bring the tables of `create_mechanism` to what crmkit needs now; a migration calls it."""
    execute((resources.files("crmkit.data") / "renewed_mechanism.sql").read_text())


if __name__ == "__main__":
    main()
