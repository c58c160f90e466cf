{{ config(tags=['shared']) }}

{#- One file per source of income. -#}
{%- set sources = [
    'wage', 'business_profit', 'other_work', 'unemployment_benefit',
    'social_assistance', 'other_benefit', 'sickness_benefit', 'pension', 'study_grant'
] %}
{%- set amounts = ['month_income_eur'] %}
{%- for source in sources %}
{%- do amounts.append('month_' ~ source ~ '_eur') %}
{%- endfor %}

with calendar as (
    select * from {{ ref('id_person_year') }}
    where {{ rebuilt_years() }}
),

registered as (  -- noqa: ST03
    {% for source in sources %}
    select
        person_key,
        '{{ source }}' as income_source,
        start_date,
        coalesce(end_date, {{ far_future() }}) as end_date,
        month_amount_eur
    from {{ ref('stg_monthly_' ~ source) }}
    where is_linkable
    {{ "union all" if not loop.last }}
    {% endfor %}
),

month_amount as (
    select registered.*
    from {{ resolved('registered') }} as registered
    semi join {{ ref('id_spine') }} as spine
        on registered.person_key = spine.person_key
),

delivered as (
    select
        cast(year(min(start_date)) as int) as first_year,
        cast(year(max(start_date)) as int) as last_year
    from (
        {% for source in sources %}
        select start_date from {{ ref('stg_monthly_' ~ source) }}
        {{ "union all" if not loop.last }}
        {% endfor %}
    ) as spell
),

in_year as (
    select
        calendar.person_id,
        calendar.year,
        month_amount.income_source,
        month_amount.month_amount_eur
        * {{ months_between(
            'greatest(month_amount.start_date, calendar.first_day)',
            'least(month_amount.end_date, calendar.last_day + 1)'
        ) }} as amount_eur
    from calendar
    inner join month_amount
        on
            calendar.person_key = month_amount.person_key
            and calendar.last_day >= month_amount.start_date
            and calendar.first_day < month_amount.end_date
),

summed as (
    select
        person_id,
        year,
        {% for source in sources %}
        cast(
            coalesce(
                sum(amount_eur) filter (where income_source = '{{ source }}'), 0
            ) as bigint
        ) as month_{{ source }}_eur,
        {% endfor %}
        cast(coalesce(sum(amount_eur), 0) as bigint) as month_income_eur
    from in_year
    group by person_id, year
),

residence as (
    select
        person_id,
        year,
        resident_days
    from {{ ref('panel_residence') }}
),

-- In a delivered year, a resident without an amount of a source has zero of it.
final as (
    select
        residence.person_id,
        residence.year,
        {% for column in amounts %}
        case
            when residence.year between delivered.first_year and delivered.last_year
                then
                    coalesce(
                        summed.{{ column }},
                        case when residence.resident_days > 0 then 0 end
                    )
        end as {{ column }},
        {% endfor %}
        case
            when
                residence.year < delivered.first_year
                or residence.year > delivered.last_year
                or delivered.first_year is null
                then 'not_delivered'
            when summed.year is null and residence.resident_days = 0
                then 'not_in_population'
        end as month_income_missing_reason
    from residence
    cross join delivered
    left outer join summed
        on
            residence.person_id = summed.person_id
            and residence.year = summed.year
)

select * from final
order by year
