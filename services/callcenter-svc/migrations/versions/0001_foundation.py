"""Tickets, calls, survey answers, and what is known of customers from other services' feeds."""

from crmkit.data import migrations

revision = "0001"
down_revision = None

PROJECTIONS = """
create table customers (
    customer_id uuid constraint customers_pkey primary key,
    version bigint not null,
    kind text not null,
    name text,
    consents json
);

-- Every name a customer answers to, its own id among them; one name may be shared, so it is no key by itself.
create table customer_handles (
    kind text constraint customer_handles_kind_check check (kind in ('id', 'phone', 'email', 'card', 'external_id')),
    value text,
    customer_id uuid,
    constraint customer_handles_pkey primary key (kind, value, customer_id)
);
create index customer_handles_customer_id_idx on customer_handles (customer_id);

create table customer_scores (
    customer_id uuid constraint customer_scores_pkey primary key,
    tier text,
    clv json,
    computed_at timestamptz not null
);

create table open_coupons (
    customer_id uuid,
    code text,
    offer_id uuid,
    valid_until timestamptz,
    constraint open_coupons_pkey primary key (customer_id, code)
);
"""

SERVICE_LEVELS = """
-- week: null for round the clock, else seven [opens, closes] pairs in minutes of the local day or nulls, Monday first.
-- targets: {"<priority>": {"first_response": minutes, "resolution": minutes}} of business time.
create table sla_policies (
    id uuid constraint sla_policies_pkey primary key default uuidv7(),
    name text not null constraint sla_policies_name_key unique,
    is_default boolean not null default false,
    time_zone text not null,
    week json,
    holiday_country text,
    targets json not null
);
create unique index sla_policies_is_default_idx on sla_policies (is_default) where is_default;

insert into sla_policies (name, is_default, time_zone, targets) values ('standard', true, 'UTC', '{
    "urgent": {"first_response": 30, "resolution": 240},
    "high": {"first_response": 120, "resolution": 1440},
    "normal": {"first_response": 480, "resolution": 4320},
    "low": {"first_response": 1440, "resolution": 10080}
}');
"""

# What a ticket, a call and an answer all have: whom they concern, as named and as found.
CUSTOMER = """
    customer_id uuid,
    handle_kind text,
    handle_value text,
    resolution text
        constraint {table}_resolution_check check (resolution in ('resolved', 'pending', 'ambiguous')),
    candidates uuid[] not null default '{{}}',
    constraint {table}_customer_check check ((resolution is not distinct from 'resolved') = (customer_id is not null)),
"""

CUSTOMER_INDEXES = """
create index {table}_customer_id_idx on {table} (customer_id, id) where customer_id is not null;
create index {table}_unresolved_idx on {table} (handle_kind, handle_value) where resolution in ('pending', 'ambiguous');
"""

TICKETS = f"""
create sequence ticket_number start 1001 cache 32;

create table tickets (
    id uuid constraint tickets_pkey primary key,
    number bigint not null constraint tickets_number_key unique,
    version bigint not null default 1,
    type text not null constraint tickets_type_check
        check (type in ('inquiry', 'complaint', 'return', 'repair', 'compliment', 'lead')),
    status text not null default 'new' constraint tickets_status_check
        check (status in ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')),
    priority text not null constraint tickets_priority_check check (priority in ('low', 'normal', 'high', 'urgent')),
    priority_given boolean not null,
    severity text constraint tickets_severity_check check (severity in ('low', 'medium', 'high', 'critical')),
    subject text not null,
    body text not null,
    channel text not null,
    brand text,
    store_id text,
    tags text[] not null default '{{}}',
    custom json not null default '{{}}',
    product json,
    "order" json,
    call_id text,
    assignee text,
    complaint json,
    message_count int not null default 0,
    first_response_due_at timestamptz not null,
    resolution_due_at timestamptz not null,
    first_responded_at timestamptz,
    stopped_at timestamptz,
    {CUSTOMER.format(table="tickets")}
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint tickets_complaint_check check (complaint is null or type = 'complaint')
);
{CUSTOMER_INDEXES.format(table="tickets")}
create index tickets_created_at_idx on tickets (created_at, id);
create index tickets_call_id_idx on tickets (call_id) where call_id is not null;

create table ticket_messages (
    id uuid constraint ticket_messages_pkey primary key default uuidv7(),
    ticket_id uuid not null constraint ticket_messages_ticket_id_fkey references tickets (id),
    kind text not null constraint ticket_messages_kind_check check (kind in ('reply', 'note')),
    author_kind text not null constraint ticket_messages_author_kind_check check (author_kind in ('agent', 'customer')),
    author text,
    body text not null,
    created_at timestamptz not null
);
create index ticket_messages_ticket_id_idx on ticket_messages (ticket_id, created_at, id);
"""

CALLS = f"""
create table calls (
    id uuid constraint calls_pkey primary key,
    call_id text not null constraint calls_call_id_key unique,
    version bigint not null default 1,
    status text not null constraint calls_status_check
        check (status in ('ringing', 'answered', 'held', 'transferred', 'ended')),
    status_rank smallint not null,
    status_at timestamptz not null,
    direction text constraint calls_direction_check check (direction in ('inbound', 'outbound')),
    from_number text,
    to_number text,
    agent text,
    agent_at timestamptz,
    disposition text,
    disposition_at timestamptz,
    recording_url text,
    ringing_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    {CUSTOMER.format(table="calls")}
    created_at timestamptz not null,
    updated_at timestamptz not null
);
{CUSTOMER_INDEXES.format(table="calls")}
create index calls_created_at_idx on calls (created_at, id);
"""

SURVEYS = f"""
create table survey_responses (
    id uuid constraint survey_responses_pkey primary key,
    version bigint not null default 1,
    kind text not null constraint survey_responses_kind_check check (kind in ('satisfaction', 'csat', 'nps', 'ces')),
    class text not null,
    score smallint,
    perceived numeric,
    expected numeric constraint survey_responses_expected_check check (expected > 0),
    comment text,
    ticket_id uuid constraint survey_responses_ticket_id_fkey references tickets (id),
    {CUSTOMER.format(table="survey_responses")}
    answered_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
{CUSTOMER_INDEXES.format(table="survey_responses")}
create index survey_responses_created_at_idx on survey_responses (created_at, id);
create index survey_responses_ticket_id_idx on survey_responses (ticket_id) where ticket_id is not null;
"""


def upgrade() -> None:
    migrations.create_mechanism()
    for part in (PROJECTIONS, SERVICE_LEVELS, TICKETS, CALLS, SURVEYS):
        migrations.execute(part)
