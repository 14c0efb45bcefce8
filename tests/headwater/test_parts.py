"""How a part is started."""

import os
import subprocess
import sys
from pathlib import Path

import headwater
from headwater.commands.parts import COLLECTED_AFTER

ROOT = Path(headwater.__file__).parents[1]


def test_a_part_looks_for_garbage_seldom_and_not_among_its_modules(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(
        "import gc\n\n"
        "def serve():\n"
        "    frozen = gc.get_freeze_count() > len(gc.get_objects())\n"
        "    print(gc.isenabled(), gc.get_threshold(), frozen)\n"
    )
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from headwater.commands.parts import serve_part; serve_part('probe')",
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (tmp_path, ROOT)))},
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout.strip() == f"True {COLLECTED_AFTER} True"
