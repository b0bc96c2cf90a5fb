"""Load: what the service did under it, and the gates that ask whether that was good enough."""
