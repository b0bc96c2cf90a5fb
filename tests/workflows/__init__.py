"""Proof of workflow files without running them: the tools that judge them, our own checks, and planted faults."""
