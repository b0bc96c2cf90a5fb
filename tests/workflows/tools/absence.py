"""A tool that is not on this machine."""


class ToolMissing(Exception):
    """A checker cannot run here; the message says what it lacks."""
