"""`assay settings`: what the environment may say."""

import rich_click as click
from rich.console import Console
from rich.table import Table

from config.setting_list import SETTINGS


@click.command()
@click.option("--markdown", is_flag=True, help="As the table in the README.")
def settings(*, markdown: bool) -> None:
    """List every setting that the environment or the file .env may have."""
    if markdown:
        click.echo(markdown_table())
        return
    table = Table("Name", "Default", "Meaning")
    for setting in SETTINGS:
        table.add_row(setting.name, setting.default, setting.description)
    Console().print(table)


def markdown_table() -> str:
    rows = [
        f"| `{setting.name}` | {_code(setting.default)} | {setting.description} |"
        for setting in SETTINGS
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
