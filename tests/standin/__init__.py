"""A stand-in for GitHub: its REST API over a real bare git repository, held to GitHub's own description of it."""

from .app import make_app
from .github import GitHub, Token
from .server import Served, serve

__all__ = ["GitHub", "Served", "Token", "make_app", "serve"]
