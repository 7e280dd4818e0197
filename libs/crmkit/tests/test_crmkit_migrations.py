"""Schemas are brought forward by one runner at a time, and belong to one service."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psycopg
import pytest
from sqlalchemy import create_engine, text

from crmkit.data import migrations
from crmkit.settings import Settings
from crmkit.testing import PASSWORD, PrepareDatabase

SAMPLE = Path(__file__).parent / "sample"

NEXT = """
from crmkit.data import migrations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    migrations.execute("alter table things add column colour text default '100%'")
"""


@pytest.fixture
def fresh(postgres_url: str, prepare_database: PrepareDatabase, request: pytest.FixtureRequest) -> str:
    """The owner's address of an empty schema."""
    parts, database = urlsplit(postgres_url), f"test_migrations_{abs(hash(request.node.name))}"
    prepare_database(postgres_url, "sample", PASSWORD, PASSWORD, database)
    return f"postgresql+psycopg://sample_owner:{PASSWORD}@{parts.hostname}:{parts.port}/{database}"


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """The sample's folder with one revision more."""
    folder = tmp_path / "sample"
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "pyproject.toml").write_text((SAMPLE / "pyproject.toml").read_text())
    (versions / "0001_start.py").write_text((SAMPLE / "migrations/versions/0001_start.py").read_text())
    (versions / "0002_next.py").write_text(NEXT)
    return folder


def revision(owner_url: str) -> str:
    engine = create_engine(owner_url)
    with engine.connect() as connection:
        found = connection.scalar(text("select version_num from alembic_version"))
    engine.dispose()
    return str(found)


async def test_two_runners_at_once_migrate_once(fresh: str, next_release: Path) -> None:
    runs = [asyncio.to_thread(migrations.upgrade, next_release, fresh) for _ in range(3)]
    await asyncio.gather(*runs)
    assert revision(fresh) == "0002"


def test_a_migrated_schema_stays_as_it_is(fresh: str, next_release: Path) -> None:
    migrations.upgrade(SAMPLE, fresh)
    migrations.upgrade(SAMPLE, fresh)
    assert revision(fresh) == "0001"
    migrations.upgrade(next_release, fresh)
    assert revision(fresh) == "0002"


def test_a_lock_that_is_not_had_soon_stops_the_runner(
    fresh: str, next_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(SAMPLE, fresh)
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "100ms")
    engine = create_engine(fresh)
    with engine.connect() as reader:
        reader.execute(text("select * from things"))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            migrations.upgrade(next_release, fresh)
        assert revision(fresh) == "0001"
    engine.dispose()
    migrations.upgrade(next_release, fresh)
    assert revision(fresh) == "0002"


def test_an_older_schema_keeps_its_feed(fresh: str, tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text((SAMPLE / "pyproject.toml").read_text())
    revision = "from crmkit.data import migrations as m\nrevision, down_revision = {}\nupgrade = m.{}_mechanism\n"
    (versions / "0001.py").write_text(revision.format('"0001", None', "create"))
    migrations.upgrade(tmp_path, fresh)
    engine = create_engine(fresh)
    with engine.begin() as connection:
        connection.execute(text("insert into outbox (type, source, data, position) values ('a', 'a', '{}', 7)"))
        connection.execute(text("insert into outbox (type, source, data) values ('b', 'b', '{}')"))
        connection.execute(text("update feed_head set position = 7"))
    (versions / "0002.py").write_text(revision.format('"0002", "0001"', "renew"))
    migrations.upgrade(tmp_path, fresh)
    with engine.begin() as connection:
        feed = connection.execute(text("select position, type from feed join outbox using (id)")).all()
        unnumbered = connection.scalars(text("select type from outbox, feed_head where xid >= floor")).all()
    engine.dispose()
    assert [tuple(row) for row in feed] == [(7, "a")]
    assert unnumbered == ["b"]


@pytest.mark.parametrize(
    "statement",
    [
        "select * from sample.things",
        "insert into sample.outbox (type, source, data) values ('x', 'x', '{}')",
        "update audit set actor = 'nobody'",
        "delete from audit",
        "create table sample.mine ()",
        "create table second.mine ()",
        "alter table second.things add column mine int",
        "truncate second.things",
    ],
)
async def test_a_services_role_is_kept_to_its_own_rows(second_settings: Settings, statement: str) -> None:
    connection = await asyncpg.connect(second_settings.dsn())
    try:
        assert await connection.fetchval("select count(*) from second.things") >= 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


def test_the_runner_needs_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["migrations"])
    with pytest.raises(SystemExit, match="usage"):
        migrations.main()
