"""Uses no CPU time and never ends."""

import time

time.sleep(1_000)
