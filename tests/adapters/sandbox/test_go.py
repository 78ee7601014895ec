"""Go's library is built of the packages that this very Go has."""

import subprocess

import pytest

from adapters.sandbox.kits import filled
from adapters.sandbox.languages import TABLE
from adapters.sandbox.tools import ToolMissing


async def test_packages_that_an_older_go_lacks_are_left_out() -> None:
    entry = next(one for one in TABLE if one.id == "go")
    try:
        toolchain = await entry.find()
    except ToolMissing:
        pytest.skip("go is not installed")
    listing = next(line for line in entry.prepare.splitlines() if " list -e " in line)
    goroot = next((str(bind.source) for bind in toolchain.binds), toolchain.paths["goroot"])
    script = filled(listing.partition(">")[0], {"go": f"{goroot}/bin/go"})
    script = script.replace("bufio", "bufio nosuch math/rand/v99")
    variables = {**toolchain.variables, "GOROOT": goroot, "HOME": "/nonexistent"}

    told = subprocess.run(("/bin/sh", "-c", script), env=variables, capture_output=True, text=True)  # noqa: ASYNC221, PLW1510, S603

    assert told.returncode == 0, told.stderr
    assert {"bufio", "math/rand", "fmt"} <= set(told.stdout.split())
    assert not {"nosuch", "math/rand/v99"} & set(told.stdout.split())
