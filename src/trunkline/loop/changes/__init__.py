"""Changes of the repository: work trees, what is merged, pull requests, comments, upgrades."""
