"""Where bundles are kept for other machines: the repository itself, or MLflow, embedded or a server."""

from .foreign import fetch_version
from .protocol import Place, Registry, fetched, open_registry
from .tracking import rename_run, track

__all__ = ["Place", "Registry", "fetch_version", "fetched", "open_registry", "rename_run", "track"]
