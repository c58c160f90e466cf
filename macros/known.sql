{#- A delivered value, or null when it stands for "unknown" in its family (var `sentinels`). Compared
    one by one: DuckDB makes a join of a list of more than a few, with memory reserved for each. -#}
{% macro known(column, family) -%}
case
    when
        {% for value in var('sentinels')[family] -%}
        {{ column }} <> {{ quoted([value]) }} {{ "and " if not loop.last }}
        {%- endfor %}
        then {{ column }}
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


{#- What an income report of a job says, which is named alike in POLISBUS and SPOLISBUS but for the
    letter that most names of the latter begin with. -#}
{% macro job_report(prefix='') -%}
cast({{ known(prefix ~ 'baandagen', 'hours') }} as decimal(9, 2)) as job_days,
        cast({{ known(prefix ~ 'voltijddagen', 'hours') }} as decimal(9, 2)) as full_time_days,
        cast({{ known(prefix ~ 'lningld', 'wage') }} as decimal(12, 2)) as wage_eur,
        cast({{ known(prefix ~ 'basisloon', 'wage') }} as decimal(12, 2)) as basic_wage_eur,
        cast({{ known(prefix ~ 'bijzonderebeloning', 'wage') }} as decimal(12, 2))
            as special_payment_eur,
        cast({{ known(prefix ~ 'lnowrk', 'wage') }} as decimal(12, 2)) as overtime_wage_eur,
        cast({{ known(prefix ~ 'reguliereuren', 'hours') }} as decimal(9, 2)) as regular_hours,
        cast({{ known(prefix ~ 'overwerkuren', 'hours') }} as decimal(9, 2)) as overtime_hours,
        cast({{ known(prefix ~ 'aantverlu', 'hours') }} as decimal(9, 2)) as paid_hours,
        upper({{ prefix }}contractsoort) as contract_code,
        {{ prefix }}polisdienstverband as full_time_code,
        {{ prefix }}soortbaan as job_kind_code,
        {{ prefix }}wekarbduurklasse as weekly_hours_class_code,
        {{ prefix }}srtiv as income_relation_code,
        {{ prefix }}beid as employer_key,
        {{ prefix }}caosector as cao_sector_code,
        {{ text_to_date(prefix ~ 'datumaanvangikv') }} as job_start_date,
        {{ spell_end(prefix ~ 'datumeindeikv') }} as job_end_date
{%- endmacro %}
