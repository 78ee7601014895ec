"""Steps of migrations that can be repeated: MySQL commits each, so a migration may stop midway."""

from sqlalchemy import Connection, Index, Table


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
