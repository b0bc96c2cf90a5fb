"""What every plugin of a group must do: one suite a group."""
