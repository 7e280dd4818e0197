"""What an error of the database means, whichever layer raised it."""

from typing import Final

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

RETRYABLE: Final = frozenset({"40P01", "40001"})
LOCK_NOT_AVAILABLE: Final = "55P03"

# Connection lost, resources exhausted, the server going or coming. 57014, a statement's timeout, is not among them.
_TRANSIENT_CLASSES: Final = ("08", "53", "57P")


def sqlstate(error: BaseException) -> str | None:
    """The five-character SQLSTATE of a database error, wherever it was raised."""
    origin = getattr(error, "orig", error)
    state = getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None)
    return str(state) if state else None


def constraint(error: BaseException) -> str | None:
    """The violated constraint's name, without the `_digits` that sharding appends."""
    origin = getattr(error, "orig", error)
    cause = getattr(origin, "__cause__", None) or origin
    name = getattr(cause, "constraint_name", None)
    if not name:
        return None
    head, _, tail = str(name).rpartition("_")
    return head if head and tail.isdigit() else str(name)


def is_retryable(error: BaseException) -> bool:
    """A deadlock or a serialisation failure: the same request may succeed when it runs again."""
    return _is_of_database(error) and sqlstate(error) in RETRYABLE


def is_transient(error: BaseException) -> bool:
    """Whether the moment was at fault: a lost or refused connection, a lock, a restart."""
    # InternalClientError: what asyncpg says of a connection that broke off between a statement and its rollback.
    if isinstance(error, (OSError, PoolTimeout, asyncpg.InternalClientError)) or _is_closed(error):
        return True
    state = (_is_of_database(error) and sqlstate(error)) or ""
    return state.startswith(_TRANSIENT_CLASSES) or state in RETRYABLE or state == LOCK_NOT_AVAILABLE


def _is_of_database(error: BaseException) -> bool:
    # A connection that cannot be opened is told by the dialect's own error, which SQLAlchemy does not wrap then.
    return isinstance(error, (DBAPIError, AsyncAdapt_asyncpg_dbapi.Error, asyncpg.PostgresError))


def _is_closed(error: BaseException) -> bool:
    """Asyncpg's InterfaceError also covers arguments of the wrong type: only the closed connection is the moment's."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    interface_errors = (asyncpg.InterfaceError, AsyncAdapt_asyncpg_dbapi.InterfaceError)
    return isinstance(error, interface_errors) and "closed" in str(error)
