"""The screen pop: one statement over what this service itself knows."""

from typing import Final

from fastapi import Request

from crmkit.web import sessions

_SHOWN: Final = 5
_MATCHES: Final = 20

_OPEN_TICKETS: Final = f"""
select coalesce(json_agg(shown.ticket), '[]') as list from (
    select json_build_object('id', id, 'number', number, 'type', type, 'status', status, 'priority', priority,
        'subject', subject, 'created_at', rfc3339(created_at)) as ticket
    from tickets where tickets.customer_id = customers.customer_id and status not in ('solved', 'closed')
    order by id desc limit {_SHOWN}
) as shown
"""
_OPEN_COUPONS: Final = f"""
select coalesce(json_agg(shown.coupon), '[]') as list from (
    select json_build_object('code', code, 'offer_id', offer_id, 'valid_until', rfc3339(valid_until)) as coupon
    from open_coupons where open_coupons.customer_id = customers.customer_id
        and (valid_until is null or valid_until > now())
    order by valid_until, code limit {_SHOWN}
) as shown
"""
_LAST_INTERACTIONS: Final = f"""
select coalesce(json_agg(json_build_object('kind', kind, 'id', id, 'at', rfc3339(at), 'detail', detail)
    order by at desc), '[]') as list
from (
    (select 'call' as kind, id, created_at as at, coalesce(disposition, status) as detail from calls
     where calls.customer_id = customers.customer_id order by id desc limit {_SHOWN})
    union all
    (select 'ticket', id, created_at, subject from tickets
     where tickets.customer_id = customers.customer_id order by id desc limit {_SHOWN})
    union all
    (select 'survey_response', id, created_at, class from survey_responses
     where survey_responses.customer_id = customers.customer_id order by id desc limit {_SHOWN})
    order by at desc limit {_SHOWN}
) as touches
"""
SCREEN_POP: Final = f"""
select json_build_object('phone', $1::text, 'matches', coalesce(json_agg(json_build_object(
    'customer_id', customers.customer_id, 'name', customers.name, 'kind', customers.kind, 'tier', score.tier,
    'clv', score.clv, 'open_tickets', open_tickets.list, 'open_coupons', open_coupons.list,
    'last_interactions', last_interactions.list, 'consent', coalesce(customers.consents, '{{}}'))
    order by customers.customer_id), '[]'))::text
from (select customer_id from customer_handles where kind = 'phone' and value = $1 limit {_MATCHES}) as named
join customers using (customer_id)
left join customer_scores as score using (customer_id)
cross join lateral ({_OPEN_TICKETS}) as open_tickets
cross join lateral ({_OPEN_COUPONS}) as open_coupons
cross join lateral ({_LAST_INTERACTIONS}) as last_interactions
"""


async def pop_screen(request: Request, phone: str) -> str:
    """The `ScreenPop` document of a number."""
    row = await sessions.one_statement(request, SCREEN_POP, phone)
    assert row is not None
    return str(row[0])
