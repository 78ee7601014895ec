"""Whether tests run with their full counts: `make soak`."""

import os

SOAKING = os.environ.get("ASSAY_TEST_SOAK") == "on"  # noqa: TID251 - set by `make soak`
