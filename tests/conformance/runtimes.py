"""The suite of runtimes: subclass it, and give the fixtures `bundle` (sealed), `columns` and `open_it`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError, TrunklineError
from trunkline.runtimes import Columns, Model, open_model

Open = Callable[[Bundle], Model]


class RuntimeConformance:
    """Needs the fixtures `bundle` and `columns`, some rows that its contract allows."""

    @pytest.fixture
    def open_it(self) -> Open:
        return open_model

    def test_it_answers_as_many_rows_as_it_is_given_the_same_each_time(
        self, open_it: Open, bundle: Bundle, columns: Columns
    ) -> None:
        model = open_it(bundle)
        try:
            rows = len(next(iter(columns.values())))
            answers, again = model.predict(columns), model.predict(columns)
            assert len(answers.predictions) == rows
            assert answers.predictions.tolist() == again.predictions.tolist()
            last = model.predict({name: values[-1:] for name, values in columns.items()})
            assert last.predictions.tolist() == answers.predictions.tolist()[-1:]
            with pytest.raises(BundleError, match="not given"):
                model.predict({})
        finally:
            model.close()

    def test_a_closed_model_can_be_closed_again(self, open_it: Open, bundle: Bundle) -> None:
        model = open_it(bundle)
        model.close()
        model.close()

    def test_a_file_that_is_no_model_is_refused(self, open_it: Open, bundle: Bundle) -> None:
        bundle.model_file.write_bytes(b"nonsense")
        with pytest.raises(TrunklineError):
            open_it(bundle)
