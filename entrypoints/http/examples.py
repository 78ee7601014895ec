"""One example of each body, for people and for whoever tries the interface out."""

from typing import Any

from entrypoints.http.schemas.auth import (
    AccountView,
    LoginForm,
    Logout,
    RefreshForm,
    Registration,
    TokenErrorView,
    TokenView,
)
from entrypoints.http.schemas.boards import AnalyticsView, LeaderboardView
from entrypoints.http.schemas.challenges import (
    AdminChallengePage,
    AdminChallengeView,
    ChallengeBody,
    ChallengePage,
    ChallengeReplacement,
    ChallengeView,
    LanguageView,
)
from entrypoints.http.schemas.rejudges import (
    RejudgedPage,
    RejudgeSetBody,
    RejudgeSetItem,
    RejudgeSetPage,
    RejudgeSetView,
)
from entrypoints.http.schemas.submissions import (
    AdminSubmissionItem,
    AdminSubmissionPage,
    AdminSubmissionView,
    EventView,
    Rejudge,
    RunBody,
    RunView,
    SubmissionBody,
    SubmissionPage,
    SubmissionView,
)
from entrypoints.http.schemas.test_cases import (
    ArchiveForm,
    TestCasePage,
    TestCasesBody,
    UploadView,
)
from entrypoints.http.schemas.users import AliveView, ReadyView, UserChange, UserPage, UserView
from entrypoints.http.schemas.work import DeadLetterList, QueueView, WorkerList

_USER = "01999a3c-5f10-7cc2-b3a1-5d0e8f6a1c01"
_CHALLENGE = "01999a3c-6a20-7d31-8f4e-2b7c9e0d1a02"
_SUBMISSION = "01999a3c-7b30-7e42-9a5f-3c8d0f1e2b03"
_RUN = "01999a3c-8c40-7f53-8b60-4d9e1a2f3c04"
_TEST = "01999a3c-9d50-7064-9c71-5eaf2b304d05"
_SET = "01999a3c-ae60-7175-8d82-6fb03c415e06"
_LETTER = "6f0d6c4e-2a8f-4f7e-9b7d-0a1b2c3d4e5f"
_NOW, _LATER = "2026-03-01T12:00:00Z", "2026-03-01T12:00:01.5Z"
_SOURCE = "print(sum(map(int, input().split())))\n"

PATH_EXAMPLES = {
    "challenge_id": _CHALLENGE,
    "submission_id": _SUBMISSION,
    "run_id": _RUN,
    "testcase_id": _TEST,
    "user_id": _USER,
    "letter_id": _LETTER,
    "set_id": _SET,
    "callback_token": "7Hk2mVtq0xJ4cR9sWb1nZyLd",
}
_NO_WAIT: dict[str, Any] = {"queue_position": None, "estimated_wait_s": None}
_REJUDGE_SET = {
    "id": _SET,
    "state": "ready",
    "version": "current",
    "filter": {
        "ids": None,
        "challenge_id": _CHALLENGE,
        "user_id": None,
        "verdict": "wrong_answer",
        "language": None,
        "from": None,
        "to": None,
    },
    "total": 3,
    "created_by": _USER,
    "created_at": _NOW,
    "updated_at": _LATER,
}
_ACCOUNT = {
    "id": _USER,
    "email": "ada@example.org",
    "display_name": "Ada",
    "role": "candidate",
    "created_at": _NOW,
}
_WRITTEN: dict[str, Any] = {
    "slug": "sum",
    "title": "Sum",
    "statement": "Print the sum of two numbers.",
    "difficulty": "easy",
    "tags": ["arithmetic"],
    "limits": {"time_ms": 1000, "memory_kib": 65536, "output_kib": 64},
    "language_limits": {"python3": {"time_ms": 2000, "memory_kib": None}},
    "languages": ["python3", "cpp"],
    "checker": {"kind": "tokens", "case_sensitive": False},
    "scoring": "weighted",
    "groups": [],
    "starter_code": {"python3": "a, b = map(int, input().split())\n"},
    "feedback": "full",
    "status": "published",
}
_LIMITS = {"time_ms": 1000, "memory_kib": 65536, "output_kib": 64}
_MANAGED = {
    **_WRITTEN,
    "id": _CHALLENGE,
    "version": 2,
    "published_version": 2,
    "version_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "revision": 3,
    "resolved_limits": {"python3": {**_LIMITS, "time_ms": 2000}},
    "test_count": 2,
    "max_score": 20,
    "created_at": _NOW,
    "updated_at": _LATER,
}
_MANAGED_ITEM = {
    name: _MANAGED[name]
    for name in (
        "id",
        "slug",
        "title",
        "difficulty",
        "tags",
        "status",
        "version",
        "published_version",
        "revision",
        "test_count",
        "max_score",
        "created_at",
        "updated_at",
    )
}
_OUTCOME: dict[str, Any] = {
    "challenge_id": _CHALLENGE,
    "challenge_version": 2,
    "language": "python3",
    "status": "done",
    "verdict": "accepted",
    "time_ms": 20,
    "memory_kib": 9216,
    "submitted_at": _NOW,
    "judged_at": _LATER,
}
_ITEM = {**_OUTCOME, "id": _SUBMISSION, "score": 20, "max_score": 20}
_PROGRAM = {"source": _SOURCE, "files": None, "entry_point": None, "compile_output": None}
_JUDGED: dict[str, Any] = {
    "ordinal": 1,
    "visibility": "public",
    "group": None,
    "verdict": "accepted",
    "time_ms": 12,
    "wall_ms": 15,
    "memory_kib": 9000,
    "score": 20,
    "max_score": 20,
    "output": "7\n",
    "output_truncated": False,
    "stderr": "",
    "exit_code": 0,
    "signal": None,
    "signal_name": None,
    "message": None,
}
_STAFF_ITEM = {**_ITEM, "user_id": _USER, "ranked": True, "judgement": 1, "pending_judgement": None}
_DATA = {
    "size_bytes": 4,
    "sha256": "2c624232cc9f6f5c8e0d6f9f1a5f6a3d3c0c8f9ff6a4f8d2f0c8e2a1b3c4d5e6",
    "stored": "blob_store",
}
_TEST_CASE = {
    "id": _TEST,
    "name": "1",
    "visibility": "hidden",
    "weight": 10,
    "group": None,
    "explanation": "",
    "input": _DATA,
    "expected_output": _DATA,
    "since_version": 2,
}
_STANDING = {
    "rank": 1,
    "user_id": _USER,
    "display_name": "Ada",
    "score": 20,
    "solved": 1,
    "penalty_minutes": 27,
    "reached_at": _NOW,
    "last_solved_at": _NOW,
}
_FIGURES: dict[str, Any] = {
    "submissions": 4,
    "candidates": 2,
    "accepted": 1,
    "acceptance_rate": 0.25,
    "solved_by": 1,
    "average_score": 12.5,
    "score_histogram": [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    "verdicts": {"accepted": 1, "wrong_answer": 3},
    "languages": {"python3": 4},
    "median_time_ms": 18.5,
    "attempts_to_solve": {"median": 2, "p90": 2},
    "median_seconds_to_solve": 412,
    "judge_errors": 0,
}
_STAFF_ACCOUNT = {**_ACCOUNT, "disabled": False}

EXAMPLES: dict[type, Any] = {
    Registration: {
        "email": "ada@example.org",
        "password": "correct horse battery",
        "display_name": "Ada",
    },
    AccountView: _ACCOUNT,
    LoginForm: {"username": "ada@example.org", "password": "correct horse battery"},
    RefreshForm: {"grant_type": "refresh_token", "refresh_token": "c2lk.1.bWFj"},
    TokenView: {
        "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
        "token_type": "bearer",
        "expires_in": 900,
        "refresh_token": "c2lk.1.bWFj",
    },
    TokenErrorView: {"error": "invalid_grant", "error_description": "It is wrong."},
    Logout: {"everywhere": True},
    ChallengeBody: _WRITTEN,
    ChallengeReplacement: _MANAGED,
    AdminChallengeView: _MANAGED,
    AdminChallengePage: {"items": [_MANAGED_ITEM], "next_cursor": None},
    ChallengePage: {
        "items": [
            {
                "id": _CHALLENGE,
                "slug": "sum",
                "title": "Sum",
                "difficulty": "easy",
                "tags": ["arithmetic"],
                "max_score": 20,
                "best_score": 20,
                "solved": True,
            }
        ],
        "next_cursor": None,
    },
    ChallengeView: {
        "id": _CHALLENGE,
        "slug": "sum",
        "title": "Sum",
        "statement": "Print the sum of two numbers.",
        "difficulty": "easy",
        "tags": ["arithmetic"],
        "version": 2,
        "limits": _LIMITS,
        "languages": [{"id": "python3", "name": "Python", "time_ms": 2000, "memory_kib": 65536}],
        "samples": [
            {
                "name": "1",
                "input": "3 4\n",
                "expected_output": "7\n",
                "explanation": "",
                "truncated": False,
            }
        ],
        "starter_code": {"python3": "a, b = map(int, input().split())\n"},
        "feedback": "full",
        "scoring": "weighted",
        "max_score": 20,
        "best_score": None,
        "solved": False,
    },
    LanguageView: {
        "id": "python3",
        "name": "Python",
        "version": "3.11.2",
        "file_name": "main.py",
        "compile_command": None,
        "run_command": "python3 main.py",
    },
    SubmissionBody: {"challenge_id": _CHALLENGE, "language": "python3", "source": _SOURCE},
    SubmissionPage: {"items": [_ITEM], "next_cursor": None},
    SubmissionView: {**_ITEM, **_PROGRAM, **_NO_WAIT, "tests": [_JUDGED]},
    RunBody: {"language": "python3", "source": _SOURCE, "stdin": "3 4\n"},
    RunView: {
        **_OUTCOME,
        **_PROGRAM,
        **_NO_WAIT,
        "id": _RUN,
        "expires_at": "2026-03-01T13:00:00Z",
        "tests": [_JUDGED],
        "stdout": "7\n",
        "stderr": "",
        "exit_code": 0,
        "signal": None,
        "signal_name": None,
    },
    EventView: {"id": "1.1.1", "event": "status", "data": '{"status":"running"}'},
    Rejudge: {"version": "current"},
    RejudgeSetBody: {
        "filter": {"challenge_id": _CHALLENGE, "verdict": "wrong_answer"},
        "version": "current",
    },
    RejudgeSetItem: _REJUDGE_SET,
    RejudgeSetPage: {"items": [_REJUDGE_SET], "next_cursor": None},
    RejudgeSetView: {
        **_REJUDGE_SET,
        "progress": {
            "waiting": 0,
            "first": 0,
            "differs": 0,
            "second": 0,
            "same": 2,
            "changed": 1,
            "flaky": 0,
            "failed": 0,
            "left_out": 0,
        },
        "matrix": [{"old": "wrong_answer", "new": "accepted", "count": 1}],
        "scores": {"raised": 1, "lowered": 0},
        "impact": {
            "computed_at": _LATER,
            "complete": True,
            "boards": [
                {
                    "challenge_id": None,
                    "moved": 1,
                    "changes": [
                        {
                            "user_id": _USER,
                            "rank_before": None,
                            "rank_after": 1,
                            "score_before": 0,
                            "score_after": 100,
                        }
                    ],
                }
            ],
        },
    },
    RejudgedPage: {
        "items": [
            {
                "submission_id": _SUBMISSION,
                "user_id": _USER,
                "challenge_id": _CHALLENGE,
                "language": "python3",
                "state": "changed",
                "old_judgement": 1,
                "old_verdict": "wrong_answer",
                "old_score": 40,
                "new_judgement": 2,
                "new_verdict": "accepted",
                "new_score": 100,
                "second_judgement": 3,
                "second_verdict": "accepted",
                "second_score": 100,
            }
        ],
        "next_cursor": None,
    },
    AdminSubmissionItem: _STAFF_ITEM,
    AdminSubmissionPage: {"items": [_STAFF_ITEM], "next_cursor": None},
    AdminSubmissionView: {
        **_STAFF_ITEM,
        **_PROGRAM,
        "fault": None,
        "judged_under": {
            "time_ms": 2000,
            "memory_kib": 65536,
            "output_kib": 16384,
            "wall_time_ms": 4000,
            "toolchain": "Python: Python 3.11.2",
            "judge": "assay 0.1.0, sandbox 5d41402abc4b, bubblewrap 0.8.0",
        },
        "tests": [
            {
                **_JUDGED,
                "test_case_id": _TEST,
                "name": "1",
                "fault": None,
                "judge_message": None,
                "share": None,
            }
        ],
    },
    TestCasesBody: {
        "mode": "append",
        "testcases": [
            {"visibility": "public", "input": "3 4\n", "expected_output": "7\n"},
            {"visibility": "hidden", "input": "1 1\n", "expected_output": "2\n", "weight": 20},
        ],
    },
    ArchiveForm: {"archive": "(a zip)", "mode": "append", "visibility": "hidden"},
    UploadView: {"items": [_TEST_CASE], "version": 2},
    TestCasePage: {"items": [_TEST_CASE], "next_cursor": None, "version": 2, "total": 1},
    LeaderboardView: {"items": [_STANDING], "own": _STANDING, "total": 1, "next_cursor": None},
    AnalyticsView: {
        "generated_at": _NOW,
        "totals": _FIGURES,
        "items": [
            {
                **_FIGURES,
                "challenge_id": _CHALLENGE,
                "title": "Sum",
                "difficulty": 0.5,
                "discrimination": 0.41,
                "per_day": [{"day": "2026-03-01", "submissions": 4, "accepted": 1}],
                "tests": [{"version": 2, "ordinal": 1, "runs": 4, "failures": 3}],
            }
        ],
    },
    UserChange: {"role": "admin"},
    UserView: _STAFF_ACCOUNT,
    UserPage: {"items": [_STAFF_ACCOUNT], "next_cursor": None},
    DeadLetterList: {
        "items": [
            {
                "id": _LETTER,
                "work_class": "submission",
                "reason": "RuntimeError: nobody foresaw this",
                "failed_at": _NOW,
                "attempts": 4,
            }
        ]
    },
    QueueView: {
        "due": {"submission": 3, "run": 0, "rejudge": 12},
        "waiting": 1,
        "next_due_at": _NOW,
    },
    WorkerList: {
        "items": [
            {
                "id": "worker-1-4711-5f0c9a31",
                "slots": 4,
                "languages": ["c", "cpp", "python3"],
                "started_at": _NOW,
                "seen_at": _NOW,
            }
        ]
    },
    AliveView: {"status": "alive"},
    ReadyView: {
        "ready": True,
        "degraded": False,
        "dependencies": {
            "storage": True,
            "submissions": True,
            "blob_store": True,
            "languages": True,
            "queue": True,
            "progress": True,
            "rate_limiter": True,
        },
        "version": "0.1.0",
    },
}
"""By type, as JSON has it; each is held against its type by a test."""
