"""Checking: whether the rules can tell anybody, asked before an alarm comes."""

from __future__ import annotations

from trunkline.core.policy.responses import Responses
from trunkline.core.secrets import secret

from .mail import PASSWORD, check_mail
from .webhook import URL, address_of, check_webhook


def check_responses(policy: Responses) -> tuple[str, ...]:
    """Return what the rules need beyond the policy, where monitors run.

    Raises PolicyError when a rule that somebody wrote can reach nobody.
    """
    channels = {channel for rule in policy.rules for channel in rule.do}
    said = []
    if "mail" in channels and not policy.mail.recipients and "rules" not in policy.model_fields_set:
        said.append("the default rules send e-mail, and responses.mail.recipients is empty: nobody gets it")
    elif "mail" in channels:
        check_mail(policy.mail)
        if policy.mail.user and not secret(PASSWORD):
            said.append(f"responses.mail.user needs {PASSWORD} where monitors run")
    if "webhook" in channels:
        if address_of(policy.webhook):
            check_webhook(policy.webhook)
        else:
            said.append(f"a rule posts to a webhook, which needs {URL} where monitors run")
    return tuple(said)
