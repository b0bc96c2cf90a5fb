"""The service: answers rows over HTTP, from verified bundles, and logs every answer before it gives it."""
