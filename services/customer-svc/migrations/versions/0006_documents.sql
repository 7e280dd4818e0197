-- The JSON of every resource is in src/customer/documents, which is applied after the migrations.
drop view customer_documents, store_documents, product_documents, order_documents, refund_documents,
    interaction_documents;

-- Lines that wait have no product_id and the name they were given for it; few ever do.
alter table order_lines
    alter product_id drop not null,
    add product_source text,
    add product_external_id text;
create index order_lines_unknown_product on order_lines (product_source, product_external_id) where product_id is null;

-- A refund is a resource of its own.
create index refunds_id on refunds (id);
