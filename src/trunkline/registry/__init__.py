"""Where bundles become numbered versions: MLflow, embedded (and carried in a git ref) or a server."""

from .connection import mend_store
from .git_store import GitStore
from .mlflow_registry import Registry
from .store_records import StoreStatus, named
from .store_ref import REF

__all__ = ["REF", "GitStore", "Registry", "StoreStatus", "mend_store", "named"]
