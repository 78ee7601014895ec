"""Who is at the other end of the connection."""

import ipaddress
from functools import lru_cache

from litestar.types import HTTPScope, Scope

UNKNOWN = "unknown"


def client_address(scope: Scope | HTTPScope, trusted_proxies: tuple[str, ...]) -> str:
    """The address that the request comes from.

    `X-Forwarded-For` is read from its end, as long as who wrote an entry is a trusted proxy: what
    stands before that anyone may have written.
    """
    client = scope.get("client")
    address = client[0] if client else UNKNOWN
    if not _is_trusted(address, trusted_proxies):
        return address
    for hop in reversed(_forwarded_for(scope)):
        address = hop
        if not _is_trusted(hop, trusted_proxies):
            break
    return address


def is_loopback(address: str) -> bool:
    """Whether the address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_loopback_name(host: str) -> bool:
    """Whether the host of a URL or a `Host` field, without its port, is this machine's own."""
    return host.lower() == "localhost" or is_loopback(host.removeprefix("[").removesuffix("]"))


def network_of(address: str) -> str:
    """What is limited as one: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _forwarded_for(scope: Scope | HTTPScope) -> list[str]:
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    hops = b",".join(values).decode("latin-1").split(",")
    return [_without_port(hop.strip()) for hop in hops if hop.strip()]


def _without_port(hop: str) -> str:
    """`1.2.3.4:5678` and `[::1]:5678` are written by some proxies; a bare IPv6 has many colons."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _is_trusted(address: str, trusted_proxies: tuple[str, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _networks(trusted_proxies))


@lru_cache(8)
def _networks(
    trusted_proxies: tuple[str, ...],
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in trusted_proxies)
