"""What the gateway itself can answer instead of a service."""

from crmkit.problems import BadRequest, Problem, Unavailable


class UnsafePath(BadRequest):
    code, title = "unsafe_path", "The path could be read in two ways"

    def __init__(self) -> None:
        super().__init__("Dot segments, empty segments, backslashes and NUL are not taken, encoded or not.")


class ServiceUnavailable(Unavailable):
    """The service refused the connection or dropped it before it answered."""

    def __init__(self, service: str) -> None:
        super().__init__(f"{service}-svc does not answer at the moment.", retry_after_s=1)


class BadGateway(Problem):
    status, code, title = 502, "bad_gateway", "A service gave an answer that cannot be read"

    def __init__(self, service: str) -> None:
        super().__init__(f"{service}-svc gave an answer that is not HTTP.")


class GatewayTimeout(Problem):
    status, code, title = 504, "gateway_timeout", "A service took too long"

    def __init__(self, service: str) -> None:
        super().__init__(f"{service}-svc did not answer in time; what was asked may still happen.")
