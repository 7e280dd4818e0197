"""A service's role reaches its own schema and no other's: Postgres refuses, not the code."""

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from deploy.local import postgres

DATABASE = "test_runtime_schemas"


@pytest.fixture(scope="module")
def address(postgres_url: str) -> str:
    """A database with two services in it, each with a table."""
    for package in ("customer", "segment"):
        postgres.create_service(postgres_url, package, "owner", "service", DATABASE)
        with psycopg.connect(_as(postgres_url, f"{package}_owner", "owner")) as owner:
            owner.execute("create table things (id int)")
            owner.execute("create function answer() returns int language sql security definer return 42")
    return postgres_url


def _as(address: str, role: str, password: str) -> str:
    return make_conninfo(address, user=role, password=password, dbname=DATABASE)


def test_a_service_reads_and_writes_what_its_owner_made(address: str) -> None:
    with psycopg.connect(_as(address, "customer", "service")) as service:
        service.execute("insert into things values (1)")
        service.execute("create temporary table staged (like things)")
        row = service.execute("select answer(), current_setting('timezone'), similarity('Müller', 'müller')").fetchone()
    assert row == (42, "UTC", 1.0)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from customer.things",
        "insert into customer.things values (1)",
        "select customer.answer()",
        "create table customer.mine (id int)",
        "create table segment.mine (id int)",
        "create table public.mine (id int)",
        "create schema mine",
        "drop table segment.things",
        "truncate segment.things",
    ],
)
def test_a_service_is_refused_everything_else(address: str, statement: str) -> None:
    with psycopg.connect(_as(address, "segment", "service")) as service:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute(statement)
        service.rollback()


def test_an_owner_is_refused_another_services_schema(address: str) -> None:
    with psycopg.connect(_as(address, "segment_owner", "owner")) as owner:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("select * from customer.things")
        owner.rollback()


def test_making_a_service_again_changes_its_password_and_nothing_else(address: str) -> None:
    postgres.create_service(address, "segment", "owner", "another", DATABASE)
    with psycopg.connect(_as(address, "segment", "another")) as service:
        assert service.execute("select count(*) from things").fetchone() == (0,)
    postgres.create_service(address, "segment", "owner", "service", DATABASE)


def test_text_is_compared_and_folded_in_any_script(address: str) -> None:
    with psycopg.connect(_as(address, "customer", "service")) as service:
        row = service.execute("select lower('MÜLLER'), upper('ñandú'), '王小明' ilike '%小%'").fetchone()
    assert row == ("müller", "ÑANDÚ", True)
