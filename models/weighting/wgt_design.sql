with

drawn_unit as (
    select * from {{ ref('harm_drawn_unit') }}
),

final as (
    select
        survey,
        survey_year,
        sample_number,
        respondent_id,
        stratum,
        cluster,
        disposition,
        -- Inverse probability of selection: of the unit within its stratum, of the
        -- municipality it lives in, and of the person within the household.
        cast(frame_units as double) / drawn_units
        / cluster_probability / household_probability as weight_design
    from drawn_unit
)

select * from final
