-- Reserve.
begin;
insert into checkouts (id, customer_id, customer, store_id, currency, lines, applied, not_applied, discount_amount,
                       total_amount, expires_at)
select uuidv7(), numbered(1, (n - 1) / 3), customer, '31', 'USD', lines, applied, not_applied, 150, 4000,
       now() + interval '15 minutes'
from (select nextval('played') as n) as next, example
returning id as checkout, customer_id as customer
\gset
update coupons set status = 'reserved', checkout_id = :checkout, reserved_until = now() + interval '15 minutes',
                   version = version + 1
where customer_id = :customer;
insert into due (at, kind, ref) select expires_at, 'checkout_expiry', id::text from checkouts where id = :checkout;
insert into outbox (type, source, subject, data, actor, request_id)
select 'perennial.checkout.reserved.v1', '/v1/checkouts/' || id, customer_id::text, checkout_document(c), 'bare',
       uuidv7()::text
from checkouts c where id = :checkout;
insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
select 'bare', 'POST', '/v1/checkouts', id::text, sha256(uuid_send(id)), 201,
       '{"content-type": "application/json", "etag": "\"1\"", "location": "/v1/checkouts/' || id || '"}',
       convert_to(checkout_document(c)::text, 'UTF8')
from checkouts c where id = :checkout;
insert into budget_entries (campaign_id, kind, amount, checkout_id)
select campaign_id, 'reserve', 50 * count(*), :checkout from coupons where customer_id = :customer group by campaign_id;
select 1 from budgets where campaign_id in (select campaign_id from coupons where customer_id = :customer)
order by campaign_id for update;
update budgets set reserved_amount = reserved_amount + need.amount
from (select campaign_id, 50 * count(*) as amount from coupons where customer_id = :customer group by 1) as need
where budgets.campaign_id = need.campaign_id;
commit;
-- Confirm.
begin;
update checkouts set status = 'confirmed', version = version + 1, confirmed_at = now(), placed_at = now(),
                     order_source = 'checkout', order_external_id = id::text
where id = :checkout;
update coupons set status = 'redeemed', reserved_until = null, redeemed_at = now(), version = version + 1
where customer_id = :customer;
insert into redemptions (coupon_id, code, offer_id, campaign_id, customer_id, checkout_id, store_id, currency,
                         discount_amount, sponsor_amount)
select id, code, offer_id, campaign_id, :customer, :checkout, '31', 'USD', 50, 0
from coupons where customer_id = :customer;
insert into outbox (type, source, subject, data, actor, request_id)
select 'perennial.checkout.confirmed.v1', '/v1/checkouts/' || id, customer_id::text, checkout_document(c), 'bare',
       uuidv7()::text
from checkouts c where id = :checkout;
insert into outbox (type, source, subject, data, actor, request_id)
select 'perennial.coupon.redeemed.v1', '/v1/coupons/' || id, customer_id::text, coupon_document(c), 'bare',
       uuidv7()::text
from coupons c where customer_id = :customer;
insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
select 'bare', 'POST', '/v1/checkouts/' || id || '/confirm', id::text, sha256(uuid_send(id)), 200,
       '{"content-type": "application/json", "etag": "\"2\""}', convert_to(checkout_document(c)::text, 'UTF8')
from checkouts c where id = :checkout;
insert into budget_entries (campaign_id, kind, amount, checkout_id)
select campaign_id, 'settle', 50 * count(*), :checkout from coupons where customer_id = :customer group by campaign_id;
select 1 from budgets where campaign_id in (select campaign_id from coupons where customer_id = :customer)
order by campaign_id for update;
update budgets set reserved_amount = reserved_amount - need.amount, spent_amount = spent_amount + need.amount
from (select campaign_id, 50 * count(*) as amount from coupons where customer_id = :customer group by 1) as need
where budgets.campaign_id = need.campaign_id;
commit;
