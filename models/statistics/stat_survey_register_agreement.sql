{#- What both sources know: the register's column in the codes of the variable. -#}
{%- set register_columns = {
    'sex': 'sex_code',
    'age': 'age_at_interview',
    'birth_year': 'birth_year',
    'origin_group': 'origin_group',
    'generation': 'generation_code',
    'arrival_year': 'first_arrival_year',
    'civil_status': 'civil_status',
    'children_count': 'child_count',
    'household_size': 'household_person_count',
    'education_level': 'education_level',
    'labour_status': 'is_employed',
} -%}

with

interview as (
    select
        respondent_id,
        survey,
        survey_year,
        person_id,
        cast(year(interview_date) as int) as year,
        month(interview_date) as interview_month
    from {{ ref('mart_cross_section') }}
    where person_id is not null
),

register_year as (
    select *  -- noqa: RF02
    from interview
    inner join {{ ref('mart_person_year') }} using (person_id, year)
),

-- Age at the interview is sure only outside the month of birth.
register as (
    select
        *,
        case
            when not birth_date_is_imputed and interview_month != birth_month
                then year - birth_year - cast(interview_month < birth_month as int)
        end as age_at_interview,
        case
            when civil_status_code = 'O' then 1
            when civil_status_code in ('H', 'P') then 2
            when civil_status_code in ('S', 'SP') then 3
            when civil_status_code in ('W', 'WP') then 4
        end as civil_status,
        cast(labour_group in ('employee', 'self_employed') as int) as is_employed
    from register_year
),

answer as (
    select
        respondent_id,
        variable,
        case
            when variable != 'labour_status' then value
            when value = '1' then '1'
            else '0'
        end as survey_value
    from {{ ref('mart_harmonised_value') }}
    where value is not null
),

pair as (
    select
        register.survey,
        register.survey_year,
        answer.variable,
        answer.survey_value,
        case answer.variable
            {% for variable, column in register_columns.items() %}
            when '{{ variable }}' then cast(register.{{ column }} as string)
            {% endfor %}
        end as register_value
    from answer
    inner join register using (respondent_id)
),

-- The direction is known where codes have an order.
compared as (
    select
        survey,
        survey_year,
        variable,
        cast(survey_value = register_value as int) as is_equal,
        case
            when variable not in ('sex', 'origin_group', 'generation', 'civil_status')
                then cast(survey_value as int) - cast(register_value as int)
        end as difference
    from pair
    -- Registers do not see an arrival before they start.
    where
        register_value is not null
        and not (variable = 'arrival_year' and survey_value < '{{ var('first_year') }}')
),

final as (
    select
        survey,
        survey_year,
        variable,
        count(*) as n,
        sum(is_equal) / count(*) as agree_share,
        count(*) filter (where abs(difference) <= 1) / nullif(count(difference), 0)
            as close_share,
        count(*) filter (where difference > 0) / nullif(count(difference), 0)
            as survey_higher_share,
        count(*) filter (where difference < 0) / nullif(count(difference), 0)
            as register_higher_share,
        sum(difference) / nullif(count(difference), 0) as mean_difference
    from compared
    group by all
    having count(*) >= {{ var('minimum_cell') }}
)

select * from final
