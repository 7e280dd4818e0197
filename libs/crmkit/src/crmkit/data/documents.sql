-- What the documents of every service are written with.

-- An instant in UTC as RFC 3339.
create or replace function rfc3339(at timestamptz) returns text language sql stable parallel safe
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
