"""Monitoring: what the prediction log, the ground truth and the service's own log say about a live model."""

from .answers import answers_apart
from .evidence import Evidence, Training
from .history import SCORE, history_data, history_performance, windowed
from .monitor import Monitor, Seen
from .profiles import Profile
from .profiling import profile_answers, profile_like, reference_profile, watched
from .watch import check_monitors, open_monitor, watch

__all__ = [
    "SCORE",
    "Evidence",
    "Monitor",
    "Profile",
    "Seen",
    "Training",
    "answers_apart",
    "check_monitors",
    "history_data",
    "history_performance",
    "open_monitor",
    "profile_answers",
    "profile_like",
    "reference_profile",
    "watch",
    "watched",
    "windowed",
]
