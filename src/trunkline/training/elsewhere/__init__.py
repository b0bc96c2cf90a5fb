"""Models that were trained elsewhere: their files are found, verified and read in the place of a fitted candidate."""

from .files import Files
from .take import check_taken, take
from .trained import Trained

__all__ = ["Files", "Trained", "check_taken", "take"]
