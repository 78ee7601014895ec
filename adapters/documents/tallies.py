"""Large tallies as bytes: ten thousand tests have twice as many counts, most of them alike."""

import zlib

from adapters.documents.codec import Codec
from domain.tally import Tally

_FAST = 1
_TALLIES: Codec[Tally] = Codec(Tally)


def packed(tally: Tally) -> bytes:
    return zlib.compress(_TALLIES.encode(tally), _FAST)


def unpacked(payload: bytes) -> Tally:
    return _TALLIES.decode(zlib.decompress(payload))
