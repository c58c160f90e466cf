{#- Amounts, each with what it is held against: a series without the break, or one. -#}
{%- set third_series = {
    'personal_income_gross_eur': 'month_income_eur',
    'personal_income_eur': 'month_income_eur',
    'personal_income_primary_eur':
        'month_wage_eur + month_business_profit_eur + month_other_work_eur',
    'wage_eur': 'month_wage_eur',
    'paid_hours': 'month_wage_eur',
    'job_count': 'wages_months',
} %}
{%- set adjacent_years = {
    'household_income_gross_eur': 'household_income_gross_eur * price.real_factor',
    'household_income_primary_eur': 'household_income_primary_eur * price.real_factor',
    'care_basic_mental_real_eur': 'care_basic_mental_real_eur',
    'care_specialist_mental_real_eur': 'care_specialist_mental_real_eur',
} %}
{#- Categories that both series give the same people; those of years side by side. -#}
{%- set same_rows = {
    'education_soi_code': ['education_soi2016_code', 'education_soi2021_code'],
    'origin_group': ['origin_group_old', 'origin_group'],
} %}
{%- set shares = [
    'education_level', 'cause_of_death_group', 'cause_of_death_code',
    'enrolled_soi_code', 'is_in_post_primary_training'
] %}

with series_break as (
    select
        column_name,
        year as break_year,
        bridge
    from {{ ref('series_break') }}
    where bridge <> 'none'
),

price as (
    {{ real_factor() }}
),

panel as (
    select * from {{ ref('mart_person_year') }}
),

amount as (
    {% for column, reference in third_series.items() %}
    select
        panel.person_id,
        panel.year,
        '{{ column }}' as column_name,
        'third_series' as bridge,
        cast(panel.{{ column }} as decimal(18, 4)) as amount,
        cast({{ reference }} as decimal(18, 4)) as reference
    from panel
    union all
    {% endfor %}
    {% for column, amount in adjacent_years.items() %}
    select
        panel.person_id,
        panel.year,
        '{{ column }}' as column_name,
        'adjacent_years' as bridge,
        cast({{ amount }} as decimal(18, 4)) as amount,
        cast(1 as decimal(18, 4)) as reference
    from panel
    inner join price
        on panel.year = price.year
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- Three years on either side; of years side by side only people who are in both.
beside_break as (
    select
        amount.*,
        series_break.break_year,
        amount.year >= series_break.break_year as is_after
    from amount
    inner join series_break
        on
            amount.column_name = series_break.column_name
            and amount.bridge = series_break.bridge
    where
        amount.amount is not null
        and amount.reference <> 0
        and amount.year between
        series_break.break_year - {{ var('bridge_years') }}
        and series_break.break_year + {{ var('bridge_years') }} - 1
),

amount_side as (
    select
        column_name,
        break_year,
        bridge,
        count(distinct case when not is_after then person_id end) as before_count,
        count(distinct case when is_after then person_id end) as after_count,
        {{ ratio(
            'sum(case when not is_after then amount end)',
            'sum(case when not is_after then reference end)'
        ) }} as before_value,
        {{ ratio(
            'sum(case when is_after then amount end)',
            'sum(case when is_after then reference end)'
        ) }} as after_value
    from beside_break
    group by column_name, break_year, bridge
),

category as (
    {% for column, versions in same_rows.items() %}
    {% for version in versions %}
    select
        panel.person_id,
        '{{ column }}' as column_name,
        'same_rows' as bridge,
        series_break.break_year,
        {{ "true" if loop.last else "false" }} as is_after,
        panel.{{ version }} as category
    from panel
    inner join series_break
        on
            series_break.column_name = '{{ column }}'
            and series_break.bridge = 'same_rows'
            and panel.year >= series_break.break_year
    where {{ versions | join(' is not null and ') }} is not null
    union all
    {% endfor %}
    {% endfor %}
    {% for column in shares %}
    select
        panel.person_id,
        '{{ column }}' as column_name,
        'adjacent_years' as bridge,
        series_break.break_year,
        panel.year >= series_break.break_year as is_after,
        cast(panel.{{ column }} as string) as category
    from panel
    inner join series_break
        on
            series_break.column_name = '{{ column }}'
            and series_break.bridge = 'adjacent_years'
            and panel.year between
            series_break.break_year - {{ var('bridge_years') }}
            and series_break.break_year + {{ var('bridge_years') }} - 1
    where panel.{{ column }} is not null
    {{ "union all" if not loop.last }}
    {% endfor %}
),

category_count as (
    select
        column_name,
        break_year,
        bridge,
        category,
        count(distinct case when not is_after then person_id end) as before_count,
        count(distinct case when is_after then person_id end) as after_count,
        count(*) filter (where not is_after) as before_rows,
        count(*) filter (where is_after) as after_rows
    from category
    group by column_name, break_year, bridge, category
),

category_side as (
    select
        *,
        {{ ratio(
            'before_rows',
            'sum(before_rows) over (partition by column_name, break_year, bridge)'
        ) }} as before_value,
        {{ ratio(
            'after_rows',
            'sum(after_rows) over (partition by column_name, break_year, bridge)'
        ) }} as after_value
    from category_count
),

side as (
    select
        column_name,
        break_year,
        bridge,
        '(all)' as category,
        before_count,
        after_count,
        before_value,
        after_value
    from amount_side
    union all
    select
        column_name,
        break_year,
        bridge,
        category,
        before_count,
        after_count,
        before_value,
        after_value
    from category_side
),

-- A factor brings a value of the series before to the level of the one after.
final as (
    select
        column_name,
        cast(break_year as int) as break_year,
        bridge,
        category,
        before_count,
        after_count,
        case when before_count >= {{ var('minimum_cell') }} then before_value end
            as before_value,
        case when after_count >= {{ var('minimum_cell') }} then after_value end
            as after_value,
        case
            when least(before_count, after_count) >= {{ var('minimum_cell') }}
                then {{ ratio('after_value', 'before_value') }}
        end as factor
    from side
)

select * from final
