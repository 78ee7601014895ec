"""An installation with something of everything in it, so that every path can be filled."""

from dataclasses import dataclass

from domain.submission import WorkClass
from tests.entrypoints.http.house import House, Person, a_challenge, submit


@dataclass(frozen=True, kw_only=True)
class Furnished:
    """Who is there, and an id for each parameter of a path; what is owned is the owner's."""

    admin: Person
    owner: Person
    other: Person
    ids: dict[str, str]

    def filled(self, path: str) -> str:
        """The path of a route with the ids of this place in it."""
        parts = path.split("/")
        return "/".join(
            self.ids[part[1:-1].partition(":")[0]] if "{" in part else part for part in parts
        )


async def furnish(house: House, *, language: str = "python3") -> Furnished:
    admin, owner = await house.admin(), await house.candidate()
    other = await house.candidate("other@example.org")
    challenge = await a_challenge(admin)
    tests = await admin.client.get(f"/admin/challenges/{challenge['id']}/testcases")
    submission = await submit(owner, challenge["id"])
    run = await owner.client.post(
        "/candidate/runs", json={"language": language, "source": "echo", "stdin": "x"}
    )
    await house.judge_all()
    rejudge_set = await admin.client.post("/admin/rejudge-sets", json={"filter": {}})
    ids = {
        "challenge_id": challenge["id"],
        "submission_id": submission["id"],
        "run_id": run.json()["id"],
        "testcase_id": tests.json()["items"][0]["id"],
        "user_id": other.id,
        "set_id": rejudge_set.json()["id"],
        "letter_id": await _a_dead_letter(house),
        "callback_token": "of-no-job",
    }
    return Furnished(admin=admin, owner=owner, other=other, ids=ids)


async def _a_dead_letter(house: House) -> str:
    letters, died_at = house.world.dead_letters, house.clock.now()
    letters.bury(WorkClass.RUN, reason="RuntimeError", failed_at=died_at, attempts=4)
    (letter,) = await letters.newest(1)
    return letter.id
