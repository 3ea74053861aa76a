-- after the steps of the extract
SELECT
  CONCAT('transactions.lines:', `t0`.`__file`) AS `source`,
  `t0`.`__line` AS `line`,
  CASE
    WHEN `t0`.`__reason` = 'amount_negative'
    THEN 'quantity x unit_price'
    ELSE CAST(NULL AS STRING)
  END AS `column`,
  SUBSTRING(
    CASE
      WHEN `t0`.`__reason` = 'amount_negative'
      THEN `t0`.`__raw_amount`
      ELSE CAST(NULL AS STRING)
    END,
    IF(
      (
        0 + 1
      ) >= 1,
      0 + 1,
      0 + 1 + LENGTH(
        CASE
          WHEN `t0`.`__reason` = 'amount_negative'
          THEN `t0`.`__raw_amount`
          ELSE CAST(NULL AS STRING)
        END
      )
    ),
    1000
  ) AS `raw`,
  `t0`.`__reason` AS `reason`,
  CASE
    WHEN `t0`.`__reason` = 'amount_negative'
    THEN 'an amount of 0 or more, a refund type, or negative_purchase: refund'
    ELSE CAST(NULL AS STRING)
  END AS `expected`
FROM `checked` AS `t0`
WHERE
  `t0`.`__reason` IN ('amount_negative')
