{{ config(tags=['shared']) }}

{#- Powers of two: one aggregate takes all signs of a person's year together. -#}
{% set signs = {'address': 1, 'tax': 2, 'work': 4, 'school': 8, 'care': 16} %}
{% set undated = 'cast(null as date)' %}
{% set enrolments = ['stg_enrolment', 'stg_enrolment_2000', 'stg_primary_enrolment'] %}
-- Care abroad shows nothing, nor does the yearly fee of the general practitioner.
{% set care_kinds = [
    'multidisciplinary', 'pharmacy', 'dental', 'hospital', 'primary_stay', 'paramedic',
    'aids', 'transport', 'other_care', 'psychologist', 'mental_care', 'basic_mental',
    'specialist_mental', 'geriatric', 'nursing', 'maternity'
] %}

with calendar as (
    {{ panel_years() }}
),

-- Every spell gives its first and last day in each year that it touches.
source_spell as (
    select
        person_key,
        start_date,
        coalesce(end_date, {{ far_future() }}) as end_date,
        is_in_education as is_school,
        has_wages or has_director_wages or has_business_profit or has_other_work
        or has_family_work or has_unemployment_benefit or has_social_assistance
        or has_other_benefit or has_sickness_benefit or has_pension as is_tax
    from {{ ref('stg_income_source_spell') }}
    where is_linkable
),

source_year as (
    select
        spell.person_key,
        calendar.year,
        case when spell.is_school then {{ signs['school'] }} else 0 end
        + case when spell.is_tax then {{ signs['tax'] }} else 0 end as sign,
        greatest(spell.start_date, calendar.first_day) as first_date,
        least(spell.end_date - 1, calendar.last_day) as last_date
    from source_spell as spell
    inner join calendar
        on
            spell.start_date <= calendar.last_day
            and spell.end_date > calendar.first_day
    where spell.is_school or spell.is_tax
),

job as (
    {%- for register in ['stg_job_report', 'stg_job_report_2006'] %}
    select
        person_key,
        year,
        start_date as first_date,
        end_date - 1 as last_date
    from {{ ref(register) }}
    where is_linkable and (wage_eur > 0 or paid_hours > 0)
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

enrolment as (
    {%- for register in enrolments %}
    select
        person_key,
        year
    from {{ ref(register) }}
    where is_linkable
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

income as (
    {%- for register in ['stg_person_income', 'stg_person_income_2003'] %}
    select
        person_key,
        year
    from {{ ref(register) }}
    where is_linkable and personal_income_gross_eur <> 0
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

care as (
    select
        person_key,
        year
    from {{ ref('stg_medicine') }}
    where is_linkable
    union all
    select
        person_key,
        year
    from {{ ref('stg_care_cost') }}
    where
        is_linkable
        and (
            gp_cost_eur > gp_registration_cost_eur
            {%- for kind in care_kinds %}
            or {{ kind }}_cost_eur > 0
            {%- endfor %}
        )
),

sign as (  -- noqa: ST03
    select
        person_key,
        cast(year(start_date) as int) as year,
        {{ signs['address'] }} as sign,
        start_date as first_date,
        start_date as last_date
    from {{ ref('pop_address_spell') }}
    union all
    select
        person_key,
        year,
        sign,
        first_date,
        last_date
    from source_year
    union all
    select
        person_key,
        year,
        {{ signs['work'] }} as sign,
        first_date,
        last_date
    from job
    union all
    select
        person_key,
        year,
        {{ signs['school'] }} as sign,
        cast(cast(year as string) || '-10-01' as date) as first_date,
        cast(cast(year as string) || '-10-01' as date) as last_date
    from enrolment
    union all
    select
        person_key,
        year,
        {{ signs['tax'] }} as sign,
        {{ undated }} as first_date,
        {{ undated }} as last_date
    from income
    union all
    select
        person_key,
        year,
        {{ signs['care'] }} as sign,
        {{ undated }} as first_date,
        {{ undated }} as last_date
    from care
),

signed as (
    select
        person_key,
        year,
        bit_or(sign) as signs,
        min(first_date) as first_sign_date,
        max(last_date) as last_sign_date
    from {{ resolved('sign') }}
    where year between {{ var('first_year') }} and {{ var('last_year') }}
    group by person_key, year
),

final as (
    select
        person_key,
        year,
        {%- for sign, number in signs.items() %}
        (signs & {{ number }}) > 0 as has_{{ sign }}_sign,
        {%- endfor %}
        first_sign_date,
        last_sign_date
    from signed
)

select * from final
