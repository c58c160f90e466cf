{{ config(tags=['shared']) }}

{#- The main groups of medicines; their letters stand in the seed. -#}
{%- set groups = [
    'metabolism', 'blood', 'cardiovascular', 'skin', 'genito_urinary', 'hormones',
    'infections', 'cancer_immune', 'musculoskeletal', 'nervous', 'parasites',
    'respiratory', 'sensory', 'various'
] %}
{%- set counts = [] %}
{%- for group in groups %}
{%- do counts.append('medicine_' ~ group ~ '_count') %}
{%- endfor %}

with calendar as (
    select * from {{ ref('id_person_year') }}
    where {{ rebuilt_years() }}
),

-- By person first: the years are looked up among the panel's own medicines.
medicine as (
    select
        registered.person_key,
        registered.year,
        registered.medicine_code
    from {{ resolved(ref('stg_medicine')) }} as registered
    semi join {{ ref('id_spine') }} as spine
        on registered.person_key = spine.person_key
    where registered.is_linkable
),

delivered_year as (
    select distinct year from {{ ref('stg_medicine') }}
),

dispensed as (
    select
        calendar.person_id,
        calendar.year,
        medicine.medicine_code,
        medicine_group.medicine_group
    from calendar
    inner join medicine
        on
            calendar.person_key = medicine.person_key
            and calendar.year = medicine.year
    inner join {{ ref('medicine_group') }} as medicine_group
        on substr(medicine.medicine_code, 1, 1) = medicine_group.medicine_group_code
),

counted as (
    select
        person_id,
        year,
        {% for group in groups %}
        cast(count(*) filter (where medicine_group = '{{ group }}') as int)
            as medicine_{{ group }}_count,
        {% endfor %}
        cast(count(*) as int) as medicine_count
    from dispensed
    group by person_id, year
),

-- Residents for whom nothing was reimbursed are not in the file: their count is zero.
resident as (
    select
        person_id,
        year
    from {{ ref('panel_residence') }}
    where resident_days > 0
),

final as (
    select
        calendar.person_id,
        calendar.year,
        {% for column in ['medicine_count'] + counts %}
        case
            when
                delivered_year.year is not null
                and coalesce(counted.year, resident.year) is not null
                then coalesce(counted.{{ column }}, 0)
        end as {{ column }},
        {% endfor %}
        case
            when delivered_year.year is null then 'not_delivered'
            when coalesce(counted.year, resident.year) is null then 'not_in_population'
        end as medicine_missing_reason
    from calendar
    left outer join resident
        on
            calendar.person_id = resident.person_id
            and calendar.year = resident.year
    left outer join delivered_year
        on calendar.year = delivered_year.year
    left outer join counted
        on
            calendar.person_id = counted.person_id
            and calendar.year = counted.year
)

select * from final
order by year
