"""GitHub as a forge, over its REST API; imported only where it is used, because its client takes a second to load."""

from .forge import GitHubForge

__all__ = ["GitHubForge"]
