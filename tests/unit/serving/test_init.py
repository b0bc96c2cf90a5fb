from __future__ import annotations

import subprocess
import sys


def test_models_can_be_asked_without_a_web_framework_and_the_service_runs_without_the_training_stack() -> (
    None
):
    program = (
        "import sys; import trunkline.serving; first = set(sys.modules);"
        "import trunkline.serving.__main__; second = set(sys.modules);"
        "print(sorted({'fastapi', 'uvicorn', 'prometheus_client'} & first),"
        " sorted({'pandas', 'sklearn', 'mlflow', 'scipy', 'pyarrow', 'pandera'} & second))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
