create or replace function product_document(p products) returns json language sql stable parallel safe
return json_build_object(
    'id', p.id, 'version', p.version, 'source', p.source, 'external_id', p.external_id, 'name', p.name,
    'department', p.department, 'product_category', p.product_category, 'product_type', p.product_type,
    'manufacturer_id', p.manufacturer_id, 'brand', p.brand, 'package_size', p.package_size,
    'archived_at', rfc3339(p.archived_at), 'created_at', rfc3339(p.created_at), 'updated_at', rfc3339(p.updated_at)
);
