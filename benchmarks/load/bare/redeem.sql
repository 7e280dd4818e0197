begin;
insert into redemptions (coupon_id, code, offer_id, campaign_id, customer_id, store_id, currency, discount_amount,
                         sponsor_amount)
select id, code, offer_id, campaign_id, customer_id, '31', 'USD', 50, 0
from (select nextval('played') as n) as next join coupons on id = numbered(5, n)
returning id as redemption, coupon_id as coupon, campaign_id as campaign
\gset
update coupons set status = 'redeemed', redeemed_at = now(), version = version + 1 where id = :coupon;
insert into outbox (type, source, subject, data, actor, request_id)
select 'perennial.coupon.redeemed.v1', '/v1/coupons/' || id, customer_id::text, coupon_document(c), 'bare',
       uuidv7()::text
from coupons c where id = :coupon;
insert into idempotency (client, method, path, key, fingerprint, status, headers, body)
select 'bare', 'POST', '/v1/redemptions', id::text, sha256(uuid_send(id)), 201,
       '{"content-type": "application/json", "etag": "\"1\""}', convert_to(redemption_document(r)::text, 'UTF8')
from redemptions r where id = :redemption;
insert into budget_entries (campaign_id, kind, amount, redemption_id) values (:campaign, 'settle', 50, :redemption);
update budgets set spent_amount = spent_amount + 50 where campaign_id = :campaign;
commit;
