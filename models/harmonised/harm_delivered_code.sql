with

answer as (
    select
        survey,
        survey_year,
        lower(variable) as source_key,
        {{ delivered_code() }} as source_code,
        count(*) as delivered_count
    from {{ ref('stg_survey_answer') }}
    group by all
),

-- What holds for a whole survey, such as its mode, hangs on a source that every
-- interview has.
design as (
    select
        survey,
        survey_year,
        '(design)' as source_key,
        '(all)' as source_code,
        count(distinct respondent_key) as delivered_count
    from {{ ref('stg_survey_answer') }}
    group by all
),

-- The outcome of the drawn units, under the name of its variable in the sample file.
disposition as (
    select
        drawn_unit.survey,
        drawn_unit.survey_year,
        crosswalk_source.source_key,
        drawn_unit.disposition_code as source_code,
        count(*) as delivered_count
    from {{ ref('stg_survey_sample') }} as drawn_unit
    inner join {{ ref('harm_crosswalk_source') }} as crosswalk_source
        using (survey, survey_year)
    where crosswalk_source.variable = 'disposition'
    group by all
),

delivered as (
    select * from answer
    union all
    select * from design
    union all
    select * from disposition
),

value_label as (
    select
        survey,
        survey_year,
        if(stem like '%_SAMPLE', 'sample:', '') || lower(variable) as source_key,
        code as source_code,
        label as source_label,
        is_declared_missing
    from {{ ref('stg_value_label') }}
    where survey is not null
),

crosswalk_source as (
    select distinct
        survey,
        survey_year,
        source_key
    from {{ ref('harm_crosswalk_source') }}
),

final as (
    select
        survey,
        survey_year,
        source_key,
        source_code,
        value_label.source_label,
        coalesce(value_label.is_declared_missing, false) as is_declared_missing,
        coalesce(delivered.delivered_count, 0) as delivered_count
    from delivered
    full outer join value_label
        using (survey, survey_year, source_key, source_code)
    semi join crosswalk_source using (survey, survey_year, source_key)
)

select * from final
