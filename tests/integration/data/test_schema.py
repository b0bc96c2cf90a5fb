from __future__ import annotations

import pytest

from trunkline.core.errors import ContractError
from trunkline.core.project import Project
from trunkline.data import project_contract


def contract_file(project: Project, old: str, new: str) -> None:
    path = project.root / "src" / "loans" / "contract.py"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_the_projects_contract_is_named_by_its_config(project: Project) -> None:
    contract_file(project, 'name = "loans"', 'name = "credit"')
    assert project_contract(project).name == "credit"


def test_without_a_name_of_its_own_it_has_the_policys(project: Project) -> None:
    contract_file(project, 'name = "loans"', "")
    assert project_contract(project).name == "loans"


def test_a_contract_that_is_no_pandera_model_is_refused(project: Project) -> None:
    contract_file(project, "(pa.DataFrameModel)", "")
    with pytest.raises(ContractError, match=r"src/loans/contract\.py is not a pandera DataFrameModel"):
        project_contract(project)


def test_a_task_that_is_none_is_refused_with_those_there_are(project: Project) -> None:
    contract_file(project, '"role": "outcome"', '"role": "outcome", "answer": "rankin"')
    with pytest.raises(ContractError, match="paid: no task has the name") as refused:
        project_contract(project)
    assert refused.value.value == "rankin"
    assert "classification, detection, ranking, regression" in refused.value.next_step
