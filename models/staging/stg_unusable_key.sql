{{ config(tags=['shared']) }}

{% set keys = {
    'gbapersoontab': [''],
    'gbaadresobjectbus': [''],
    'gbahuishoudensbus': [''],
    'gbaburgerlijkestaatbus': [''],
    'gbaverbintenispartnerbus': ['', 'verbintenisp'],
    'kindoudertab': ['', 'ma', 'pa'],
    'gbaoverlijdentab': [''],
    'gbamigratiebus': [''],
} %}

with number as (
    {%- for register, infixes in keys.items() %}
    {%- set last_register = loop.last %}
    {%- for infix in infixes %}
    select
        '{{ register }}' as register,
        'rinpersoon{{ infix }}' as key_column,
        rinpersoons{{ infix }} as key_type,
        rinpersoon{{ infix }} as delivered_number
    from {{ source('landing', register) }}
    {{ "union all" if not (loop.last and last_register) }}
    {%- endfor %}
    {%- endfor %}
),

judged as (
    select
        *,
        case
            when {{ person_key('key_type', 'delivered_number') }} is not null then null
            when
                coalesce(key_type, '') not in ({{ quoted(var('linkable_key_types')) }})
                then 'type that identifies nobody'
            when coalesce(delivered_number, '') = '' then 'empty'
            when length(delivered_number) <> 9 then 'wrong width'
            else 'not a number'
        end as reason
    from number
),

final as (
    select
        register,
        key_column,
        reason,
        coalesce(key_type, '') as key_type,
        cast(count(*) as bigint) as row_count,
        min(delivered_number) as example_number
    from judged
    where reason is not null
    group by register, key_column, reason, coalesce(key_type, '')
)

select * from final
