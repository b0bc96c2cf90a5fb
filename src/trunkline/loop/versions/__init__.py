"""The model's versions: the registry, its store that travels, and bundles brought to this machine."""
