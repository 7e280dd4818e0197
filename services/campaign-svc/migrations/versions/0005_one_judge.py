"""What one judge decides by: priorities and limits per customer of offers, receipts in columns, an order a checkout.

Documents are functions of `documents/` from here on.
"""

from crmkit.data import migrations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for script in (DOCUMENTS, OFFERS, CHECKOUTS, COUPONS):
        migrations.execute(script)


DOCUMENTS = """
drop function checkout_document(checkouts);
drop function redemption_document(redemptions);
drop function coupon_document(coupons);
"""

OFFERS = """
alter table offers
    add column priority int not null default 100,
    add column per_customer_limit int
        constraint offers_per_customer_limit_check check (per_customer_limit > 0);
alter table coupon_batches
    add column per_customer_limit int
        constraint coupon_batches_per_customer_limit_check check (per_customer_limit > 0);

-- How many coupons of an offer or a batch a customer has used or holds; only where their number is limited.
create table coupon_uses (
    customer_id uuid,
    limited_id uuid,
    used_count bigint not null constraint coupon_uses_used_count_check check (used_count >= 0),
    constraint coupon_uses_pkey primary key (customer_id, limited_id)
);
"""

CHECKOUTS = """
-- Lines, `applied` and `not_applied` are the receipt, which never changes.
alter table checkouts
    add column customer jsonb, add column brand text, add column lines jsonb, add column applied jsonb,
    add column not_applied jsonb, add column discount_amount bigint;
update checkouts set
    customer = nullif(body -> 'customer', 'null'), brand = body ->> 'brand', lines = body -> 'lines',
    applied = body -> 'applied', not_applied = body -> 'not_applied',
    discount_amount = (body -> 'discount' ->> 'amount')::bigint;
alter table checkouts
    alter column lines set not null, alter column applied set not null, alter column not_applied set not null,
    alter column discount_amount set not null, drop column body;
drop table applied_coupons;

-- The checkout that became an order, so that none becomes another's.
create table order_names (
    source text,
    external_id text,
    checkout_id uuid not null,
    constraint order_names_pkey primary key (source, external_id)
);
insert into order_names (source, external_id, checkout_id)
select order_source, order_external_id, id from checkouts where order_external_id is not null order by confirmed_at
on conflict do nothing;

insert into due (at, kind, ref) select expires_at, 'checkout_expiry', id::text from checkouts where status = 'reserved';
drop index checkouts_expires_at;
"""

COUPONS = """
drop index coupons_reserved_until;
create index coupons_offer_id on coupons (offer_id, id);
create index redemptions_offer_id on redemptions (offer_id, id);
"""
