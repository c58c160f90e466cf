"""One row per person of the spine and per partner outside the register, with the pseudonym."""

import pyarrow as pa

from migrantpanel.identity.pseudonym import load_secret, person_ids


def model(dbt, session):
    dbt.config(materialized="table")
    spine = dbt.ref("id_spine").project("person_key as person_key")
    outside = (
        dbt.ref("id_union")
        .filter("not partner_in_register")
        .project("partner_subject_key as person_key")
    )
    keys = spine.union(outside).distinct().order("person_key").to_arrow_table()["person_key"]
    names = keys.to_pylist()
    return pa.table(
        {
            "person_key": pa.array(names, pa.string()),
            "person_id": pa.array(person_ids(names, load_secret()), pa.string()),
        }
    )
