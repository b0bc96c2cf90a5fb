"""The technical documentation that the EU AI Act asks of high-risk systems, and what a card says of it.

Source: Regulation (EU) 2024/1689, Annex IV.
"""

from __future__ import annotations

from typing import NamedTuple


class Item(NamedTuple):
    """An item of Annex IV: its number, what it asks, what the card gives (empty: nothing), what a person must write."""

    number: str
    asks: str
    card: str
    human: str


ITEMS = (
    Item(
        "1(a)",
        "Intended purpose, provider, version and its relation to earlier ones",
        "Intended use, owner, version, comparison with the champion, lineage",
        "The provider's name and address; how this version differs in purpose",
    ),
    Item(
        "1(b)",
        "Interaction with other hardware or software",
        "",
        "The systems that send rows and use answers",
    ),
    Item(
        "1(c)-(d)",
        "Versions of software; forms in which it is put into service",
        "Toolkit, runtime and package versions",
        "The forms in which users get it",
    ),
    Item("1(e)-(f)", "Hardware; pictures of a product that it is part of", "", "Both, where they apply"),
    Item("1(g)-(h)", "User interface and instructions for the deployer", "", "Both"),
    Item(
        "2(a)-(b)",
        "Methods of development; design, logic, assumptions and trade-offs",
        "The chosen candidate and its settings, the metric that chose it, mitigation of bias",
        "Why this design; assumptions about the people concerned; trade-offs; third parties' tools and models",
    ),
    Item(
        "2(c)",
        "Architecture; computing resources to develop, train, test and validate",
        "Runtime and packages; time, processor time, memory and energy of this training",
        "How the parts of the whole system build on each other; resources of the attempts before this one",
    ),
    Item(
        "2(d)",
        "Data: provenance, scope, selection, labelling, cleaning",
        "Rows by source and part, window, split, columns and their rules",
        "Where the data come from, how they were selected, labelled and cleaned",
    ),
    Item(
        "2(e)",
        "Human oversight (Article 14), and what helps people to interpret answers",
        "",
        "Who may overrule an answer, and how; what they are shown",
    ),
    Item("2(f)", "Changes determined in advance", "", "What may change without a new assessment"),
    Item(
        "2(g)",
        "Validation and testing: data used, accuracy, robustness, discriminatory impact, signed test reports",
        "Rows by part, figures with intervals, figures by group, red verdicts, waivers; the report has all verdicts",
        "A dated signature of the person responsible",
    ),
    Item("2(h)", "Cybersecurity", "Checksums and digests", "Measures around the service"),
    Item(
        "3",
        "Capabilities and limits, accuracy for groups of persons, foreseeable harm, input data",
        "Figures by group, limits found by the gates, weak parts of the rows, input table",
        "Foreseeable harm and sources of risk",
    ),
    Item("4", "Why the metrics are appropriate", "", "The reasons"),
    Item("5", "Risk management system (Article 9)", "", "All of it"),
    Item(
        "6",
        "Changes through the life cycle",
        "The commit; history is in Git",
        "A summary of relevant changes",
    ),
    Item("7", "Harmonised standards applied", "", "The list, or what was done instead"),
    Item("8", "EU declaration of conformity (Article 47)", "", "A copy"),
    Item("9", "Post-market monitoring (Article 72)", "", "The plan; `trunkline.yaml` says what is monitored"),
)


def annex_table() -> str:
    """Return the items as a Markdown table."""
    rows = [f"| {item.number} | {item.asks} | {item.card or 'nothing'} | {item.human} |" for item in ITEMS]
    return "\n".join(
        ["| Item | Asks for | On this card | A person must still write |", "|---|---|---|---|", *rows]
    )
