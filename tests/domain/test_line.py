"""Users take turns: what comes before a piece of work."""

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import SubmissionId, UserId
from domain.line import place_in_line

WAITING = st.dictionaries(
    st.integers(0, 99).map(lambda n: SubmissionId(f"{n:02}")),
    st.sampled_from("abcd").map(UserId),
    min_size=1,
    max_size=30,
)


@given(waiting=WAITING)
def test_places_are_those_of_taking_turns(waiting: dict[SubmissionId, UserId]) -> None:
    left, line = dict(sorted(waiting.items())), []
    served = dict.fromkeys(waiting.values(), 0)
    while left:
        following = min(left, key=lambda one: (served[left[one]], one))
        served[left.pop(following)] += 1
        line.append(following)
    pairs = list(waiting.items())
    assert [place_in_line(one, waiting[one], pairs) for one in line] == [*range(1, len(line) + 1)]
