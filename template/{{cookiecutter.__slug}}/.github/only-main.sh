#!/bin/bash
# Runs before each job of the runner on the machine that serves: it accepts workflows of main and refuses all others.
#
# A branch brings its own workflow files and can name any runner in them. So that a branch cannot change this script,
# copy it out of the repository, let root own it, and name it in the runner's `.env` (docs/machine.md):
#
#   ACTIONS_RUNNER_HOOK_JOB_STARTED=/opt/trunkline/only-main.sh
set -u

refuse() {
  echo "::error::This runner serves production and takes the workflows of main alone: $1."
  exit 1
}

case "${GITHUB_EVENT_NAME:-}" in
  push | schedule | workflow_dispatch) ;;
  *) refuse "the event is ${GITHUB_EVENT_NAME:-unknown}" ;;
esac
[ "${GITHUB_REF:-}" = refs/heads/main ] || refuse "the job is of ${GITHUB_REF:-an unknown ref}"
case "${GITHUB_WORKFLOW_REF:-}" in
  "${GITHUB_REPOSITORY:-}"/.github/workflows/*@refs/heads/main) ;;
  *) refuse "its workflow is ${GITHUB_WORKFLOW_REF:-unknown}" ;;
esac
