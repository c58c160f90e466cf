"""One row per interview, scenario and pass of linkage without numbers, with the best candidate."""

import os
from pathlib import Path

from migrantpanel.identity.fields import FIELD_SETS
from migrantpanel.identity.passes import score_links


def model(dbt, session):
    dbt.config(materialized="table")
    ((passes, name, precision),) = (
        dbt.ref("id_link_setting")
        .project("linkage_passes, linkage_fields, linkage_precision")
        .fetchall()
    )
    fields = FIELD_SETS[name]
    # Beside the published files, so that the next build judges links by the same model.
    build_dir = Path(os.environ.get("MIGRANTPANEL_BUILD_DIR", "warehouse/build"))
    return score_links(
        session,
        dbt.ref("id_link_interview"),
        dbt.ref("id_link_register"),
        fields,
        passes.split(","),
        precision,
        build_dir.resolve().parent / "linkage_model" / f"{fields.name}-{fields.digest}",
    )
