"""Settings of commands that leave something behind."""

from config.settings import Settings, load_settings
from entrypoints.cli.failure import Failure


def kept_settings() -> Settings:
    """The settings, where what a command stores is there afterwards."""
    settings = load_settings()
    if settings.home is None:
        raise Failure("ASSAY_HOME is :memory:, so nothing stored here would last")
    return settings
