"""The contract: what a row is. Data tests, the API, drift monitoring and the model card all read it from here.

The example is a forecast that a city's bike rental plans its vans by: how many bikes are rented in an hour, from the
calendar and the weather. The model learns from 2011. In 2012 the service grew by half, with the same weather and the
same calendar: what goes in looks as it did, and the answers are wrong. Only the performance monitor can find that.

How to write a field: https://pandera.readthedocs.io, and in `metadata`
- `role`: feature (what the model sees; the default), audit (gates and monitors see it, the model does not),
  outcome, key (names the row), user (stays on one version during a canary), time (when it happened);
- `unit`, for people; `protected`: compare its groups; `bands`: where to cut a protected number into groups;
- `answer`, of the outcome: the task, classification or regression, where its type does not say it;
- `example`: a text that keeps the rule, where the field has a pattern, as `str_matches`.

`make check` names the rules that are asked of data alone, such as checks that you write yourself.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

YES_NO = ["no", "yes"]


class Contract(pa.DataFrameModel):
    """One hour, as it is known when it begins."""

    hour_id: int = pa.Field(ge=1, unique=True, description="Number of the hour", metadata={"role": "key"})
    day: pd.Timestamp = pa.Field(description="The date", metadata={"role": "time"})
    month: int = pa.Field(ge=1, le=12, description="Month of the year")
    weekday: str = pa.Field(
        isin=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], description="Day of the week"
    )
    hour: int = pa.Field(ge=0, le=23, description="Hour of the day", metadata={"unit": "h"})
    working_day: str = pa.Field(isin=YES_NO, description="Whether most people work on that day")
    weather: str = pa.Field(
        isin=["clear", "mist", "rain", "storm"], description="Weather, the worst that holds for it"
    )
    temperature: float = pa.Field(
        ge=-20, le=50, description="Air temperature", metadata={"unit": "degrees Celsius"}
    )
    humidity: float = pa.Field(ge=0, le=100, description="Relative humidity", metadata={"unit": "%"})
    wind: float = pa.Field(ge=0, le=120, description="Wind speed", metadata={"unit": "km/h"})
    bikes: int = pa.Field(
        ge=0, le=5000, description="Bikes rented in the hour", metadata={"role": "outcome", "unit": "bikes"}
    )

    class Config:
        """Unknown columns are refused, and numbers that came as texts are read as numbers."""

        name = "bike rentals"
        description = "Bikes rented in an hour in Washington, D.C., 2011 and 2012, with calendar and weather."
        strict = True
        coerce = True
