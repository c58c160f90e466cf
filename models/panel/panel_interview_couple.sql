{{ theme_couple(ref('id_interview_day')) }}
