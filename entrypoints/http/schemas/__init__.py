"""The shapes of bodies: requests are strict, answers are written by `views`."""
