-- after the steps of the extract
SELECT
  MIN(`t0`.`__local_time`) AS `min_time`,
  MAX(`t0`.`__local_time`) AS `max_time`,
  MIN(`t0`.`__local_recorded_at`) AS `min_recorded_at`,
  MAX(`t0`.`__local_recorded_at`) AS `max_recorded_at`
FROM `parsed` AS `t0`
