"""The services as the proxy reaches them: one pool of kept connections, bodies untouched."""

from collections.abc import Mapping

import aiohttp
from yarl import URL

from gateway.proxy.bodies import Streamed
from gateway.settings import Settings

# A service keeps an idle connection for 75 s; closing first avoids sending into a closing one.
KEEPALIVE_S = 60
CONNECT_TIMEOUT_S = 2.0
CONNECTIONS_PER_SERVICE = 512
_SEND_AS_GIVEN = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class Upstreams:
    """Open inside the event loop, close at the end."""

    def __init__(self, settings: Settings) -> None:
        self.bases: Mapping[str, str] = settings.upstreams()
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, limit_per_host=CONNECTIONS_PER_SERVICE, keepalive_timeout=KEEPALIVE_S
            ),
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT_S, sock_read=settings.answer_timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_SEND_AS_GIVEN,
            auto_decompress=False,
        )

    async def send(
        self, service: str, method: str, target: str, headers: list[tuple[str, str]], body: bytes | Streamed | None
    ) -> aiohttp.ClientResponse:
        """The service's answer as soon as its head is there; `target` goes out exactly as given."""
        url = URL(self.bases[service] + target, encoded=True)
        return await self.session.request(method, url, headers=headers, data=body, allow_redirects=False)

    async def close(self) -> None:
        await self.session.close()
