"""Candidates hand in programs and read what came of them."""

import pytest

from tests.entrypoints.http.house import House, a_challenge, problem, submit


async def test_a_submission_is_queued_with_its_place(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    body = {"challenge_id": challenge["id"], "language": "python3", "source": "echo\n"}

    answer = await candidate.client.post("/candidate/submissions", json=body)

    assert answer.status_code == 202
    submission = answer.json()
    assert answer.headers["location"] == f"/candidate/submissions/{submission['id']}"
    assert submission["status"] == "queued"
    assert submission["verdict"] is None
    assert submission["challenge_version"] == 2
    assert submission["submitted_at"].endswith("Z")
