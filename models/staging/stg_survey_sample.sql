with

sample_unit as (
    select
        survey,
        survey_year,
        sample_number,
        respondent_key,
        stratum,
        cluster,
        frame_units,
        drawn_units,
        cluster_probability,
        household_probability,
        disposition_code,
        sex,
        birth_year,
        origin_code,
        municipality
    from {{ source('landing', 'survey_sample') }}
),

final as (
    select
        -- ids
        cast(survey as string) as survey,
        cast(survey_year as int) as survey_year,
        cast(sample_number as string) as sample_number,
        cast(respondent_key as string) as respondent_key,
        -- design
        cast(stratum as string) as stratum,
        cast(cluster as string) as cluster,
        cast(frame_units as bigint) as frame_units,
        cast(drawn_units as bigint) as drawn_units,
        cast(cluster_probability as double) as cluster_probability,
        cast(household_probability as double) as household_probability,
        -- outcome and frame attributes, coded as in the sample file
        cast(disposition_code as string) as disposition_code,
        cast(sex as string) as sex,
        cast(birth_year as int) as birth_year,
        cast(origin_code as string) as origin_code,
        cast(municipality as string) as municipality
    from sample_unit
)

select * from final
