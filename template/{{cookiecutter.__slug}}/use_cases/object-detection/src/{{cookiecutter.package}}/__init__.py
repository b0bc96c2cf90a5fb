"""The model: its contract, its data, its features and its candidates, one file each."""
