# Dates and times.
--- r_DATEADD_function | thirty days into a month that has them
SELECT DATEADD(month, 1, TIMESTAMP '2008-04-30 00:00:00');
=> date_add TIMESTAMP
2008-05-30 00:00:00
