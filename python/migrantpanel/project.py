"""Where things are: folders relative to the clone, unless a setting says otherwise."""

import os
from pathlib import Path


def project_dir() -> Path:
    """Return the folder of dbt_project.yml: `MIGRANTPANEL_PROJECT_DIR`, else the nearest one.

    Looks upwards from the working folder first, then from this file (an editable install).
    """
    setting = os.environ.get("MIGRANTPANEL_PROJECT_DIR")
    if setting:
        return Path(setting)
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if (folder / "dbt_project.yml").is_file():
                return folder
    return Path.cwd()


def seeds_dir() -> Path:
    """Return the folder of the seeds, which landing reads directly."""
    return project_dir() / "seeds"
