{#- A delivered value, or null when it stands for "unknown" in its family (var `sentinels`). -#}
{% macro known(column, family) -%}
case
    when {{ column }} not in ({{ quoted(var('sentinels')[family]) }}) then {{ column }}
end
{%- endmacro %}


{#- What every version of the person register says of a person. -#}
{% macro person_attributes() -%}
        {{ known('gbageslacht', 'sex') }} as sex_code,
        {{ parts_to_date('gbageboortejaar', 'gbageboortemaand', 'gbageboortedag') }}
            as birth_date,
        coalesce(gbaimputatiecode = '1', false)
        or {{ known('gbageboortemaand', 'month') }} is null
        or {{ known('gbageboortedag', 'day') }} is null as birth_date_is_imputed,
        {{ known('gbageboorteland', 'country') }} as birth_country_code
{%- endmacro %}
