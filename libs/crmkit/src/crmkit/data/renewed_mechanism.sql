-- What changed since `mechanism.sql` was first applied.
select 1;
