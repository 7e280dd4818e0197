"""The gateway's own settings."""

from typing import Final

from pydantic import Field, SecretStr

import crmkit.settings

# A server that hangs, or a host that is gone, says nothing: whoever asks the database stops waiting by itself.
DATABASE_TIMEOUT_S: Final = 5.0


class Settings(crmkit.settings.Settings):
    """Where the services are, and how long a part of an answer may take."""

    service: str = "gateway"
    port: int = 8080
    pool_size: int = 4
    token_private_key: SecretStr = Field(default=SecretStr(""), description="PEM, Ed25519; signs the internal token")
    customer_url: str = "http://127.0.0.1:8001"
    segment_url: str = "http://127.0.0.1:8002"
    campaign_url: str = "http://127.0.0.1:8003"
    callcenter_url: str = "http://127.0.0.1:8004"
    answer_timeout_s: float = Field(default=75.0, description="silence of a service after which the answer is 504")
    part_timeout_s: float = Field(default=2.0, description="how long the 360 view waits for each part")
    clients_poll_s: float = Field(default=3.0, description="the poll behind the notification of a changed client")
    anonymous_per_minute: int = Field(default=600, description="refused or public requests per peer address")

    def upstreams(self) -> dict[str, str]:
        """Base address by service."""
        return {
            "customer": self.customer_url,
            "segment": self.segment_url,
            "campaign": self.campaign_url,
            "callcenter": self.callcenter_url,
        }
