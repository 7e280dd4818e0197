"""The models are the tables that the migrations make."""

from crmkit.testing import unmapped


async def test_every_model_is_as_its_table_is(app, session):
    assert not await unmapped(await session.connection(), "customer")
