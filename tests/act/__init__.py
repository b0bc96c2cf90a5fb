"""The generated project's workflows, run: act executes them against a local origin and a stand-in for GitHub.

`actions/` holds what takes the place of third-party actions, whose code is not to be had here; `engine` takes the
place of docker. All else is real: the workflows' text, make, the toolkit, git, MLflow, the service, HTTP.
"""
