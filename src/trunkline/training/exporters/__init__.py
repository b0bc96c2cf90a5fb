"""The forms in which a fitted model can be written, one module each, tried in the order of `core/plugins.py`."""
