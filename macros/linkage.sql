{#- The passes of linkage that are switched on (var `linkage_passes`: names separated by commas). -#}
{% macro linkage_passes() -%}
{%- set known = ['unique_identifier', 'exact_characteristics', 'probabilistic'] -%}
{%- set passes = var('linkage_passes').replace(' ', '').split(',') -%}
{%- for name in passes if name not in known -%}
    {{ exceptions.raise_compiler_error(
        "linkage_passes names '" ~ name ~ "': use one or more of " ~ known | join(', ')
    ) }}
{%- endfor -%}
{{ return(passes) }}
{%- endmacro %}

{#- Whether people are also linked without a number; if not, nothing is prepared for it. -#}
{% macro links_on_characteristics() -%}
{{ return(linkage_passes() | reject('equalto', 'unique_identifier') | list | length > 0) }}
{%- endmacro %}

{#- The field set of such links (var `linkage_fields`). -#}
{% macro linkage_fields() -%}
{%- if var('linkage_fields') not in ['rich', 'reduced'] -%}
    {{ exceptions.raise_compiler_error(
        "linkage_fields is '" ~ var('linkage_fields') ~ "': use rich or reduced"
    ) }}
{%- endif -%}
{{ return(var('linkage_fields')) }}
{%- endmacro %}

{#- A name without what clerks write in many ways: case, accents, prefixes and everything that is
    no letter. Null when nothing is left. -#}
{% macro name_key(name) -%}
nullif(
    regexp_replace(
        regexp_replace(
            lower(strip_accents({{ name }})),
            '(^| )(van|de|der|den|ter|ten|het|el|al|ait|da|la|von|haji|sheikh)[ -]', ' ', 'g'
        ),
        '[^a-z]', '', 'g'
    ),
    ''
)
{%- endmacro %}

{#- Whether somebody is born in a month; an imputed month leaves the year. -#}
{% macro born_in_month(person, child) -%}
year({{ person }}.birth_date) = year({{ child }}.birth_month_start)
            and (
                {{ person }}.birth_date_is_imputed
                or month({{ person }}.birth_date) = month({{ child }}.birth_month_start)
            )
{%- endmacro %}
