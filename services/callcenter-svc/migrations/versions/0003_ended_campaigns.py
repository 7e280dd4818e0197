"""An ended campaign takes its coupons along, also those that are given back to their owner later."""

from crmkit.data import migrations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    migrations.execute(CAMPAIGNS)


CAMPAIGNS = """
alter table open_coupons add column campaign_id uuid;
create index open_coupons_campaign_id_idx on open_coupons (campaign_id) where campaign_id is not null;
create table ended_campaigns (campaign_id uuid constraint ended_campaigns_pkey primary key);
"""
