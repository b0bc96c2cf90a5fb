"""The data: every row that is known today. Which of them a model trains on is said by `data` in trunkline.yaml.

The example is UCI's Bike Sharing data set (Fanaee-T and Gama 2013; CC BY 4.0 by https://archive.ics.uci.edu/dataset/275).
It is fetched once, into a cache below your home, and is not part of this repository. TRUNKLINE_DATA names a folder that
holds it already. `TRUNKLINE_DATA=sample` takes rows that `sample()` makes, for a first day without network: then every
figure is one of made-up rows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from trunkline.data import Published

HOURS = Published(
    name="bike_sharing/hour.csv",
    address="https://archive.ics.uci.edu/static/public/275/bike+sharing+dataset.zip",
    member="hour.csv",
    sha256="e03de4ee4ef4dc376ac6e04bf829673c6269e8eba5c60fa121640fa2f829504f",
)
WEEKDAYS = dict(enumerate(["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]))
WEATHER = {1: "clear", 2: "mist", 3: "rain", 4: "storm"}
YES_NO = {0: "no", 1: "yes"}


def load() -> pd.DataFrame:
    """Return one row an hour, in the columns of the contract.

    Yours would query a database or read files. Return everything, always in the same order: Trunkline cuts the
    window, splits, and remembers what it took by its content, so that the same rows give the same model.
    """
    path = HOURS.path()
    hours = sample() if path is None else pd.read_csv(path)
    return pd.DataFrame(
        {
            "hour_id": hours["instant"],
            "day": pd.to_datetime(hours["dteday"]),
            "month": hours["mnth"],
            "weekday": hours["weekday"].map(WEEKDAYS),
            "hour": hours["hr"],
            "working_day": hours["workingday"].map(YES_NO),
            "weather": hours["weathersit"].map(WEATHER),
            # The source has them as shares of a greatest value.
            "temperature": (hours["temp"] * 41).round(2),
            "humidity": (hours["hum"] * 100).round(0),
            "wind": (hours["windspeed"] * 67).round(1),
            "bikes": hours["cnt"],
        }
    )


def sample() -> pd.DataFrame:
    """Return made-up hours of 2011 and 2012 as the source would have them, always the same."""
    draw = np.random.default_rng(2011)
    times = pd.date_range("2011-01-01", "2012-12-31 23:00", freq="h")
    day_of_year, hour, weekday = times.day_of_year, times.hour, (times.day_of_week + 1) % 7
    working = ~np.isin(weekday, [0, 6])
    season = np.sin(2 * np.pi * (day_of_year - 105) / 365)
    # Weather stays for days: noise of each day, spread over its hours.
    days = (times.normalize() - times[0]).days
    temperature = 15 + 11 * season + 4 * np.sin(2 * np.pi * (hour - 9) / 24) + draw.normal(0, 3, 731)[days]
    wet = np.clip(draw.beta(2, 5, 731)[days] + draw.normal(0, 0.05, len(times)), 0, 1)
    commuting = 3 * np.exp(-(((hour - 8) / 1.5) ** 2)) + 4 * np.exp(-(((hour - 17.5) / 2) ** 2))
    leisure = 3 * np.exp(-(((hour - 14) / 4) ** 2))
    rhythm = 0.15 + np.where(working, commuting + 0.4 * leisure, leisure)
    mean = (
        50
        * rhythm
        * (1.2 + np.tanh((temperature - 14) / 12))
        * (1.2 - wet)
        * np.where(times.year == 2012, 1.6, 1)
    )
    return pd.DataFrame(
        {
            "instant": range(1, len(times) + 1),
            "dteday": times.strftime("%Y-%m-%d"),
            "mnth": times.month,
            "weekday": weekday,
            "hr": hour,
            "workingday": working.astype(int),
            "weathersit": np.digitize(wet, [0.35, 0.6, 0.95]) + 1,
            "temp": np.clip(temperature, -8, 41) / 41,
            "hum": np.clip(0.4 + 0.5 * wet + draw.normal(0, 0.05, len(times)), 0.05, 1),
            "windspeed": draw.beta(2, 7, len(times)),
            "cnt": draw.poisson(mean * draw.gamma(60, 1 / 60, len(times))),
        }
    )
