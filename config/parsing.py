"""Text of the environment as values."""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from config.bad_setting import BadSetting

IN_MEMORY = ":memory:"


def optional(chosen: Mapping[str, str], name: str, parse: Callable[[str, str], str]) -> str | None:
    return parse(name, chosen[name]) if chosen[name] else None


def number(name: str, text: str, *, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise BadSetting(name, f"must be a number from {least} to {most}, not {text!r}")
    return int(text)


def switch(name: str, text: str) -> bool:
    if text not in {"on", "off"}:
        raise BadSetting(name, f"must be on or off, not {text!r}")
    return text == "on"


def slots(text: str) -> int:
    if not text:
        return len(os.sched_getaffinity(0))
    return number("ASSAY_JUDGE_SLOTS", text, least=1, most=256)


def words(name: str, text: str) -> tuple[str, ...]:
    words = tuple(part.strip() for part in text.split(",") if part.strip())
    for word in words:
        if not re.fullmatch(r"[a-z0-9]{1,32}", word):
            raise BadSetting(name, f"has {word!r}, which is no language id")
    return words


def host(name: str, text: str) -> str:
    if text == "localhost":
        return text
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise BadSetting(name, f"must be an IP address, not {text!r}") from None
    return text


def is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadSetting(name, "must be a URL that begins with http:// or https://")
    return text.rstrip("/")


def networks(name: str, text: str) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in text.split(",") if part.strip())
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise BadSetting(name, f"has {network!r}, which is no address or network") from None
    return networks


def admin(chosen: Mapping[str, str]) -> tuple[str, str] | None:
    email, password = chosen["ASSAY_ADMIN_EMAIL"], chosen["ASSAY_ADMIN_PASSWORD"]
    if bool(email) != bool(password):
        raise BadSetting("ASSAY_ADMIN_EMAIL", "and ASSAY_ADMIN_PASSWORD go only together")
    return (email, password) if email else None


def home(text: str) -> Path | None:
    if text == IN_MEMORY:
        return None
    home = Path(text).expanduser().absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = f"cannot be made or used: {error.strerror}: {home}"
        raise BadSetting("ASSAY_HOME", problem) from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise BadSetting("ASSAY_HOME", f"cannot be written to: {home}")
    return home
