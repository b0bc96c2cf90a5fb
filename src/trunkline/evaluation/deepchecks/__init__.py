"""deepchecks' suites, run by another interpreter on files, and what they say as verdicts."""

from .checks import CHECKS, check_blocking, left_out
from .exchange import date_column, drawn, exchange, write_exchange
from .process import interpreter, run_suites
from .verdicts import verdicts_of

__all__ = [
    "CHECKS",
    "check_blocking",
    "date_column",
    "drawn",
    "exchange",
    "interpreter",
    "left_out",
    "run_suites",
    "verdicts_of",
    "write_exchange",
]
