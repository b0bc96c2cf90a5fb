"""Life in production: traffic, watching, retraining, tracing, and the page."""
