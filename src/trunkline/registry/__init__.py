"""Where bundles become numbered versions: MLflow, embedded or a server."""

from .mlflow_registry import Registry

__all__ = ["Registry"]
