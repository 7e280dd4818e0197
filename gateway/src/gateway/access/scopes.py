"""What a client may be allowed; `admin` is all of it."""

from enum import StrEnum


class Scope(StrEnum):
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_PII = "customers:pii"
    SEGMENTS_READ = "segments:read"
    SEGMENTS_WRITE = "segments:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    FEEDS_READ = "feeds:read"
    AUDIT_READ = "audit:read"
    ADMIN = "admin"
