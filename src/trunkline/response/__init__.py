"""What follows from what was seen: issues, e-mail, webhooks and the wish to retrain."""

from .carry_out import Done, carry_out
from .policy import Response, decide

__all__ = [
    "Done",
    "Response",
    "carry_out",
    "decide",
]
