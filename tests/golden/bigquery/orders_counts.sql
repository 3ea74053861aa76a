-- after the steps of the extract
SELECT
  `t0`.`__reason` AS `reason`,
  `t0`.`__out` AS `out`,
  COUNT(*) AS `rows`
FROM `checked` AS `t0`
GROUP BY
  1,
  2
