"""The gates: a module a question; `core/plugins.py` has the table of them."""
