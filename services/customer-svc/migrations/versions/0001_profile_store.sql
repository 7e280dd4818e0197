-- RFC 3339 in UTC, as every answer writes its times.
create function rfc3339(at timestamptz) returns text stable parallel safe
    return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

create table customers (
    id uuid constraint customers_pkey primary key,
    version int not null default 1,
    kind text not null default 'consumer'
        constraint customers_kind_check check (kind in ('consumer', 'business', 'channel', 'internal')),
    name text,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    erased_at timestamptz
);
create index customers_created_at on customers (created_at, id);
create index customers_name_trgm on customers using gin (name extensions.gin_trgm_ops);

-- What names one customer only: an external id of a source, a loyalty card, a social id.
create table customer_keys (
    kind text constraint customer_keys_kind_check check (kind in ('external_id', 'card', 'social')),
    source text,
    value text,
    customer_id uuid not null,
    constraint customer_keys_pkey primary key (kind, source, value)
);
create index customer_keys_customer on customer_keys (customer_id);

-- What a household may share: a phone, an e-mail address.
create table contact_points (
    customer_id uuid,
    kind text constraint contact_points_kind_check check (kind in ('phone', 'email')),
    value text,
    verified_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint contact_points_pkey primary key (customer_id, kind, value),
    constraint contact_points_customer_fkey foreign key (customer_id) references customers (id)
);
create index contact_points_value on contact_points (kind, value);

create table customer_attributes (
    customer_id uuid,
    name text,
    value json not null,
    source text not null constraint customer_attributes_source_check check (source in ('own', 'third_party', 'partner')),
    channel text,
    collected_at timestamptz,
    verified_at timestamptz,
    constraint customer_attributes_pkey primary key (customer_id, name),
    constraint customer_attributes_customer_fkey foreign key (customer_id) references customers (id)
);

-- The customer as the API and its events show it.
create view customer_documents as
select c.id, c.created_at, c.name, c.kind, c.version, json_build_object(
    'id', c.id, 'version', c.version, 'kind', c.kind, 'name', c.name,
    'external_ids', coalesce((
        select json_agg(json_build_object('source', k.source, 'external_id', k.value) order by k.source, k.value)
        from customer_keys k where k.customer_id = c.id and k.kind = 'external_id'), '[]'),
    'phones', coalesce((
        select json_agg(p.value order by p.created_at, p.value)
        from contact_points p where p.customer_id = c.id and p.kind = 'phone'), '[]'),
    'emails', coalesce((
        select json_agg(p.value order by p.created_at, p.value)
        from contact_points p where p.customer_id = c.id and p.kind = 'email'), '[]'),
    'cards', coalesce((
        select json_agg(k.value order by k.value)
        from customer_keys k where k.customer_id = c.id and k.kind = 'card'), '[]'),
    'attributes', coalesce((
        select json_object_agg(a.name, json_build_object(
            'value', a.value, 'source', a.source, 'channel', a.channel,
            'collected_at', rfc3339(a.collected_at), 'verified_at', rfc3339(a.verified_at)) order by a.name)
        from customer_attributes a where a.customer_id = c.id), '{}'),
    'consents', json_build_object(),
    'created_at', rfc3339(c.created_at), 'updated_at', rfc3339(c.updated_at), 'erased_at', rfc3339(c.erased_at)
) as document
from customers c;

create table stores (
    id uuid constraint stores_pkey primary key default uuidv7(),
    version int not null default 1,
    store_id text not null constraint stores_store_id_key unique,
    name text,
    address text,
    time_zone text,
    archived_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
);

create view store_documents as
select s.id, json_build_object(
    'id', s.id, 'version', s.version, 'store_id', s.store_id, 'name', s.name, 'address', s.address,
    'time_zone', s.time_zone, 'archived_at', rfc3339(s.archived_at),
    'created_at', rfc3339(s.created_at), 'updated_at', rfc3339(s.updated_at)
) as document
from stores s;

create table products (
    id uuid constraint products_pkey primary key default uuidv7(),
    version int not null default 1,
    source text not null,
    external_id text not null,
    name text,
    department text,
    product_category text,
    product_type text,
    manufacturer_id text,
    brand text constraint products_brand_check check (brand in ('national', 'private')),
    package_size text,
    archived_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    constraint products_external_id_key unique (source, external_id)
);
create index products_product_type on products (product_type, id);

create view product_documents as
select p.id, p.version, p.source, p.external_id, p.created_at, p.product_type, p.product_category, p.brand, json_build_object(
    'id', p.id, 'version', p.version, 'source', p.source, 'external_id', p.external_id, 'name', p.name,
    'department', p.department, 'product_category', p.product_category, 'product_type', p.product_type,
    'manufacturer_id', p.manufacturer_id, 'brand', p.brand, 'package_size', p.package_size,
    'archived_at', rfc3339(p.archived_at), 'created_at', rfc3339(p.created_at), 'updated_at', rfc3339(p.updated_at)
) as document
from products p;

create table order_keys (
    source text,
    external_id text,
    order_id uuid not null,
    customer_id uuid not null,
    constraint order_keys_pkey primary key (source, external_id)
);

create table orders (
    customer_id uuid,
    id uuid,
    version int not null default 1,
    source text,
    external_id text,
    placed_at timestamptz not null,
    store_id text,
    channel text,
    currency text not null constraint orders_currency_check check (currency ~ '^[A-Z]{3}$'),
    brand text,
    total_amount bigint not null,
    cancelled_at timestamptz,
    fingerprint uuid,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    constraint orders_pkey primary key (customer_id, id),
    constraint orders_customer_fkey foreign key (customer_id) references customers (id)
);
create index orders_id on orders (id);
create index orders_placed_at on orders (placed_at, id);
create index orders_customer_placed_at on orders (customer_id, placed_at);

create table order_lines (
    customer_id uuid,
    order_id uuid,
    line int,
    product_id uuid not null,
    quantity numeric(15, 3) not null constraint order_lines_quantity_check check (quantity >= 0),
    amount bigint not null constraint order_lines_amount_check check (amount between 0 and 1000000000000000),
    tax_amount bigint,
    cost_amount bigint,
    discounts json,
    constraint order_lines_pkey primary key (customer_id, order_id, line),
    constraint order_lines_order_fkey foreign key (customer_id, order_id) references orders (customer_id, id)
);

-- One order as the API and its events show it.
create view order_documents as
select o.customer_id, o.id, o.version, o.source, o.external_id, o.placed_at, o.store_id, json_build_object(
    'id', o.id, 'version', o.version, 'source', o.source, 'external_id', o.external_id,
    'customer', json_build_object('id', o.customer_id),
    'placed_at', rfc3339(o.placed_at), 'store_id', o.store_id, 'channel', o.channel, 'currency', o.currency, 'brand', o.brand,
    'cancelled_at', rfc3339(o.cancelled_at), 'total_amount', o.total_amount,
    'lines', (
        -- Rows become JSON in two thirds of the time that json_build_object takes.
        select json_agg(one order by one.line) from (
            select l.line, p as product, trim_scale(l.quantity) as quantity, l.amount, l.tax_amount, l.cost_amount,
                coalesce(l.discounts, '[]') as discounts
            from order_lines l join (select id, external_id, source from products) as p on p.id = l.product_id
            where l.customer_id = o.customer_id and l.order_id = o.id
        ) as one)
) as document
from orders o;

create table refund_keys (
    source text,
    external_id text,
    refund_id uuid not null,
    customer_id uuid not null,
    constraint refund_keys_pkey primary key (source, external_id)
);

create table refunds (
    customer_id uuid,
    id uuid,
    order_id uuid not null,
    version int not null default 1,
    source text,
    external_id text,
    refunded_at timestamptz not null,
    currency text not null,
    amount bigint not null constraint refunds_amount_check check (amount between 0 and 1000000000000000),
    created_at timestamptz not null default clock_timestamp(),
    constraint refunds_pkey primary key (customer_id, id),
    constraint refunds_order_fkey foreign key (customer_id, order_id) references orders (customer_id, id)
);
create index refunds_order on refunds (customer_id, order_id);

create table refund_lines (
    customer_id uuid,
    refund_id uuid,
    line int,
    quantity numeric(15, 3) not null constraint refund_lines_quantity_check check (quantity >= 0),
    amount bigint not null constraint refund_lines_amount_check check (amount >= 0),
    constraint refund_lines_pkey primary key (customer_id, refund_id, line),
    constraint refund_lines_refund_fkey foreign key (customer_id, refund_id) references refunds (customer_id, id)
);

create view refund_documents as
select r.customer_id, r.id, r.version, r.order_id, r.refunded_at, json_build_object(
    'id', r.id, 'version', r.version, 'source', r.source, 'external_id', r.external_id,
    'order_id', r.order_id, 'customer_id', r.customer_id, 'refunded_at', rfc3339(r.refunded_at),
    'currency', r.currency, 'amount', r.amount,
    'lines', coalesce((
        select json_agg(json_build_object('line', l.line, 'quantity', trim_scale(l.quantity), 'amount', l.amount)
                        order by l.line)
        from refund_lines l where l.customer_id = r.customer_id and l.refund_id = r.id), '[]')
) as document
from refunds r;

create table interactions (
    customer_id uuid,
    id uuid,
    version int not null default 1,
    kind text not null,
    occurred_at timestamptz not null,
    summary text not null,
    channel text,
    resource text,
    created_at timestamptz not null default clock_timestamp(),
    constraint interactions_pkey primary key (customer_id, id)
);
create index interactions_timeline on interactions (customer_id, occurred_at, id);
create index interactions_occurred_at on interactions (occurred_at, id);

create view interaction_documents as
select i.customer_id, i.id, json_build_object(
    'id', i.id, 'version', i.version, 'customer_id', i.customer_id, 'kind', i.kind,
    'occurred_at', rfc3339(i.occurred_at), 'summary', i.summary, 'channel', i.channel, 'resource', i.resource
) as document
from interactions i;

-- Everything that happened with a customer, in time order.
create view timeline as
select customer_id, occurred_at as at, id, kind, summary, channel, resource from interactions
union all
select customer_id, placed_at, id, 'order',
    'Order ' || coalesce(external_id, id::text) || ' in ' || coalesce(store_id, 'no store'), channel, '/v1/orders/' || id
from orders
union all
select customer_id, refunded_at, id, 'refund', 'Refund of an order', null, '/v1/orders/' || order_id
from refunds;

-- The body of an import as it came, one chunk of lines a row, until its job has ended; too short-lived to compress.
create table import_chunks (
    job_id uuid,
    number int,
    first_line bigint not null,
    content bytea storage external not null,
    constraint import_chunks_pkey primary key (job_id, number)
);

-- Fixed at the first start: a deployment is one business.
create table deployment (
    singleton boolean constraint deployment_pkey primary key default true
        constraint deployment_singleton_check check (singleton),
    time_zone text not null,
    currency text not null,
    locale text not null
);
