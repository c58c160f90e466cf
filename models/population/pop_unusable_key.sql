{{ config(tags=['shared']) }}

{% set registers = {
    'gbapersoontab': 'stg_person',
    'gbaadresobjectbus': 'stg_address_spell',
    'gbahuishoudensbus': 'stg_household_spell',
    'gbaburgerlijkestaatbus': 'stg_civil_status_spell',
    'gbaverbintenispartnerbus': 'stg_union',
    'kindoudertab': 'stg_parent_child',
    'gbaoverlijdentab': 'stg_death',
    'gbamigratiebus': 'stg_migration',
} %}

with unusable as (
    {%- for register, model in registers.items() %}
    select
        '{{ register }}' as register,
        coalesce(key_type, '') as key_type,
        source_file
    from {{ ref(model) }}
    where not is_linkable
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

-- Landing stops at a number of the wrong width and names it; a build that goes on all
-- the same counts it here.
final as (
    select
        register,
        key_type,
        case
            when key_type in ({{ quoted(var('linkable_key_types')) }})
                then 'not a number of nine digits'
            else 'a type that identifies nobody'
        end as reason,
        cast(count(*) as bigint) as row_count,
        min(source_file) as example_file
    from unusable
    group by register, key_type
)

select * from final
