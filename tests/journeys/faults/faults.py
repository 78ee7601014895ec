"""What can happen to a platform: each is done to a stage, and mended again."""

import signal
import time
from collections.abc import Callable, Mapping

from tests.journeys.api import ADMIN_EMAIL, ADMIN_PASSWORD, signed_in
from tests.journeys.faults.stage import Stage

OUTAGE_S = 3.0
"""How long a part is away: longer than a request may wait for it."""
LONG_OUTAGE_S = 12.0
"""Longer than a claim holds without a sign of life."""
PATIENCE_S = 240.0
LONG_TO_COMPILE = """
#include <stdio.h>
#define TWICE_4(x) x x x x x x x x
volatile long i;
int main(void) {
  long x;
  if (scanf("%ld", &x) != 1) return 1;
  if (x == 123456) { TWICE_4(TWICE_4(TWICE_4(TWICE_4(i += 3; i ^= x;)))) }
  printf("%ld\\n", x * 2);
}
"""
LONG_TO_RUN = "sleep 2; read x; echo $((x * 2))"

Fault = Callable[[Stage, str], None]
"""Given the stage and the challenge that candidates hand in for."""


def api_dies(stage: Stage, _: str) -> None:
    stage.kill_api()
    stage.start_api()


def workers_die(stage: Stage, _: str) -> None:
    stage.kill_workers()
    stage.start_workers()


def workers_stand_still(stage: Stage, _: str) -> None:
    """As a machine does that is moved or out of memory: what they hold is taken from them."""
    for worker in stage.workers:
        worker.process.send_signal(signal.SIGSTOP)
    time.sleep(LONG_OUTAGE_S)
    for worker in stage.workers:
        worker.process.send_signal(signal.SIGCONT)


def dies(name: str) -> Fault:
    def fault(stage: Stage, _: str) -> None:
        stage.servers[name].kill()
        time.sleep(OUTAGE_S)  # the outage itself: not a wait for anything
        stage.servers[name].start()

    return fault


def hangs(name: str) -> Fault:
    """The server is stopped still, with its connections open."""

    def fault(stage: Stage, _: str) -> None:
        stage.servers[name].freeze()
        time.sleep(OUTAGE_S)
        stage.servers[name].thaw()

    return fault


def is_cut_off(name: str, seconds: float = OUTAGE_S) -> Fault:
    """What lies between stops forwarding, and tells nobody."""

    def fault(stage: Stage, _: str) -> None:
        stage.proxies[name].hold()
        time.sleep(seconds)
        stage.proxies[name].resume()

    return fault


def redis_forgets(stage: Stage, _: str) -> None:
    stage.servers["redis"].kill()
    stage.lose_data("redis")
    stage.servers["redis"].start()


def workers_die_compiling(stage: Stage, challenge_id: str) -> None:
    _die_amid(stage, challenge_id, "c", LONG_TO_COMPILE, after="running", before="compiled")


def workers_die_testing(stage: Stage, challenge_id: str) -> None:
    _die_amid(stage, challenge_id, "bash", LONG_TO_RUN, after="compiled", before="event: test")


def workers_die_before_they_acknowledge(stage: Stage, challenge_id: str) -> None:
    """The broker is stopped still while something is judged, so that nobody can tell it."""
    with signed_in(stage.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
        submission_id = admin.submit(challenge_id, "bash", LONG_TO_RUN)
        _until(lambda: admin.submission(submission_id)["status"] == "running")
        stage.servers[stage.broker].freeze()
        _until(lambda: admin.submission(submission_id)["status"] == "done")
        stage.kill_workers()
        stage.servers[stage.broker].thaw()
        stage.start_workers()
        assert admin.submission(submission_id)["verdict"] == "accepted"


def _die_amid(
    stage: Stage, challenge_id: str, language: str, source: str, *, after: str, before: str
) -> None:
    """Kill the workers when the events have told of the one, and not yet of the other."""
    with signed_in(stage.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
        submission_id = admin.submit(challenge_id, language, source)
        path = f"/candidate/submissions/{submission_id}/events"
        told = ""
        with admin.http.stream("GET", path, timeout=PATIENCE_S) as events:
            for line in events.iter_lines():
                told += f"{line}\n"
                if after in line:
                    stage.kill_workers()
                    break
        stage.start_workers()
        assert before not in told
        assert admin.wait_for_done(submission_id)["verdict"] == "accepted"


def _until(happens: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


OF_THE_PROGRAM: Mapping[str, Fault] = {
    "the API dies": api_dies,
    "the workers die": workers_die,
    "the workers stand still": workers_stand_still,
    "the workers die compiling": workers_die_compiling,
    "the workers die testing": workers_die_testing,
    "the workers die before they acknowledge": workers_die_before_they_acknowledge,
}
OF_STORES: Mapping[str, Fault] = {
    "MySQL dies": dies("mysql"),
    "MongoDB dies": dies("mongo"),
    "S3 dies": dies("s3"),
    "MySQL is cut off": is_cut_off("mysql"),
    "MongoDB is cut off for long": is_cut_off("mongo", LONG_OUTAGE_S),
    "S3 hangs": hangs("s3"),
}
OF_BROKERS: Mapping[str, Mapping[str, Fault]] = {
    "redis": {
        "Redis dies": dies("redis"),
        "Redis dies and forgets": redis_forgets,
        "Redis hangs": hangs("redis"),
    },
    "rabbitmq": {"RabbitMQ dies": dies("rabbitmq"), "RabbitMQ hangs": hangs("rabbitmq")},
    "kafka": {"Kafka dies": dies("kafka"), "Kafka hangs": hangs("kafka")},
}
