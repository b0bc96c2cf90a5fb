"""Every gate asked about a bundle, with those that need a process of their own."""
