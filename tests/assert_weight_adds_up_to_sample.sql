-- Respondents who stand for fewer units than were drawn in scope bias every total.
with

drawn as (
    select
        survey,
        survey_year,
        stratum,
        sum(weight_design) filter (where disposition != 'out_of_scope') as in_scope
    from {{ ref('wgt_design') }}
    group by all
),

respondent as (
    select
        wgt_design.survey,
        wgt_design.survey_year,
        wgt_design.stratum,
        sum(wgt_respondent.weight_nonresponse) as represented
    from {{ ref('wgt_respondent') }} as wgt_respondent
    inner join {{ ref('wgt_design') }} as wgt_design using (respondent_id)
    group by all
)

select
    survey,
    survey_year,
    stratum,
    drawn.in_scope,
    respondent.represented
from drawn
inner join respondent using (survey, survey_year, stratum)
where not coalesce(abs(respondent.represented / drawn.in_scope - 1) < 1e-6, false)
