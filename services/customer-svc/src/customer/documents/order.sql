-- A view, where other nouns have a function: one with a sub-select is not inlined, and called once for each order of an
-- import it takes half as long again.
create or replace view order_documents as
select o.customer_id, o.id, o.version, o.placed_at, o.store_id, json_build_object(
    'id', o.id, 'version', o.version, 'source', o.source, 'external_id', o.external_id,
    'customer', json_build_object('id', o.customer_id),
    'placed_at', rfc3339(o.placed_at), 'store_id', o.store_id, 'channel', o.channel, 'currency', o.currency, 'brand', o.brand,
    'cancelled_at', rfc3339(o.cancelled_at), 'total_amount', o.total_amount,
    'lines', (
        -- Rows become JSON in two thirds of the time that json_build_object takes.
        select json_agg(one order by one.line) from (
            select l.line, product, trim_scale(l.quantity) as quantity, l.amount, l.tax_amount, l.cost_amount,
                coalesce(l.discounts, '[]') as discounts
            from order_lines l left join products p on p.id = l.product_id
            cross join lateral (
                select l.product_id as id, coalesce(p.external_id, l.product_external_id) as external_id,
                    coalesce(p.source, l.product_source) as source
            ) as product
            where l.customer_id = o.customer_id and l.order_id = o.id
        ) as one)
) as document, o.source, o.channel, o.currency, o.brand
from orders o;
