"""How git behaves when Trunkline runs it, whatever its user has configured."""

from __future__ import annotations

import os
from collections.abc import Mapping

SETTINGS = {
    # What is printed is read by a program.
    "color.ui": "false",
    "color.branch": "false",
    "color.diff": "false",
    "color.status": "false",
    "column.ui": "never",
    "core.pager": "cat",
    "core.quotePath": "false",
    "diff.noprefix": "false",
    "diff.mnemonicPrefix": "false",
    "diff.orderFile": os.devnull,
    "diff.relative": "false",
    "diff.renames": "true",
    "format.pretty": "medium",
    "i18n.commitEncoding": "utf-8",
    "i18n.logOutputEncoding": "utf-8",
    "log.abbrevCommit": "false",
    "log.date": "default",
    "log.decorate": "false",
    "log.follow": "false",
    "log.showRoot": "true",
    "log.showSignature": "false",
    "core.abbrev": "auto",
    "status.branch": "false",
    "status.renames": "true",
    "status.short": "false",
    "status.showUntrackedFiles": "normal",
    "submodule.recurse": "false",
    # What is written is what was asked for, and nobody is there to type a passphrase.
    "commit.cleanup": "whitespace",
    "commit.gpgSign": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "input",
    "core.commentChar": "#",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.safecrlf": "false",
    "init.templateDir": "",
    "merge.autoStash": "false",
    "merge.ff": "true",
    "merge.log": "false",
    "merge.verifySignatures": "false",
    "tag.gpgSign": "false",
    # What is fetched and pushed is what the words name.
    "fetch.prune": "false",
    "fetch.pruneTags": "false",
    "fetch.recurseSubmodules": "false",
    "push.followTags": "false",
    "push.gpgSign": "false",
    "push.recurseSubmodules": "no",
    "safe.bareRepository": "all",
    "worktree.guessRemote": "false",
}
"""Git's own defaults, but for two: no carriage return is added, and no hook of the user's runs, which may refuse."""
_INHERITED = (
    "GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG", "GIT_SSH", "GIT_SSL_", "GIT_HTTP_", "GIT_TRACE", "GIT_CURL_",
    "GIT_PROXY_", "GIT_ASKPASS", "GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES", "GIT_ALLOW_PROTOCOL", "GIT_PROTOCOL",
    "GIT_LFS_", "GIT_DISCOVERY_ACROSS_FILESYSTEM",
)  # fmt: skip
"""Who commits, how servers are reached, and how to look at what git does."""


def flags_for(command: str) -> list[str]:
    """Return the flags that precede a git command."""
    # A work tree that was made for one change holds what that change is, whatever its user never wants to see.
    settings = SETTINGS | ({"core.excludesFile": os.devnull} if command == "add" else {})
    return [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for git, without the variables that change where it works or what it prints.

    Inside a hook of git they would point every call at the repository of the hook.
    """
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("GIT_") or name.startswith(_INHERITED)
    }
