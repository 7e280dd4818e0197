"""Why a request goes no further than the gateway's door."""

from crmkit.problems import Problem, Unauthenticated

CHALLENGE = 'Bearer realm="perennial"'


class NoKey(Unauthenticated):
    def __init__(self) -> None:
        detail = "Send an API key: `Authorization: Bearer pk_...` or `X-API-Key: pk_...`."
        super().__init__(detail, headers={"WWW-Authenticate": CHALLENGE})


class UnknownKey(Unauthenticated):
    def __init__(self) -> None:
        challenge = f'{CHALLENGE}, error="invalid_token"'
        super().__init__(
            "This API key is unknown or was revoked; an admin makes keys with `POST /v1/clients`.",
            headers={"WWW-Authenticate": challenge},
        )


class TooManyRequests(Problem):
    status, code, title = 429, "too_many_requests", "The rate limit is reached"

    def __init__(self, per_minute: int, retry_after_s: int) -> None:
        detail = f"At most {per_minute} requests a minute; go on in {retry_after_s} s."
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})
