"""The deployment's own clients: made once, kept true."""

import secrets

import pytest

from gateway.access import keys
from gateway.bootstrap import SCOPES, ensure_client, read_keys
from gateway.clients import repository


def key_of(name: str) -> str:
    return f"pk_{name}_{secrets.token_hex(32)}"


async def test_a_second_start_changes_nothing(session) -> None:
    key = key_of("campaign")
    await ensure_client(session, "campaign", key)
    first = await repository.by_name(session, "campaign")
    await ensure_client(session, "campaign", key)
    again = await repository.by_name(session, "campaign")
    assert first is not None
    assert (again.id, again.version, again.key_digest) == (first.id, 1, keys.digest(key.encode()))
    assert set(again.scopes) == set(SCOPES["campaign"])


async def test_a_new_key_replaces_the_old_one(session) -> None:
    await ensure_client(session, "dev-admin", key_of("dev-admin"))
    renewed = key_of("dev-admin")
    await ensure_client(session, "dev-admin", renewed)
    client = await repository.by_name(session, "dev-admin")
    assert client is not None
    assert (client.key_digest, client.version) == (keys.digest(renewed.encode()), 2)


def test_files_are_keys_of_known_clients(tmp_path) -> None:
    (tmp_path / "segment").write_text(key_of("segment") + "\n")
    assert set(read_keys(tmp_path)) == {"segment"}
    (tmp_path / "stranger").write_text(key_of("stranger"))
    with pytest.raises(ValueError, match="stranger"):
        read_keys(tmp_path)
