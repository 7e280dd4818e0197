-- Facts: what the customer feed tells, each row at the newest version seen.

create table customers (
    customer_id uuid constraint customers_pkey primary key,
    version bigint not null,
    kind text not null
        constraint customers_kind_check check (kind in ('consumer', 'business', 'channel', 'internal')),
    erased boolean not null default false
);

create table customer_external_ids (
    customer_id uuid,
    position smallint,
    source text not null,
    external_id text not null,
    constraint customer_external_ids_pkey primary key (customer_id, position)
);

create table products (
    product_id uuid constraint products_pkey primary key,
    version bigint not null,
    external_id text,
    source text,
    name text,
    department text,
    product_category text,
    product_type text,
    brand text constraint products_brand_check check (brand in ('national', 'private'))
);

-- An order is one row, its lines three parallel arrays: a page of the feed writes a tenth of the rows and a scoring
-- run reads a third of the bytes that a table of lines would take. Lines are only ever read and replaced together.
create table orders (
    customer_id uuid,
    order_id uuid,
    version bigint not null,
    day date not null,
    cancelled_on date,
    currency text not null,
    amount bigint not null,
    deal_amount bigint not null,
    margin_amount bigint,
    line_count int not null,
    product_ids uuid[] not null,
    quantity_thousandths bigint[] not null,
    amounts bigint[] not null,
    constraint orders_pkey primary key (customer_id, order_id),
    constraint orders_lines_check check (
        cardinality(product_ids) = line_count and cardinality(quantity_thousandths) = line_count
        and cardinality(amounts) = line_count)
);
comment on column orders.day is 'date of placed_at in the business''s time zone';
comment on column orders.deal_amount is 'amount of the lines bought at any discount';
comment on column orders.margin_amount is 'null where the cost of a line is not known';

create table refunds (
    customer_id uuid,
    refund_id uuid,
    version bigint not null,
    order_id uuid,
    day date not null,
    currency text not null,
    amount bigint not null,
    constraint refunds_pkey primary key (customer_id, refund_id)
);

-- Models and runs.

create table scoring_models (
    model_id uuid constraint scoring_models_pkey primary key default uuidv7(),
    name text not null constraint scoring_models_name_check check (name ~ '^[a-z0-9_-]{1,64}$'),
    version int not null,
    thresholds jsonb not null,
    created_at timestamptz not null default now(),
    constraint scoring_models_name_version_key unique (name, version)
);
insert into scoring_models (name, version, thresholds) values ('default', 1, '{
    "kinds": ["consumer", "business"], "source": null,
    "bands": 5, "a_percent": 75, "window_days": 84, "weekly_spend_weeks": 13,
    "svcd_orders_a_month": 1, "amount_threshold": null,
    "platinum_percent": 5, "gold_percent": 15, "silver_percent": 35, "bronze_percent": 60,
    "growing_percent": 120, "declining_percent": 80,
    "new_days": 30, "loyal_days": 180, "loyal_purchase_days": 6, "act_gaps": 2,
    "category_days": 3, "brand_percent": 70,
    "half_life_days": 90, "list_length": 10, "rhythm_days": 3, "horizon_days": 14,
    "excluded_departments": [
        "FUEL", "MISCELLANEOUS", "COUPON", "CNTRL/STORE SUP", "POSTAL CENTER", "PROD-WHS SALES"],
    "excluded_categories": ["COUPON/MISC ITEMS", "COUPON"]
}');

create table scoring_runs (
    run_id uuid constraint scoring_runs_pkey primary key,
    model_id uuid not null constraint scoring_runs_model_id_fkey references scoring_models,
    as_of date not null,
    currency text not null,
    minor_unit numeric not null,
    customer_count bigint,
    ranked_count bigint,
    revenue_amount bigint,
    margin_amount bigint,
    ranked_by text constraint scoring_runs_ranked_by_check check (ranked_by in ('margin', 'revenue')),
    amount_threshold double precision,
    refused json,
    created_at timestamptz not null default now(),
    finished_at timestamptz
);
create index scoring_runs_created_at_idx on scoring_runs (created_at, run_id);
comment on column scoring_runs.minor_unit is 'what an amount of 1 is worth in the currency: 0.01 for USD';
comment on table scoring_runs is 'a run has the id of its job; it is complete and never changes once finished_at is set';

create table current_run (
    model_name text constraint current_run_pkey primary key,
    run_id uuid not null constraint current_run_run_id_fkey references scoring_runs,
    as_of date not null
);

-- What a run writes: a partition each, made empty and filled once.

create table scores (
    customer_id uuid not null,
    run_id uuid not null,
    external_id text,
    order_count bigint not null,
    revenue_amount bigint not null,
    margin_amount bigint,
    recency_days int,
    tenure_days int,
    purchase_days int not null,
    spend_w0_amount bigint not null,
    spend_w1_amount bigint not null,
    recent_amount bigint not null,
    deal_share double precision,
    recency_band smallint,
    frequency_band smallint,
    monetary_band smallint,
    abc text not null constraint scores_abc_check check (abc in ('A', 'B', 'C')),
    before_amount bigint,
    svcd text constraint scores_svcd_check check (svcd in ('star', 'volcano', 'cow', 'dog')),
    rank bigint,
    tier text constraint scores_tier_check check (tier in ('platinum', 'gold', 'silver', 'bronze', 'lead')),
    stage text not null
        constraint scores_stage_check check (stage in ('prospect', 'exploration', 'formation', 'stable', 'decline')),
    state text constraint scores_state_check check (
        state in ('lost', 'lapsed', 'new', 'reactivated', 'growing', 'declining')),
    stability text not null
        constraint scores_stability_check check (stability in ('potential', 'new', 'regular', 'loyal')),
    constraint scores_pkey primary key (customer_id, run_id)
) partition by list (run_id);

create table brand_loyalty (
    customer_id uuid not null,
    run_id uuid not null,
    product_category text not null,
    purchase_days int not null,
    unit_thousandths bigint not null,
    private_thousandths bigint not null,
    national_thousandths bigint not null,
    loyal_to text not null
        constraint brand_loyalty_loyal_to_check check (loyal_to in ('store', 'national', 'switcher')),
    usage text not null constraint brand_loyalty_usage_check check (usage in ('low', 'mid', 'high')),
    constraint brand_loyalty_pkey primary key (customer_id, run_id, product_category)
) partition by list (run_id);

create table next_purchases (
    customer_id uuid not null,
    run_id uuid not null,
    rank smallint not null,
    product_type text not null,
    product_category text,
    score numeric(12, 6) not null,
    expected_on date,
    typical_product_id uuid,
    constraint next_purchases_pkey primary key (customer_id, run_id, rank)
) partition by list (run_id);

-- Work in hand: rows of unfinished runs only.

create table run_metrics (
    run_id uuid,
    customer_id uuid,
    order_count bigint not null,
    revenue_amount bigint not null,
    margin_amount bigint,
    recency_days int,
    tenure_days int,
    purchase_days int not null,
    spend_w0_amount bigint not null,
    spend_w1_amount bigint not null,
    ordered_w1 boolean not null,
    recent_amount bigint not null,
    gross_amount bigint not null,
    deal_amount bigint not null,
    constraint run_metrics_pkey primary key (run_id, customer_id)
);

create table run_categories (
    run_id uuid,
    customer_id uuid,
    product_category text,
    purchase_days int not null,
    unit_thousandths bigint not null,
    private_thousandths bigint not null,
    national_thousandths bigint not null,
    constraint run_categories_pkey primary key (run_id, customer_id, product_category)
);

create table run_popularity (
    run_id uuid,
    customers_from uuid,
    product_type text,
    weight numeric not null,
    constraint run_popularity_pkey primary key (run_id, customers_from, product_type)
);

-- The service's role may not make tables; these run with the owner's rights and do just this.

create function open_run(run uuid) returns void
language plpgsql security definer set search_path from current as $$
declare
    parent text;
    part text;
begin
    foreach parent in array array['scores', 'brand_loyalty', 'next_purchases'] loop
        part := parent || '_' || replace(run::text, '-', '');
        -- Attaching an empty table lets readers of the parent go on; "create table partition of" would stop them.
        execute format('create table %I (like %I including all)', part, parent);
        execute format('alter table %I attach partition %I for values in (%L)', parent, part, run);
    end loop;
end $$;

create function empty_run(run uuid) returns void
language plpgsql security definer set search_path from current as $$
declare
    parent text;
begin
    if exists (select from scoring_runs where run_id = run and finished_at is not null) then
        raise exception 'run % is finished and stays', run;
    end if;
    foreach parent in array array['scores', 'brand_loyalty', 'next_purchases'] loop
        if to_regclass(parent || '_' || replace(run::text, '-', '')) is not null then
            execute format('truncate %I', parent || '_' || replace(run::text, '-', ''));
        end if;
    end loop;
    delete from run_metrics where run_id = run;
    delete from run_categories where run_id = run;
    delete from run_popularity where run_id = run;
end $$;

create function close_run(run uuid) returns void
language plpgsql security definer set search_path from current as $$
declare
    parent text;
begin
    foreach parent in array array['scores', 'brand_loyalty', 'next_purchases'] loop
        execute format('analyze %I', parent || '_' || replace(run::text, '-', ''));
    end loop;
    delete from run_metrics where run_id = run;
    delete from run_categories where run_id = run;
    delete from run_popularity where run_id = run;
end $$;
