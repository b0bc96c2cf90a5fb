"""Performance: the figures of a model, and the gates on floors, baseline, calibration, overfit and champion."""
