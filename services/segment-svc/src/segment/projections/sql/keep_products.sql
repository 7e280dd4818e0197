-- Keep the staged products that are newer than what is known.
with staged as (
    delete from staged_products returning *
)
insert into products as known
    (product_id, version, external_id, source, name, department, product_category, product_type, brand)
select product_id, version, external_id, source, name, department, product_category, product_type, brand
from staged
on conflict (product_id) do update set
    version = excluded.version, external_id = excluded.external_id, source = excluded.source, name = excluded.name,
    department = excluded.department, product_category = excluded.product_category,
    product_type = excluded.product_type, brand = excluded.brand
where known.version < excluded.version
