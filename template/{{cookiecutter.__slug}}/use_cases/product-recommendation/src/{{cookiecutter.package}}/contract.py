"""The contract: what a row is. Data tests, the API, drift monitoring and the model card all read it from here.

The example is a web shop that shows ten articles to a customer: what will be bought on this visit? A row is one
article that was bought on a visit, and all rows of a visit are one answer. Half of the visits begin with something in
the basket already. Most customers are shops themselves, and buy again what they have sold.

How to write a field: `trunkline.field` takes
- `role`: feature (what the model sees; the default), audit (gates and monitors see it, the model does not),
  outcome, item (what in the list an outcome is about), key (names the list), user, time (when it happened);
- `holds`: entity (an id of an open catalogue), where the Python type does not say it;
- `unit`, for people; `protected`: compare its groups; `bands`: from which number on an item was right, as of ratings;
- `positive`: which outcome says that an item was right, where it is a text;
- `answer`, of the outcome: the task;
- `example`: a text that keeps the rule, where the field has a pattern, as `str_matches`;
- everything else as pandera has it: https://pandera.readthedocs.io.

`make check` names the rules that are asked of data alone, such as checks that you write yourself.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
import trunkline


class Contract(pa.DataFrameModel):
    """One article that a customer bought on a visit."""

    visit: str = trunkline.field(role="key", description="The customer and the day of the visit")
    day: pd.Timestamp = trunkline.field(role="time", description="The day of the visit")
    # The model knows its customers by their numbers; a number that it does not know is a newcomer's.
    customer: int = trunkline.field(role="user", holds="entity", ge=1, description="Number of the customer")
    custom: str = trunkline.field(
        role="audit",
        isin=["newcomer", "returning", "regular"],
        protected=True,
        description="Whether the customer had no visit before, up to three, or more",
    )
    basket: str = trunkline.field(
        nullable=True,
        str_length={"max_value": 1000},
        example="85123A 22423",
        description="Articles in the basket already, with blanks between them",
    )
    article: str = trunkline.field(role="item", holds="entity", description="Number of the article")
    bought: bool = trunkline.field(
        role="outcome", answer="ranking", description="Whether the customer bought the article"
    )

    class Config:
        """Unknown columns are refused."""

        name = "shop visits"
        description = "Articles that customers of a web shop for gifts bought on each visit, 2010 and 2011."
        strict = True
        coerce = True
