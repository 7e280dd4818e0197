\set number random(1, 10000)
select customer_id as customer from customer_handles where kind = 'phone' and value = '+' || 14152000000 + :number
\gset
select name, kind, consents, tier, clv from customers left join customer_scores using (customer_id)
where customer_id = :customer;
select id, number, type, status, priority, subject, created_at from tickets
where customer_id = :customer and status not in ('solved', 'closed') order by id desc limit 5;
select code, offer_id, valid_until from open_coupons
where customer_id = :customer and (valid_until is null or valid_until > now()) order by valid_until, code limit 5;
select id, created_at, coalesce(disposition, status) from calls where customer_id = :customer order by id desc limit 5;
select id, created_at, subject from tickets where customer_id = :customer order by id desc limit 5;
select id, created_at, class from survey_responses where customer_id = :customer order by id desc limit 5;
