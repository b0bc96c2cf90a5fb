"""The data: every row that is known today. Which of them a model trains on is said by `data` in trunkline.yaml."""

from __future__ import annotations

import pandas as pd
from sklego.datasets import load_arrests


def load() -> pd.DataFrame:
    """Return one row an arrest, in the columns of the contract.

    Yours would query a database or read files. Return everything, always in the same order: Trunkline cuts the
    window, splits, and remembers what it took by its content, so that the same rows give the same model.
    """
    frame = load_arrests(as_frame=True)
    # The source has no number of its own; the position in the file stays the same, for nothing is added to it.
    frame.insert(0, "arrest_id", range(len(frame)))
    return frame
