"""Contracts are about what adapters do, and not about how soon they give a server up."""

import pytest


@pytest.fixture(autouse=True)
def _patience(patience: None) -> None:
    """As every test of this folder needs it."""
