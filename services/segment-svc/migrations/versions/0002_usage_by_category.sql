create table category_usage (
    run_id uuid,
    product_category text,
    mid_from bigint,
    high_from bigint,
    constraint category_usage_pkey primary key (run_id, product_category)
);
comment on column category_usage.mid_from is 'unit_thousandths from which usage is mid; null where nobody''s is';
comment on column category_usage.high_from is 'unit_thousandths from which usage is high; null where nobody''s is';

insert into category_usage (run_id, product_category, mid_from, high_from)
select
    run_id, product_category,
    min(unit_thousandths) filter (where usage <> 'low'), min(unit_thousandths) filter (where usage = 'high')
from brand_loyalty
group by run_id, product_category;

alter table brand_loyalty drop column usage;

create view brand_loyalty_by_usage as
select
    brand_loyalty.*,
    case when unit_thousandths >= high_from then 'high' when unit_thousandths >= mid_from then 'mid' else 'low' end
        as usage
from brand_loyalty
join category_usage using (run_id, product_category);

drop table run_categories;

create or replace function empty_run(run uuid) returns void
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
    delete from category_usage where run_id = run;
    delete from run_metrics where run_id = run;
    delete from run_popularity where run_id = run;
end $$;

-- A tenth of the usual sample tells the planner enough of a table that is read by its key or whole.
create or replace function close_run(run uuid) returns void
language plpgsql security definer set search_path from current set default_statistics_target = 10 as $$
declare
    parent text;
begin
    foreach parent in array array['scores', 'brand_loyalty', 'next_purchases'] loop
        execute format('analyze %I', parent || '_' || replace(run::text, '-', ''));
    end loop;
    delete from run_metrics where run_id = run;
    delete from run_popularity where run_id = run;
end $$;
