-- A weight is the inverse of the chance of selection: a chance of zero, below it or
-- above one makes a respondent stand for nobody, for infinitely many, or for a part of
-- a person.
with

checked as (
    select
        survey,
        survey_year,
        sample_number,
        frame_units,
        drawn_units,
        cluster_probability,
        household_probability,
        case
            when (frame_units is null) != (drawn_units is null)
                then 'frame units or drawn units are missing'
            when frame_units < 1 or drawn_units < 1
                then 'frame units and drawn units are counts of 1 or more'
            when drawn_units > frame_units
                then 'more units are drawn than the frame holds'
            when not coalesce(cluster_probability between 1e-9 and 1, false)
                then 'the chance of the municipality is not above 0 and at most 1'
            when not coalesce(household_probability between 1e-9 and 1, false)
                then 'the chance within the household is not above 0 and at most 1'
        end as problem
    from {{ ref('harm_drawn_unit') }}
)

select *
from checked
where problem is not null
