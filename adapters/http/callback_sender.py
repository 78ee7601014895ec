"""Callbacks over HTTP, to public addresses alone."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from http import HTTPStatus

import httpx

from application.ports.callback_sender import CallbackFailed, CallbackSender

_SCHEMES = {"http": 80, "https": 443}
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_LAST_PORT = 65_535
_MANY = 64

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class HttpCallbackSender(CallbackSender):
    """Looks a name up once, and connects to nothing but what it was found to be.

    An address that is not everyone's (this machine, a private network, a cloud's metadata) is
    called only if it is in one of the networks `allowed`. No redirect is followed, no proxy used,
    and nothing of an answer is read but its status.
    """

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)
        self._client: httpx.AsyncClient | None = None

    async def send(self, url: str, body: bytes, *, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                status = await self._put(url, body, timeout_s)
        except TimeoutError:
            raise CallbackFailed("no answer in time", may_pass=True) from None
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise CallbackFailed("not a URL", may_pass=False) from None
        except (httpx.HTTPError, OSError) as error:
            raise CallbackFailed(type(error).__name__, may_pass=True) from None
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise CallbackFailed(f"status {status}", may_pass=True)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _put(self, url: str, body: bytes, timeout_s: float) -> int:
        parsed = httpx.URL(url)
        host = parsed.host.strip("[]")
        port = parsed.port or _SCHEMES.get(parsed.scheme, 0)
        if parsed.scheme not in _SCHEMES or not host or port > _LAST_PORT:
            raise CallbackFailed("not an address of HTTP", may_pass=False)
        address = await self._address(host, port)
        headers = {"Content-Type": "application/json", "Host": parsed.netloc.decode("ascii")}
        request = self._opened().build_request(
            "PUT",
            parsed.copy_with(host=str(address), fragment=None, username=None, password=None),
            content=body,
            headers=headers,
            timeout=timeout_s,
            extensions={"sni_hostname": parsed.raw_host.decode("ascii")},
        )
        answer = await self._opened().send(request, stream=True)
        await answer.aclose()
        return answer.status_code

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                trust_env=False, limits=httpx.Limits(max_keepalive_connections=_MANY)
            )
        return self._client

    async def _address(self, host: str, port: int) -> _Address:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]
        if not addresses or not all(map(self._may_be_called, addresses)):
            raise CallbackFailed("an address that is not called", may_pass=False)
        return addresses[0]

    def _may_be_called(self, address: _Address) -> bool:
        if any(address in network for network in self._allowed):
            return True
        inner = _inner(address)
        if inner is not None:
            return self._may_be_called(inner)
        return address.is_global and not address.is_multicast


def _inner(address: _Address) -> _Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
