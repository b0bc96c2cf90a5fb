"""Names by which one run recognises what another proposed."""

from __future__ import annotations

RETRAINING = "retraining"
"""The label of a pull request that brings a retrained version."""
