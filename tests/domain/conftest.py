"""How many examples the properties of the rules are tried on."""

import os

from hypothesis import settings

settings.register_profile("home", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=5_000)
settings.load_profile("soak" if os.environ.get("ASSAY_TEST_SOAK") == "on" else "home")  # noqa: TID251
