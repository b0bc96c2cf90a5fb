"""The prediction log: what was answered and refused, and what really happened, written and read in one room.

`writer` is what the service needs, `reader` what looks at the log afterwards.
"""

from .records import Arm, Failure, GroundTruth, Logged, Prediction, Rejection
from .window import LogWindow

__all__ = ["Arm", "Failure", "GroundTruth", "LogWindow", "Logged", "Prediction", "Rejection"]
