"""Compositions of steps: train and judge, release, roll out, watch and respond, retrain."""
