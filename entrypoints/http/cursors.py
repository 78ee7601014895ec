"""Where a list goes on: opaque, signed, and good only for the list that it came from."""

import base64
import binascii
import hashlib
import hmac

import msgspec

from entrypoints.http.problems import Refused, malformed

_SIGNATURE_BYTES = 16
_MAX_LENGTH = 512


def write_cursor(key: bytes, listing: str, position: str) -> str:
    """The cursor of `position` in `listing` (its route and filters)."""
    payload = position.encode()
    return base64.urlsafe_b64encode(_signature(key, listing, payload) + payload).decode()


def read_cursor(key: bytes, listing: str, cursor: str) -> str:
    """The position that the cursor stands for.

    Raises:
        Refused: it was not written here, or for another listing.
    """
    if len(cursor) > _MAX_LENGTH:
        raise _forged()
    try:
        raw = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _forged() from None
    if base64.urlsafe_b64encode(raw).decode() != cursor:  # its spare bits are not signed
        raise _forged()
    signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not payload or not hmac.compare_digest(signature, _signature(key, listing, payload)):
        raise _forged()
    return payload.decode()


def listing_name(route: str, filters: object) -> str:
    """What a cursor is bound to: the route and the filters, but not the size of the page."""
    return route + "?" + hashlib.sha256(msgspec.json.encode(filters)).hexdigest()


def _signature(key: bytes, listing: str, payload: bytes) -> bytes:
    message = len(listing).to_bytes(4, "big") + listing.encode() + payload
    return hmac.digest(key, message, "sha256")[:_SIGNATURE_BYTES]


def _forged() -> Refused:
    return malformed("The cursor is not one of this list, with these filters.")
