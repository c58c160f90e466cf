{#- The harm: the file that analysts get holds a person number of the registers, in
    whatever column. Every text column of every table of the warehouse is compared with
    the delivered numbers; a view shows what the tables hold. -#}
-- depends_on: {{ ref('mart_child_year') }}
-- depends_on: {{ ref('mart_comparability') }}
-- depends_on: {{ ref('mart_cross_section') }}
-- depends_on: {{ ref('mart_harmonised_value') }}
-- depends_on: {{ ref('mart_household_member') }}
-- depends_on: {{ ref('mart_imputation_log') }}
-- depends_on: {{ ref('mart_link_curve') }}
-- depends_on: {{ ref('mart_link_problem') }}
-- depends_on: {{ ref('mart_link_quality') }}
-- depends_on: {{ ref('mart_link_quality_cohort') }}
-- depends_on: {{ ref('mart_partner_year') }}
-- depends_on: {{ ref('mart_permit') }}
-- depends_on: {{ ref('mart_person_interview') }}
-- depends_on: {{ ref('mart_person_role') }}
-- depends_on: {{ ref('mart_person_year') }}
-- depends_on: {{ ref('mart_presumed_residence') }}
-- depends_on: {{ ref('mart_replicate_weight') }}
-- depends_on: {{ ref('mart_school_career') }}
-- depends_on: {{ ref('mart_survey_weight') }}
-- depends_on: {{ ref('mart_trend') }}
-- depends_on: {{ ref('mart_unrecorded_child') }}
{% set text_columns = run_query(
    "select schema_name, table_name, column_name from duckdb_columns() "
    ~ "semi join duckdb_tables() using (database_name, schema_name, table_name) "
    ~ "where database_name = '" ~ target.database ~ "' and data_type = 'VARCHAR' "
    ~ "and table_name not like '%__dbt_%' "
    ~ "order by all"
) if execute else [] %}

with candidate as (
    {% for column in text_columns %}
    select distinct
        '{{ column[0] }}.{{ column[1] }}.{{ column[2] }}' as place,
        right("{{ column[2] }}", 9) as number
    from {{ target.database }}.{{ column[0] }}.{{ column[1] }}
    where length("{{ column[2] }}") between 9 and 10
    union all
    {% endfor %}
    select
        '' as place,
        '' as number
)

select distinct
    candidate.place,
    candidate.number
from candidate
semi join {{ ref('stg_person') }} as person
    on candidate.number = substr(person.person_key, 2)
