{{ config(tags=['shared']) }}

{#- The contract beside this model lists the columns; each comes from one theme. -#}
{%- set themes = [
    'demography', 'couple', 'household', 'residence', 'address', 'tenure',
    'neighbourhood', 'migration', 'motive', 'nationality', 'labour', 'job',
    'first_work', 'income_source', 'income', 'household_income', 'wealth',
    'education', 'enrolment', 'care', 'medicine', 'death'
] %}

with wide as (
    select *  -- noqa: RF02
    from {{ ref('panel_calendar') }}
    {% for theme in themes %}
    left outer join {{ ref('panel_' ~ theme) }} using (person_id, year)
    {% endfor %}
),

final as (
    select
    {% for column in model.columns %}
        {{ column }}{{ "," if not loop.last }}
    {% endfor %}
    from wide
)

select * from final
