-- after the steps of the extract
SELECT
  MIN(`t0`.`__local_time`) AS `min_time`,
  MAX(`t0`.`__local_time`) AS `max_time`
FROM `parsed` AS `t0`
