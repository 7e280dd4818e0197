"""One frozen settings object per process, from `PERENNIAL_*` variables and secret files."""

import os
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

ENV_PREFIX = "PERENNIAL_"


class Settings(BaseSettings):
    """What every process needs. A secret may be a file named like its field in `PERENNIAL_SECRETS_DIR`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore")

    service: str
    database_url: str = Field(description="postgresql://role@host:port/database, without the password")
    database_password: SecretStr = SecretStr("")
    pool_size: int = 16
    statement_timeout_s: int = 60
    lock_timeout_ms: int = Field(default=5_000, description="a wait for somebody else's lock; then 503 or 409")
    host: str = "127.0.0.1"
    port: int = 8000
    metrics_port: int = Field(default=0, description="internal listener of /metrics; 0 leaves it out")
    token_public_key: SecretStr = SecretStr("")
    gateway_url: str = "http://127.0.0.1:8080"
    api_key: SecretStr = SecretStr("")
    body_limit: int = Field(default=1_048_576, description="bytes of a body that is not streamed")
    time_zone: str = "America/New_York"
    currency: str = "USD"
    locale: str = "en_US"
    phone_region: str = Field(default="US", description="country whose dialling habits read a number without +")
    log_level: str = "INFO"

    @cached_property
    def zone(self) -> ZoneInfo:
        """The business's time zone: a day is a date in it."""
        return ZoneInfo(self.time_zone)

    def dsn(self, scheme: str = "postgresql") -> str:
        """The database address with its password, for drivers only."""
        return with_password(self.database_url, self.database_password, scheme)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was passed, then the environment, then secret files."""
        return init_settings, env_settings, *_secret_files(settings_cls)


def _secret_files(settings_cls: type[BaseSettings]) -> list[PydanticBaseSettingsSource]:
    folder = Path(os.environ.get(f"{ENV_PREFIX}SECRETS_DIR", "/run/secrets"))
    if not folder.is_dir():
        return []
    return [SecretsSettingsSource(settings_cls, secrets_dir=folder, env_prefix="")]


def with_password(url: str, password: SecretStr, scheme: str) -> str:
    parts = urlsplit(url)
    secret = password.get_secret_value()
    user = f"{parts.username}:{quote(secret, safe='')}" if secret else f"{parts.username}"
    place = f"{user}@{parts.hostname}:{parts.port or 5432}"
    return urlunsplit((scheme, place, parts.path, parts.query, ""))
