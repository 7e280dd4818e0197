"""The service's first tables."""

from crmkit.data import migrations

revision = "0001"
down_revision = None


def upgrade() -> None:
    migrations.create_mechanism()
    for script in (PROJECTIONS, OFFERS, CAMPAIGNS, COUPONS, CHECKOUTS):
        migrations.execute(script)


PROJECTIONS = """
create table customers (
    id uuid constraint customers_pkey primary key,
    version bigint not null,
    name text
);

-- Phones and e-mails are kept as digests only: a checkout asks whether a handle is known, never what it is.
create table customer_handles (
    kind text constraint customer_handles_kind_check check (kind in ('card', 'external', 'phone', 'email')),
    value text,
    customer_id uuid,
    constraint customer_handles_pkey primary key (kind, value, customer_id)
);
create index customer_handles_customer_id on customer_handles (customer_id);

create table products (
    id uuid constraint products_pkey primary key,
    version bigint not null,
    source text,
    external_id text,
    name text,
    product_category text,
    product_type text,
    manufacturer_id text,
    brand text
);
create index products_external_id on products (source, external_id);

create table purchases (
    customer_id uuid,
    id uuid,
    version bigint not null,
    source text,
    external_id text,
    purchased_on date not null,
    amount bigint not null,
    constraint purchases_pkey primary key (customer_id, id)
);
create index purchases_external_id on purchases (customer_id, source, external_id);
"""

OFFERS = """
create table sponsors (
    id uuid constraint sponsors_pkey primary key default uuidv7(),
    version bigint not null default 1,
    name text not null,
    manufacturer_id text constraint sponsors_manufacturer_id_key unique,
    archived_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table offers (
    id uuid constraint offers_pkey primary key default uuidv7(),
    version bigint not null default 1,
    name text not null,
    kind text not null constraint offers_kind_check check (kind in ('percentage', 'amount', 'fixed_price')),
    value bigint not null constraint offers_value_check check (value > 0),
    currency text not null,
    target jsonb not null,
    ladder jsonb not null,
    regular_amount bigint,
    minimum_quantity numeric(12, 3),
    minimum_spend_amount bigint,
    sponsor_id uuid constraint offers_sponsor_id_fkey references sponsors,
    sponsor_share numeric(5, 4) not null
        constraint offers_sponsor_share_check check (sponsor_share between 0 and 1),
    starts_at timestamptz,
    ends_at timestamptz,
    archived_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint offers_percentage_check check (kind <> 'percentage' or value <= 10000),
    constraint offers_sponsor_check check (sponsor_id is not null or sponsor_share = 0)
);
create index offers_current on offers (id) where archived_at is null;
"""

CAMPAIGNS = """
create table campaigns (
    id uuid constraint campaigns_pkey primary key default uuidv7(),
    version bigint not null default 1,
    name text not null,
    goal text not null,
    audience jsonb not null,
    offer_ids uuid[],
    control_share numeric(5, 4) not null
        constraint campaigns_control_share_check check (control_share between 0 and 1),
    currency text not null,
    list_length int not null,
    coupon_valid_days int not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    status text not null default 'draft'
        constraint campaigns_status_check check (status in ('draft', 'launched', 'paused', 'ended')),
    launched_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint campaigns_period_check check (starts_at < ends_at)
);

create table budgets (
    campaign_id uuid constraint budgets_pkey primary key,
    granted_amount bigint not null,
    reserved_amount bigint not null default 0 constraint budgets_reserved_amount_check check (reserved_amount >= 0),
    spent_amount bigint not null default 0 constraint budgets_spent_amount_check check (spent_amount >= 0),
    constraint budgets_never_overspent_check check (reserved_amount + spent_amount <= granted_amount)
);

create table budget_entries (
    id uuid constraint budget_entries_pkey primary key default uuidv7(),
    campaign_id uuid not null,
    kind text not null constraint budget_entries_kind_check
        check (kind in ('grant', 'reserve', 'settle', 'release', 'give_back')),
    amount bigint not null,
    checkout_id uuid,
    redemption_id uuid,
    created_at timestamptz not null default now()
);
create index budget_entries_campaign_id on budget_entries (campaign_id, id);

create table campaign_members (
    customer_id uuid,
    campaign_id uuid,
    assigned_group text not null
        constraint campaign_members_assigned_group_check check (assigned_group in ('treated', 'control')),
    assigned_at timestamptz not null default now(),
    constraint campaign_members_pkey primary key (customer_id, campaign_id)
);
create index campaign_members_campaign_id on campaign_members (campaign_id, assigned_group);
"""

COUPONS = """
create table coupon_batches (
    id uuid constraint coupon_batches_pkey primary key default uuidv7(),
    version bigint not null default 1,
    offer_id uuid not null constraint coupon_batches_offer_id_fkey references offers,
    campaign_id uuid constraint coupon_batches_campaign_id_fkey references campaigns,
    count bigint not null,
    issued_count bigint not null default 0,
    valid_from timestamptz not null,
    valid_until timestamptz not null,
    job_id uuid not null,
    created_at timestamptz not null default now(),
    constraint coupon_batches_issued_count_check check (issued_count <= count)
);

create table coupons (
    id uuid constraint coupons_pkey primary key,
    version bigint not null default 1,
    code text not null,
    offer_id uuid not null,
    campaign_id uuid,
    shopping_list_id uuid,
    batch_id uuid,
    customer_id uuid,
    status text not null default 'issued'
        constraint coupons_status_check check (status in ('issued', 'reserved', 'redeemed')),
    value bigint not null,
    valid_from timestamptz not null,
    valid_until timestamptz not null,
    checkout_id uuid,
    reserved_until timestamptz,
    redeemed_at timestamptz,
    created_at timestamptz not null default now(),
    constraint coupons_holder_check check ((status = 'reserved') = (reserved_until is not null))
);
create index coupons_customer_id on coupons (customer_id, id) where customer_id is not null;
create index coupons_shopping_list_id on coupons (shopping_list_id) where shopping_list_id is not null;
create index coupons_campaign_id on coupons (campaign_id) where campaign_id is not null;
create index coupons_batch_id on coupons (batch_id, id) where batch_id is not null;
create index coupons_reserved_until on coupons (reserved_until) where status = 'reserved';

-- Narrow, so that a code stays unique wherever its coupon lives.
create table coupon_codes (
    code text constraint coupon_codes_pkey primary key,
    coupon_id uuid not null
);

create table shopping_lists (
    id uuid,
    version bigint not null default 1,
    campaign_id uuid not null,
    customer_id uuid,
    as_of date not null,
    list_code text not null,
    valid_from timestamptz not null,
    valid_until timestamptz not null,
    lines jsonb not null,
    created_at timestamptz not null default now(),
    constraint shopping_lists_pkey primary key (customer_id, id),
    constraint shopping_lists_once_key unique (customer_id, campaign_id, as_of)
);
create index shopping_lists_id on shopping_lists (id);
create index shopping_lists_campaign_id on shopping_lists (campaign_id, id);

create table list_codes (
    code text constraint list_codes_pkey primary key,
    shopping_list_id uuid not null,
    customer_id uuid not null
);

-- Who a running job found eligible; swept when the job has ended.
create table list_audience (
    job_id uuid,
    customer_id uuid,
    constraint list_audience_pkey primary key (job_id, customer_id)
);
"""

CHECKOUTS = """
-- `body` is what the API shows of a checkout and never changes; the columns are what does, or is asked for.
create table checkouts (
    id uuid constraint checkouts_pkey primary key,
    version bigint not null default 1,
    status text not null default 'reserved'
        constraint checkouts_status_check check (status in ('reserved', 'confirmed', 'cancelled', 'expired')),
    customer_id uuid,
    store_id text not null,
    currency text not null,
    total_amount bigint not null constraint checkouts_total_amount_check check (total_amount >= 0),
    body jsonb not null,
    expires_at timestamptz not null,
    order_source text,
    order_external_id text,
    placed_at timestamptz,
    confirmed_at timestamptz,
    created_at timestamptz not null default now()
);
create index checkouts_expires_at on checkouts (expires_at) where status = 'reserved';
create index checkouts_customer_id on checkouts (customer_id, confirmed_at) where status = 'confirmed';

-- RFC 3339 in UTC, as every answer writes its times.
create function rfc3339(at timestamptz) returns text stable parallel safe
    return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

create function checkout_document(c checkouts) returns jsonb stable parallel safe
    return c.body || jsonb_build_object(
        'version', c.version, 'status', c.status,
        'expires_at', rfc3339(c.expires_at), 'confirmed_at', rfc3339(c.confirmed_at),
        'order', case when c.order_external_id is not null then jsonb_build_object(
            'external_id', c.order_external_id, 'source', c.order_source, 'placed_at', rfc3339(c.placed_at)) end);

create table applied_coupons (
    checkout_id uuid,
    coupon_id uuid,
    code text not null,
    offer_id uuid not null,
    campaign_id uuid,
    sponsor_id uuid,
    sponsor_share numeric(5, 4) not null,
    amount bigint not null,
    sponsor_amount bigint not null,
    constraint applied_coupons_pkey primary key (checkout_id, coupon_id),
    constraint applied_coupons_amounts_check check (amount >= sponsor_amount and sponsor_amount >= 0)
);

create table redemptions (
    id uuid constraint redemptions_pkey primary key default uuidv7(),
    version bigint not null default 1,
    status text not null default 'redeemed'
        constraint redemptions_status_check check (status in ('redeemed', 'reversed')),
    coupon_id uuid not null,
    code text not null,
    offer_id uuid not null,
    campaign_id uuid,
    sponsor_id uuid,
    customer_id uuid,
    checkout_id uuid,
    store_id text not null,
    order_source text,
    order_external_id text,
    currency text not null,
    discount_amount bigint not null,
    sponsor_amount bigint not null,
    redeemed_at timestamptz not null default now(),
    reversed_at timestamptz
);
create unique index redemptions_once on redemptions (coupon_id) where status = 'redeemed';
create index redemptions_campaign_id on redemptions (campaign_id) where campaign_id is not null;
create index redemptions_customer_id on redemptions (customer_id, id) where customer_id is not null;
create index redemptions_checkout_id on redemptions (checkout_id) where checkout_id is not null;

create function redemption_document(r redemptions) returns jsonb stable parallel safe
    return jsonb_build_object(
        'id', r.id, 'version', r.version, 'status', r.status, 'code', r.code, 'coupon_id', r.coupon_id,
        'offer_id', r.offer_id, 'campaign_id', r.campaign_id, 'sponsor_id', r.sponsor_id,
        'customer', case when r.customer_id is not null then jsonb_build_object('id', r.customer_id) end,
        'checkout_id', r.checkout_id, 'store_id', r.store_id,
        'order', case when r.order_external_id is not null then jsonb_build_object(
            'external_id', r.order_external_id, 'source', r.order_source) end,
        'currency', r.currency, 'discount_amount', r.discount_amount, 'sponsor_amount', r.sponsor_amount,
        'redeemed_at', rfc3339(r.redeemed_at), 'reversed_at', rfc3339(r.reversed_at));

create function coupon_document(c coupons) returns jsonb stable parallel safe
    return jsonb_build_object(
        'id', c.id, 'version', c.version, 'code', c.code, 'status', c.status, 'offer_id', c.offer_id,
        'campaign_id', c.campaign_id, 'shopping_list_id', c.shopping_list_id, 'batch_id', c.batch_id,
        'customer', case when c.customer_id is not null then jsonb_build_object('id', c.customer_id) end,
        'valid_from', rfc3339(c.valid_from), 'valid_until', rfc3339(c.valid_until),
        'checkout_id', c.checkout_id, 'reserved_until', rfc3339(c.reserved_until),
        'redeemed_at', rfc3339(c.redeemed_at), 'created_at', rfc3339(c.created_at));
"""
