"""What went wrong, in words of ours: no exception of a library leaves this folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's
    ConnectTimeoutError,
    HTTPClientError,
    IncompleteReadError,
    ParamValidationError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from application.ports.storage import StoreRefused, StoreUnavailable

WHAT = "S3"
_FORBIDDEN = frozenset({401, 403})
_ELSEWHERE = frozenset({301, 307, 308})
_TRANSIENT = frozenset({408, 409, 425, 429})
_SERVER_ERROR = 500
_REASONS = {
    "AccessDenied": "the keys do not give access to the bucket {bucket!r}",
    "AuthorizationHeaderMalformed": "the bucket {bucket!r} is in another region",
    "InvalidAccessKeyId": "the access key is not known",
    "InvalidBucketName": "{bucket!r} is no name of a bucket",
    "NoSuchBucket": "there is no bucket {bucket!r}",
    "PermanentRedirect": "the bucket {bucket!r} is in another region",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    "SignatureDoesNotMatch": "the secret key does not fit the access key",
}
_DAMAGED_ON_THE_WAY = frozenset({"BadDigest", "InvalidDigest", "RequestTimeout"})


class ObjectMissing(LookupError):
    """There is no such object, or no such upload."""


class BeyondTheEnd(LookupError):
    """The object, which is there, has no byte that far."""


class Passing(StoreUnavailable):
    """What may be gone at the next try."""

    def __init__(self) -> None:
        super().__init__(WHAT)


@contextmanager
def told(bucket: str) -> Iterator[None]:
    """Raise in words of ours what the libraries raise inside.

    Raises:
        ObjectMissing, BeyondTheEnd: as they say.
        StoreRefused: the configuration does not fit.
        Passing: the server cannot be reached, or is in trouble.
        StoreUnavailable: it has been waited for long enough.
    """
    try:
        yield
    except ClientError as error:
        raise _of_answer(error, bucket) from error
    except (ConnectTimeoutError, ReadTimeoutError, TimeoutError) as error:
        raise StoreUnavailable(WHAT) from error
    except (
        aiohttp.ClientError,
        ConnectionError,
        HTTPClientError,
        IncompleteReadError,
        OSError,
        ResponseStreamingError,
    ) as error:
        raise Passing from error
    except ParamValidationError as error:  # nothing else of ours is checked before it is sent
        raise StoreRefused(WHAT, _REASONS["InvalidBucketName"].format(bucket=bucket)) from error
    except BotoCoreError as error:
        raise StoreRefused(WHAT, str(error)) from error


def _of_answer(error: ClientError, bucket: str) -> Exception:
    answer: dict[str, Any] = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in {"NoSuchKey", "NoSuchUpload"}:
        return ObjectMissing()
    if code == "InvalidRange":
        return BeyondTheEnd()
    if code in _REASONS:
        return StoreRefused(WHAT, _REASONS[code].format(bucket=bucket))
    if status >= _SERVER_ERROR or status in _TRANSIENT or code in _DAMAGED_ON_THE_WAY:
        return Passing()
    return StoreRefused(WHAT, f"{code}: {answer.get('Error', {}).get('Message', '')}")
