"""The contract: what a row is. Data tests, the API, drift monitoring and the model card all read it from here.

The example is an audit-worthy decision about people. Between 1997 and 2002 the police of Toronto arrested
5,226 persons for possession of small quantities of marijuana; each was either released with a summons or taken
to the station. What is learnt here is how the police decided, bias included, not how one ought to decide.
So the contract names the protected attributes, and the gates compare how the model treats their groups.

How to write a field: all that pandera's Field takes (https://pandera.readthedocs.io), and
- `role`: feature (what the model sees; the default), audit (gates and monitors see it, the model does not),
  outcome, key (names the row), user (stays on one version during a canary), time (when it happened),
  weight (how much a row counts in training);
- `unit`, for people; `protected`: compare its groups; `bands`: where to cut a protected number into groups;
- `positive`: which outcome the probability is of;
- `answer`, of the outcome: the task, classification or regression, where its type does not say it;
- `example`: a text that keeps the rule, where the field has a pattern, as `str_matches`.

`make check` names the rules that are asked of data alone, such as checks that you write yourself.
"""

from __future__ import annotations

import pandera.pandas as pa
import trunkline

YES_NO = ["No", "Yes"]


class Contract(pa.DataFrameModel):
    """One arrest, as the officer knew it before deciding."""

    arrest_id: int = trunkline.field(role="key", ge=0, unique=True, description="Number of the arrest")
    year: int = trunkline.field(role="time", ge=1990, le=2100, description="Year of the arrest", unit="year")
    # The model may see the age: the law itself treats minors differently. Whether it then treats an age group
    # worse than another is asked by the fairness gates, in these bands.
    age: int = trunkline.field(
        ge=10,
        le=110,
        description="Age of the arrested person",
        unit="years",
        protected=True,
        bands=[18, 25, 35],
    )
    # Colour and sex must be in every row of the data, so that the treatment of their groups can be measured (a request
    # may leave them out: then nothing is audited there), but they never reach the model. That alone does not make it
    # fair: other columns can stand in for them. Hence the gates.
    colour: str = trunkline.field(
        isin=["Black", "White"],
        description="Colour as written down by the officer",
        role="audit",
        protected=True,
    )
    sex: str = trunkline.field(
        isin=["Female", "Male"],
        description="Sex as written down by the officer",
        role="audit",
        protected=True,
    )
    employed: str = trunkline.field(isin=YES_NO, description="Whether the person has a job")
    citizen: str = trunkline.field(isin=YES_NO, description="Whether the person is a citizen")
    checks: int = trunkline.field(
        ge=0,
        le=6,
        description="In how many of six police databases (arrests, convictions, parole, ...) the name stands",
        unit="databases",
    )
    released: str = trunkline.field(
        isin=YES_NO,
        description="Whether the person was released with a summons",
        role="outcome",
        positive="Yes",
    )

    class Config:
        """Unknown columns are refused, and numbers that came as texts are read as numbers."""

        name = "arrests"
        description = "Arrests for possession of small quantities of marijuana, Toronto, 1997 to 2002."
        strict = True
        coerce = True
