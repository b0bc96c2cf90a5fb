"""Verbs that start in no time: children of one process that has imported what all of them import.

Most of a verb's processor time goes into importing scikit-learn, MLflow, pandas and matplotlib: two to six seconds.
Here a server imports these libraries once, nothing of ours and nothing of the project's, and a call forks it: the child
gets the caller's arguments, folder, environment, open files and signals, and runs the very script. Whatever reads its
surroundings while it is imported makes a call cold: then the real program starts.
"""

from .programs import QUIET, end, programs

__all__ = ["QUIET", "end", "programs"]
