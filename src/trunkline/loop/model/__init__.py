"""From the locked snapshot to a sealed bundle that can be asked."""
