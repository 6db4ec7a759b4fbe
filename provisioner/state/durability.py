"""Which commits wait for the disk. Only those whose loss in a power cut could make something happen twice."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


@contextmanager
def transaction(connection: Connection, *, durable: bool) -> Iterator[None]:
    """One transaction. ``durable`` False: it is on disk no later than the next durable one, or a checkpoint.

    Until then a killed process loses nothing; a power cut takes it away whole, never a part and never what came
    before (SQLite: WAL with synchronous=NORMAL; PostgreSQL: synchronous_commit=off). Waiting for the disk takes
    milliseconds, so a step waits once, before its write, and not again after it.
    """
    if durable:
        with connection.begin():
            yield
    elif connection.dialect.name == "postgresql":
        with connection.begin():
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield
    else:
        driver = connection.connection.cursor()  # SQLite refuses to change this within a transaction
        driver.execute("PRAGMA synchronous=NORMAL")
        try:
            with connection.begin():
                yield
        finally:
            driver.execute("PRAGMA synchronous=FULL")
            driver.close()
