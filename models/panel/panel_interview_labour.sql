{{ theme_labour(ref('id_interview_day')) }}
