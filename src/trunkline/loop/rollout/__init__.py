"""From the desired state to what serves, and from stage to stage."""
