"""Reports: what the gates said, for pull requests, browsers, continuous integration, cards and `explain`."""
