"""Every question has an index, so that it stays quick when there are many submissions."""

import pytest

from adapters.mongo.adding_up import standings_pipeline
from adapters.mongo.claims import due
from adapters.mongo.lookups import conditions
from adapters.mongo.schema import STANDING_INDEX, WORK_INDEX
from application.ports.submissions import SubmissionFilter
from domain.judgement import Verdict
from domain.submission import SubmissionKind, SubmissionStatus, WorkClass
from tests.adapters.mongo.house import House
from tests.contracts.values import ALICE, NOW, PYTHON, SUM

pytestmark = pytest.mark.usefixtures("patience")


@pytest.mark.parametrize(
    ("which", "index"),
    [
        (SubmissionFilter(), "listed"),
        (SubmissionFilter(kind=SubmissionKind.RUN), "listed"),
        (SubmissionFilter(user_id=ALICE), "of_user"),
        (SubmissionFilter(challenge_id=SUM), "of_challenge"),
        (SubmissionFilter(verdict=Verdict.ACCEPTED), "by_verdict"),
    ],
)
@pytest.mark.parametrize("before", [None, "s1"])
def test_a_page_is_read_off_an_index(
    house: House, which: SubmissionFilter, index: str, before: str | None
) -> None:
    wanted = conditions(which) | ({} if before is None else {"_id": {"$lt": before}})
    assert house.index_of_find(wanted, order=-1) == index


def test_unfinished_work_is_listed_off_the_index_of_work() -> None:
    for status in (SubmissionStatus.QUEUED, SubmissionStatus.RUNNING):
        wanted = conditions(SubmissionFilter(status=status))
        assert next(iter(wanted.items())) == ("work.class", "submission")


def test_work_is_claimed_off_an_index(house: House) -> None:
    wanted = due(WorkClass.SUBMISSION, NOW, [PYTHON])
    assert house.index_of_find(wanted, hint=WORK_INDEX) == WORK_INDEX


def test_leases_are_read_off_an_index(house: House) -> None:
    assert house.index_of_find({"lease.expires_at": {"$gt": 1}}) == "leases"


def test_keys_are_found_by_an_index(house: House) -> None:
    assert (
        house.index_of_find({"key.user_id": "u"}) == "key"
    )  # the server of tests explains no more


def test_best_scores_are_read_off_an_index(house: House) -> None:
    pipeline = standings_pipeline(SUM)
    assert house.index_of_aggregation(pipeline, hint=STANDING_INDEX) == STANDING_INDEX
