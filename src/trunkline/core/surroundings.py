"""Surroundings: the environment variables that a process gets in which a model's or a project's code runs."""

from __future__ import annotations

import os

ALLOWED = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLUMNS", "NO_COLOR"),
        *("LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
        *("VIRTUAL_ENV", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "SSL_CERT_FILE", "SSL_CERT_DIR"),
        *("PYTHONPATH", "PYTHONHASHSEED", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONWARNINGS"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONNOUSERSITE", "PYTHONUNBUFFERED"),
        *("LOKY_MAX_CPU_COUNT", "SOURCE_DATE_EPOCH"),
    }
)
"""Names that hold no secret, and that interpreters and libraries need to work as usual."""
ALLOWED_BEGINNINGS = ("LC_", "OMP_", "OPENBLAS_", "MKL_", "BLIS_", "NUMEXPR_", "VECLIB_", "KMP_", "ORT_")
"""Beginnings of names: languages, and how many threads libraries take."""

PERSONAL = frozenset(
    {"HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLUMNS", "NO_COLOR", "LANGUAGE", "VIRTUAL_ENV"}
)
"""Allowed names that say who asks, and how; the code of a sealed model works without them."""

SAME = {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
"""What a model is asked under on every machine: its answers must not follow the time zone or language of one."""

THREADS = (
    "BLIS_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""How many threads OpenMP, libraries of linear algebra and joblib take; the limit binds those that ask for a number."""


def bounded(threads: int) -> dict[str, str]:
    """Return the variables that keep numeric libraries to so many threads, which wait asleep.

    Without them each takes one a processor: on a large machine that is slower for few rows, and on a busy one by much.
    """
    return dict.fromkeys(THREADS, str(threads)) | {"OMP_WAIT_POLICY": "passive"}


def surroundings(*named: str) -> dict[str, str]:
    """Return what of this process's environment a model's code may see: the allowed variables, and those in `named`.

    Tokens of a job (`GITHUB_TOKEN`, `ACTIONS_*`), of clouds (`AWS_*`) and of servers (`MLFLOW_TRACKING_PASSWORD`) are
    left out, as is every other variable that is not listed.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name in ALLOWED or name in named or name.startswith(ALLOWED_BEGINNINGS)
    }
