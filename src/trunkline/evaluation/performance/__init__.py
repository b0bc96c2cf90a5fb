"""Performance: the figures of a model, and named parts of the rows."""
