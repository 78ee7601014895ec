"""Steps of migrations that can be repeated: MySQL commits each, so a migration may stop midway."""

from typing import Any

from alembic import op
from sqlalchemy import Column, Connection, Index, Table, inspect


def make_table(connection: Connection, table: Table) -> None:
    """Make the table and those of its indexes that are not there."""
    table.create(connection, checkfirst=True)
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        make_index(connection, index)


def make_index(connection: Connection, index: Index) -> None:
    """Make the index if it is not there."""
    index.create(connection, checkfirst=True)


def drop_index(connection: Connection, index: Index) -> None:
    """Remove the index if it is there."""
    index.drop(connection, checkfirst=True)


def make_column(table: str, column: Column[Any]) -> None:
    """Add the column, as the last one, if it is not there."""
    if column.name not in _columns_of(table):
        op.add_column(table, column)


def drop_column(table: str, name: str) -> None:
    """Remove the column if it is there."""
    if name in _columns_of(table):
        op.drop_column(table, name)


def _columns_of(table: str) -> set[str]:
    return {column["name"] for column in inspect(op.get_bind()).get_columns(table)}
