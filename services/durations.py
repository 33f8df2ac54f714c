"""How long it was from one stored time to another, counted by the database."""

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class seconds_between(FunctionElement):
    """seconds_between(earlier, later): a float; NULL where one of both is."""

    type = Float()
    inherit_cache = True
    name = "seconds_between"


@compiles(seconds_between)
def _mariadb(element, compiler, **options) -> str:
    earlier, later = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(TIMESTAMPDIFF(MICROSECOND, {earlier}, {later}) / 1e6)"  # 1000000.0 would be a slow decimal


@compiles(seconds_between, "sqlite")
def _sqlite(element, compiler, **options) -> str:
    earlier, later = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((julianday({later}) - julianday({earlier})) * 86400.0)"
