from .data.field import field

__version__: str
__all__ = ["__version__", "field"]
