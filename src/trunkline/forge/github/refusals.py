"""GitHub's refusals as errors that say who must act; none of them holds the token."""

from __future__ import annotations

from trunkline.core.errors import ForgeError, SettingError, TrunklineError, UnavailableError

from .patience import Failure, limited

HOW_TO_LOG_IN = "set GITHUB_TOKEN; `export GITHUB_TOKEN=$(gh auth token)` takes that of GitHub's own client"
TICK = (
    "name a GitHub App in TRUNKLINE_APP_ID, or tick `Allow GitHub Actions to create and approve pull requests` under"
    " Settings > Actions > General (of the organisation too); then start the workflow again by hand"
)
_PERMISSIONS = "x-accepted-github-permissions"


class Declined(ForgeError):
    """An answer other than success, kept for whoever knows what it means there."""

    def __init__(self, what: str, *, next_step: str, failure: Failure) -> None:
        super().__init__(what, next_step=next_step)
        self.failure = failure

    @property
    def status(self) -> int:
        """Return the status of the answer."""
        return self.failure.status

    def says(self, words: str) -> bool:
        """Whether GitHub's own words hold these, in whatever case."""
        return words.lower() in " ".join((self.failure.message, *self.failure.errors)).lower()


def refusal(failure: Failure, what: str) -> TrunklineError:
    """Return the error for a failure; `what` names what was asked for ("pull request #7")."""
    said = "; ".join((failure.message, *failure.errors)).strip("; ")
    if limited(failure):
        return UnavailableError(
            f"GitHub's rate limit is used up ({said}).", next_step="try again later; nothing is lost"
        )
    match failure.status:
        case 0:
            return UnavailableError(f"GitHub does not answer: {said}.", next_step="try again later")
        case status if status >= 500:
            return UnavailableError(
                f"GitHub is in trouble (status {status}) over {what}.", next_step="try again later"
            )
        case 401:
            return Declined(
                "GitHub does not accept the token: it is wrong or has expired.",
                next_step="renew it; that of a workflow lives as long as its job, so run the job again",
                failure=failure,
            )
        case 403 if "not permitted to create or approve pull requests" in failure.message.lower():
            return SettingError(f"A setting of this repository forbids it: {said}.", next_step=TICK)
        case 403:
            return Declined(
                f"GitHub does not allow this with {what}: {said}.",
                next_step=_permission(failure),
                failure=failure,
            )
        case 404:
            return Declined(
                f"There is no {what}, or the token may not see it.",
                next_step="check number, name and forge.repository, and what the token may read",
                failure=failure,
            )
        case _:
            return Declined(
                f"GitHub refused {what} (status {failure.status}): {said}.",
                next_step="correct what it names",
                failure=failure,
            )


def _permission(failure: Failure) -> str:
    """Return what to do about a refusal with status 403.

    The header tells what would be accepted, on every answer: it is what the token lacks only where GitHub says that
    the token is the reason.
    """
    said = failure.message.lower()
    accepted = failure.headers.get(_PERMISSIONS, "").replace("; ", " or ").replace("=", ": ")
    if accepted and said.startswith("resource not accessible by"):
        return f"add `{accepted}` to the permissions of the job, or of the token"
    return "ask an owner of the repository"
