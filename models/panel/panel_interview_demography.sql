{{ theme_demography(ref('id_interview_day')) }}
