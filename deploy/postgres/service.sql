-- One service: a role that migrates, a role that reads and writes, a schema for its data.
-- For psql as superuser in the platform's database, with PACKAGE, OWNER_PASSWORD and APP_PASSWORD in the
-- environment (a command line would show the passwords). Rerunnable; passwords follow the environment.

\set ON_ERROR_STOP on
\getenv package PACKAGE
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\set owner :package _owner

set client_min_messages = warning;
begin;

-- Roles are the cluster's: whoever sets up another database at the same moment waits here.
lock table pg_catalog.pg_authid in share row exclusive mode;

select format('create role %I', wanted.name)
from (values (:'owner'), (:'package')) as wanted (name)
where not exists (select from pg_roles where rolname = wanted.name)
\gexec

alter role :"owner" login nosuperuser nocreatedb nocreaterole password :'owner_password';
alter role :"package" login nosuperuser nocreatedb nocreaterole password :'app_password';
alter role :"owner" set search_path = :"package", extensions;
alter role :"package" set search_path = :"package", extensions;
alter role :"owner" set timezone = 'UTC';
alter role :"package" set timezone = 'UTC';

revoke all on database :"DBNAME" from public;
revoke all on schema public from public;
grant connect, temporary on database :"DBNAME" to :"owner", :"package";

create schema if not exists extensions;
create extension if not exists pg_trgm schema extensions;
grant usage on schema extensions to :"owner", :"package";

create schema if not exists :"package" authorization :"owner";
grant usage on schema :"package" to :"package";

-- What the owner makes later, the service may use; a function of the owner's rights is nobody else's.
alter default privileges for role :"owner" revoke execute on functions from public;
alter default privileges for role :"owner" in schema :"package"
    grant select, insert, update, delete on tables to :"package";
alter default privileges for role :"owner" in schema :"package"
    grant usage, select, update on sequences to :"package";
alter default privileges for role :"owner" in schema :"package"
    grant execute on functions to :"package";

commit;
