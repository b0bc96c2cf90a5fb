"""A service as people write it by hand: FastAPI with a plain `def`, pydantic, a frame of one row, a pickled pipeline.

    MODEL=pipeline.joblib CONTRACT=contract.json uvicorn handwritten:app

The contract only names the fields, which a person would have typed out.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel, create_model

from trunkline.core.contract import Contract

TYPES: dict[str, Any] = {"integer": int, "number": float, "boolean": bool}
model = joblib.load(os.environ["MODEL"])
features = Contract.read(Path(os.environ["CONTRACT"])).features
fields: dict[str, Any] = {
    column.name: (TYPES.get(column.type, str) | None, None)
    if column.nullable
    else (TYPES.get(column.type, str), ...)
    for column in features
}
Row = create_model("Row", **fields)
app = FastAPI()


@app.post("/predict")
def predict(row: Row) -> dict[str, Any]:
    assert isinstance(row, BaseModel)
    frame = pd.DataFrame([row.model_dump()])
    if not hasattr(model, "predict_proba"):
        return {"prediction": float(model.predict(frame)[0])}
    chances = model.predict_proba(frame)[0]
    return {
        "prediction": str(model.classes_[chances.argmax()]),
        "probabilities": dict(zip(map(str, model.classes_), chances.tolist(), strict=True)),
    }
