"""Each event of a call is kept as it came; the call is their projection and keeps nothing to fold by."""

from crmkit.data import migrations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    migrations.execute(CALL_EVENTS)


# What earlier calls were told by is gone: their events are those that make the same call.
CALL_EVENTS = """
create table call_events (
    id uuid constraint call_events_pkey primary key default uuidv7(),
    source text not null,
    call_id text not null,
    leg text,
    received_at timestamptz not null,
    event json not null
);
create index call_events_call_id_idx on call_events (call_id, id);

insert into call_events (source, call_id, received_at, event)
select 'api', calls.call_id, calls.created_at, json_strip_nulls(json_build_object(
    'call_id', calls.call_id, 'source', 'api', 'type', told.type, 'at', told.at, 'from', from_number, 'to', to_number,
    'direction', direction, 'recording_url', recording_url,
    'agent', case when told.at >= agent_at then agent end,
    'disposition', case when told.at >= disposition_at then disposition end))
from calls cross join lateral (values ('ringing', ringing_at), ('answered', answered_at), ('ended', ended_at),
    (status, status_at), (null, agent_at), (null, disposition_at)) as told(type, at)
where told.at is not null;

alter table calls drop column status_rank, drop column status_at, drop column agent_at, drop column disposition_at;
"""
