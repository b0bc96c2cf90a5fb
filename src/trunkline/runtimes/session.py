"""A session of ONNX Runtime, opened alike wherever a model answers."""

from __future__ import annotations

from typing import Any

import onnxruntime

from trunkline.core.errors import BundleError


def open_session(model: str | bytes, *, threads: int, name: str) -> Any:
    """Return a session of the model `name`; `model` is a file's path or its content.

    Raises BundleError when ONNX Runtime does not take it.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # A spinning thread would take the processor from the one that reads requests.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has no common base for its errors
        raise BundleError(
            f"ONNX Runtime cannot load the model of {name}: {type(error).__name__}.",
            next_step="train again with the installed version of Trunkline",
        ) from error
