-- Who is lost between the delivered file and the cross-section is lost for good.
with

delivered as (
    select
        stem,
        sum(delivered_row_count) as delivered_count
    from {{ ref('stg_landed_file') }}
    where kind = 'survey' and status = 'landed'
    group by stem
),

harmonised as (
    select
        survey || '_' || survey_year as stem,
        count(*) as respondent_count
    from {{ ref('harm_cross_section') }}
    group by survey, survey_year
),

mart as (
    select
        survey || '_' || survey_year as stem,
        count(*) as respondent_count
    from {{ ref('mart_cross_section') }}
    group by survey, survey_year
)

select
    stem,
    delivered.delivered_count,
    harmonised.respondent_count as harmonised_count,
    mart.respondent_count as mart_count
from delivered
full outer join harmonised using (stem)
full outer join mart using (stem)
where
    delivered.delivered_count is distinct from harmonised.respondent_count
    or delivered.delivered_count is distinct from mart.respondent_count
