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

residence as (
    select
        person_id,
        year,
        resident_days
    from {{ ref('panel_residence') }}
),

-- Residents for whom nothing was reimbursed are not in the file: their count is zero.
final as (
    select
        residence.person_id,
        residence.year,
        {% for column in ['medicine_count'] + counts %}
        case
            when
                delivered_year.year is not null
                and (counted.year is not null or residence.resident_days > 0)
                then coalesce(counted.{{ column }}, 0)
        end as {{ column }},
        {% endfor %}
        case
            when delivered_year.year is null then 'not_delivered'
            when counted.year is null and residence.resident_days = 0
                then 'not_in_population'
        end as medicine_missing_reason
    from residence
    left outer join delivered_year
        on residence.year = delivered_year.year
    left outer join counted
        on
            residence.person_id = counted.person_id
            and residence.year = counted.year
)

select * from final
order by year
