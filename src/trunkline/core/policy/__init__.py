"""The policy: what `trunkline.yaml` may say, a module a section."""
