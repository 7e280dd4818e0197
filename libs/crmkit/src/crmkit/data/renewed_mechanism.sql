-- What changed since `mechanism.sql` was first applied.

-- What is to happen at a time: deleted in the transaction of its effect.
create table due (
    at timestamptz not null,
    id uuid not null default uuidv7(),
    kind text not null,
    ref text not null,
    attempts int not null default 0,
    constraint due_pkey primary key (at, id)
);
-- A schedule is the one row of its kind without a ref.
create unique index due_schedule on due (kind) where ref = '';
