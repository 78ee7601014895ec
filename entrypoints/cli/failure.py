"""What ends a command early, through no fault of the program."""

import rich_click as click


class Failure(click.ClickException):
    """Told in one line on standard error; the exit code says that it was no verdict."""

    exit_code = 2
