"""What a stranger brings: the variables of their workflow, their model and data, the conditions of their machine."""
