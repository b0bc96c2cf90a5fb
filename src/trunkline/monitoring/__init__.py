"""Monitoring: what the prediction log, the ground truth and the service's own log say about a live model."""

from .answers import answers_apart
from .data import watch_data
from .history import SCORE, history_data, history_performance, windowed
from .infrastructure import watch_infrastructure
from .logs import watch_logs
from .performance import watch_performance
from .profiles import Profile
from .profiling import profile_answers, profile_like, reference_profile, scores_of, watched

__all__ = [
    "SCORE",
    "Profile",
    "answers_apart",
    "history_data",
    "history_performance",
    "profile_answers",
    "profile_like",
    "reference_profile",
    "scores_of",
    "watch_data",
    "watch_infrastructure",
    "watch_logs",
    "watch_performance",
    "watched",
    "windowed",
]
