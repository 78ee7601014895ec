"""Strong ETags made of revisions, and the If-Match that they are good for (RFC 9110)."""

import re

from application.use_cases.get_challenge import GetChallenge
from domain.errors import StaleRevision
from domain.ids import ChallengeId
from entrypoints.http.problems import HttpRequest, Refused, malformed

IF_MATCH = {"If-Match": 'The ETag of what is to be replaced, as `"3"`; or `*`.'}
_ETAGS = re.compile(r'\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*(?:,\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*)*')
_ETAG = re.compile(r'(W/)?"([^"]*)"')


def etag(revision: int) -> str:
    """The strong ETag of a revision."""
    return f'"{revision}"'


async def expected_revision(
    request: HttpRequest, get_challenge: GetChallenge, challenge_id: ChallengeId
) -> int:
    """The revision that the client wants to replace, which it is known to have now.

    Raises:
        Refused: 428 without If-Match, 400 where it cannot be read.
        ChallengeNotFound: there is none.
        StaleRevision: none of the given tags is the current one (a weak tag never is).
    """
    given = ", ".join(request.headers.getall("if-match", []))
    if not given:
        raise Refused(428, "Say with If-Match which revision is to be replaced.")
    if given.strip() != "*" and not _ETAGS.fullmatch(given):
        raise malformed('If-Match must be *, or ETags as "3".')
    challenge, _ = await get_challenge(challenge_id)
    strong = {tag for weak, tag in _ETAG.findall(given) if not weak}
    if given.strip() != "*" and str(challenge.revision) not in strong:
        raise StaleRevision(current=challenge.revision)
    return challenge.revision
