"""The programs that others wrote to judge workflows, each run once for all files."""
