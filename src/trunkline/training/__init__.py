"""Training: fit, search, tracking, and export to ONNX or Python with parity."""

from .candidate import Candidate, Export
from .contract_features import contract_features, features_of
from .elsewhere import Files, Trained
from .export import export
from .few_rows import Tried, try_candidates
from .fit import Fitted, train
from .frames import model_frame, outcome, predict_frame
from .key import KeyParts, key_parts, training_key
from .mitigation import mitigated_attribute
from .offer import assemble, offered
from .parity import compare
from .readings import watched
from .threshold import check_threshold
from .usage import measured_usage

__all__ = [
    "Candidate",
    "Export",
    "Files",
    "Fitted",
    "KeyParts",
    "Trained",
    "Tried",
    "assemble",
    "check_threshold",
    "compare",
    "contract_features",
    "export",
    "features_of",
    "key_parts",
    "measured_usage",
    "mitigated_attribute",
    "model_frame",
    "offered",
    "outcome",
    "predict_frame",
    "train",
    "training_key",
    "try_candidates",
    "watched",
]
