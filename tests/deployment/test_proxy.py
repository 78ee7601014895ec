"""deploy/haproxy.cfg agrees with what it stands in front of."""

import inspect
import re
import subprocess
from ipaddress import ip_address, ip_network

import pytest

from entrypoints.http.admin_test_cases import add_test_cases_route
from entrypoints.http.service import ROUTES
from entrypoints.http.use_cases import HttpOptions
from tests.deployment.files import DEPLOY, compose, of, services
from tests.services.process import program

PING_S = inspect.signature(HttpOptions).parameters["ping_s"].default
UPLOAD_S = inspect.signature(HttpOptions).parameters["upload_deadline_s"].default
TEXT = (DEPLOY / "haproxy.cfg").read_text("utf-8")
LINES = [line.strip() for line in TEXT.splitlines() if not line.strip().startswith("#")]


def only(pattern: str) -> re.Match[str]:
    [found] = [match for line in LINES if (match := re.fullmatch(pattern, line))]
    return found


def test_it_looks_for_servers_where_they_listen() -> None:
    [exposed] = [one.text for one in of("EXPOSE")]
    found = only(r"server-template \S+ (\d+) (\w+):(\d+)")

    assert found[2] in services()
    assert found[3] == exposed
    assert int(found[1]) >= services()[found[2]]["deploy"]["replicas"]


def test_it_asks_whether_servers_live_not_whether_their_stores_answer() -> None:
    path = only(r"http-check send meth GET uri (\S+) .*")[1]

    assert path == "/health/live"
    assert path in {path for route in ROUTES for path in route.paths}


def test_it_listens_where_it_is_published() -> None:
    port = only(r"bind :(\d+)")[1]

    assert services()["proxy"]["ports"][0].endswith(f":{port}")


@pytest.mark.parametrize("side", ["client", "server"])
def test_an_event_stream_may_be_silent_between_two_pings(side: str) -> None:
    assert int(only(rf"timeout {side} (\d+)s")[1]) > 2 * PING_S


def test_an_upload_may_be_answered_as_late_as_its_body_may_come() -> None:
    path = next(p for p in add_test_cases_route.paths)
    patience = only(
        r"http-request set-timeout server (\d+)s"
        r" if METH_POST \{ path_beg (\S+) \} \{ path_end (\S+) \}"
    )

    assert int(patience[1]) >= UPLOAD_S
    assert path.startswith(patience[2])
    assert path.endswith(patience[3])


def test_it_tells_where_requests_come_from_and_keeps_figures_inside() -> None:
    assert "option forwardfor" not in LINES
    assert only(r"acl from_front src (.*)")[1] == '"${DEPLOY_FRONT[*]}"'
    assert only(r"http-request set-header X-Forwarded-For (.*)")[1] == (
        "%[src] unless from_front { req.hdr(X-Forwarded-For) -m found }"
    )
    assert "http-request deny deny_status 404 if { path -i /metrics }" in LINES


def test_by_default_the_front_is_the_host_whose_address_is_known() -> None:
    [edge] = compose()["networks"]["edge"]["ipam"]["config"]
    front = services()["proxy"]["environment"]["DEPLOY_FRONT"]

    assert front == edge["gateway"]
    assert ip_address(front) in ip_network(edge["subnet"])


def test_it_never_sends_a_request_twice() -> None:
    assert only(r"retry-on (.*)")[1] == "conn-failure"


def test_haproxy_accepts_it() -> None:
    path = program("haproxy", "/usr/sbin/haproxy")
    command = [path, "-c", "-f", str(DEPLOY / "haproxy.cfg")] if path else ["true"]

    environment = {"DEPLOY_FRONT": services()["proxy"]["environment"]["DEPLOY_FRONT"]}

    ended = subprocess.run(command, check=False, timeout=60, env=environment)  # noqa: S603
    assert ended.returncode == 0
