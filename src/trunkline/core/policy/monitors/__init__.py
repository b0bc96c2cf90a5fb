"""What each of our monitors can be told: one section a monitor, in a module of its name."""
