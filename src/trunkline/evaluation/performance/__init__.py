"""Performance: the figures of a model, named parts of the rows, and the scale of a metric."""
