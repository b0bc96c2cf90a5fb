"""The contract: what a row is. Data tests, the API, drift monitoring and the model card all read it from here.

The example tells whether a sentence from a review is positive. The sentences come from three places, where people
write of three kinds of thing: phones, films and restaurants. Words change their weight between them, so the policy asks
for the accuracy of each place by itself, and monitoring sees when one of them takes over.

How to write a field: https://pandera.readthedocs.io, and in `metadata`
- `role`: feature (what the model sees; the default), audit (gates and monitors see it, the model does not),
  outcome, key (names the row), user (stays on one version during a canary), time (when it happened);
- `unit`, for people; `protected`: compare its groups; `bands`: where to cut a protected number into groups;
- `positive`: which outcome the probability is of;
- `answer`, of the outcome: the task, classification or regression, where its type does not say it;
- `example`: a text that keeps the rule, where the field has a pattern, as `str_matches`.

`make check` names the rules that are asked of data alone, such as checks that you write yourself.
"""

from __future__ import annotations

import pandera.pandas as pa


class Contract(pa.DataFrameModel):
    """One sentence of a review."""

    sentence_id: int = pa.Field(
        ge=0, unique=True, description="Number of the sentence", metadata={"role": "key"}
    )
    # The model does not see it: it has to do with words alone, wherever they come from.
    source: str = pa.Field(
        isin=["amazon", "imdb", "yelp"],
        description="Where the review was written: of phones, films or restaurants",
        metadata={"role": "audit"},
    )
    sentence: str = pa.Field(
        str_length={"min_value": 1, "max_value": 2000},
        description="The sentence, in English",
        metadata={"example": "The battery lasts for days."},
    )
    mood: str = pa.Field(
        isin=["negative", "positive"],
        description="What the writer thinks of the thing",
        metadata={"role": "outcome", "positive": "positive"},
    )

    class Config:
        """Unknown columns are refused."""

        name = "review sentences"
        description = "Sentences from reviews of phones, films and restaurants, each positive or negative."
        strict = True
        coerce = True
