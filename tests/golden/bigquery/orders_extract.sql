WITH staged AS (
SELECT
  'transactions.orders' AS `source_file`, CAST(NULL AS INT64) AS `line`, `q`.`client` AS `customer_id`, `q`.`date` AS `time`, `q`.`loaded_at` AS `recorded_at`, `q`.`montant` AS `amount`, `q`.`kind` AS `type`, `q`.`line` AS `event_id`
FROM `shop-project`.`sales`.`orders` AS q
),
parsed_1 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`recorded_at`,
  `t0`.`amount`,
  `t0`.`type`,
  `t0`.`event_id`,
  REGEXP_REPLACE(`t0`.`customer_id`, '^[\\s\\p{Z}]+|[\\s\\p{Z}]+$', '') AS `__0_0`,
  UNIX_MICROS(CAST(`t0`.`recorded_at` AS TIMESTAMP)) AS `__0_1`,
  REGEXP_CONTAINS(`t0`.`amount`, '^-?(?:[0-9]+|[0-9]{1,3}(?:[   ][0-9]{3})+)(?:,[0-9]{1,2})?$') AS `__0_2`,
  REGEXP_CONTAINS(`t0`.`type`, '[\\x{00}-\\x{08}\\x{0b}\\x{0c}\\x{0e}-\\x{1f}\\x{7f}-\\x{9f}]') AS `__0_3`,
  REGEXP_REPLACE(`t0`.`amount`, '[   ]', '') AS `__0_4`,
  REGEXP_CONTAINS(
    `t0`.`time`,
    '^([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6}0*)?)?)?)((?:Z|[+-][0-9]{2}:?[0-9]{2}))?$'
  ) AS `__0_5`,
  REGEXP_REPLACE(
    `t0`.`time`,
    '^([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6}0*)?)?)?)((?:Z|[+-][0-9]{2}:?[0-9]{2}))?$',
    '\\1'
  ) AS `__0_6`,
  IF(
    REGEXP_CONTAINS(
      `t0`.`time`,
      '^([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6}0*)?)?)?)((?:Z|[+-][0-9]{2}:?[0-9]{2}))?$'
    ),
    IF(
      2 = 0,
      REGEXP_REPLACE(
        `t0`.`time`,
        CONCAT(
          '.*?',
          CONCAT(
            '(',
            '^([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6}0*)?)?)?)((?:Z|[+-][0-9]{2}:?[0-9]{2}))?$',
            ')'
          ),
          '.*'
        ),
        '\\1'
      ),
      REGEXP_REPLACE(
        `t0`.`time`,
        CONCAT(
          '.*?',
          '^([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6}0*)?)?)?)((?:Z|[+-][0-9]{2}:?[0-9]{2}))?$',
          '.*'
        ),
        CONCAT('\\', CAST(2 AS STRING))
      )
    ),
    NULL
  ) AS `__0_7`
FROM `staged` AS `t0`
),
parsed_2 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`recorded_at`,
  `t0`.`amount`,
  `t0`.`type`,
  `t0`.`event_id`,
  `t0`.`__0_0`,
  `t0`.`__0_1`,
  `t0`.`__0_2`,
  `t0`.`__0_3`,
  `t0`.`__0_4`,
  `t0`.`__0_5`,
  `t0`.`__0_6`,
  `t0`.`__0_7`,
  CAST(ROUND(
    IF(
      ABS(CAST(SAFE_CAST(REPLACE(`t0`.`__0_4`, ',', '.') AS BIGNUMERIC) AS FLOAT64)) < 1e+17,
      SAFE_CAST(REPLACE(`t0`.`__0_4`, ',', '.') AS BIGNUMERIC),
      CAST(NULL AS BIGNUMERIC)
    ) * 100,
    0
  ) AS NUMERIC) AS `__1_0`,
  REGEXP_CONTAINS(
    IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
    '^(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)'
  ) AS `__1_1`
FROM `parsed_1` AS `t0`
),
parsed_3 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`recorded_at`,
  `t0`.`amount`,
  `t0`.`type`,
  `t0`.`event_id`,
  `t0`.`__0_0`,
  `t0`.`__0_1`,
  `t0`.`__0_2`,
  `t0`.`__0_3`,
  `t0`.`__0_4`,
  `t0`.`__0_5`,
  `t0`.`__0_6`,
  `t0`.`__0_7`,
  `t0`.`__1_0`,
  `t0`.`__1_1`,
  SUBSTRING(
    IF(
      `t0`.`__1_1`,
      IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
      CAST(NULL AS STRING)
    ),
    IF(
      (
        5 + 1
      ) >= 1,
      5 + 1,
      5 + 1 + LENGTH(
        IF(
          `t0`.`__1_1`,
          IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
          CAST(NULL AS STRING)
        )
      )
    ),
    2
  ) AS `__2_0`,
  SUBSTRING(
    IF(
      `t0`.`__1_1`,
      IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
      CAST(NULL AS STRING)
    ),
    IF(
      (
        0 + 1
      ) >= 1,
      0 + 1,
      0 + 1 + LENGTH(
        IF(
          `t0`.`__1_1`,
          IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
          CAST(NULL AS STRING)
        )
      )
    ),
    4
  ) AS `__2_1`,
  SUBSTRING(
    IF(
      `t0`.`__1_1`,
      IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
      CAST(NULL AS STRING)
    ),
    IF(
      (
        11 + 1
      ) >= 1,
      11 + 1,
      11 + 1 + LENGTH(
        IF(
          `t0`.`__1_1`,
          IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
          CAST(NULL AS STRING)
        )
      )
    ),
    2
  ) AS `__2_2`,
  SUBSTRING(
    IF(
      `t0`.`__1_1`,
      IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
      CAST(NULL AS STRING)
    ),
    IF(
      (
        14 + 1
      ) >= 1,
      14 + 1,
      14 + 1 + LENGTH(
        IF(
          `t0`.`__1_1`,
          IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
          CAST(NULL AS STRING)
        )
      )
    ),
    2
  ) AS `__2_3`,
  SUBSTRING(
    IF(
      `t0`.`__1_1`,
      IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
      CAST(NULL AS STRING)
    ),
    IF(
      (
        8 + 1
      ) >= 1,
      8 + 1,
      8 + 1 + LENGTH(
        IF(
          `t0`.`__1_1`,
          IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
          CAST(NULL AS STRING)
        )
      )
    ),
    2
  ) AS `__2_4`,
  SUBSTRING(
    IF(
      `t0`.`__1_1`,
      IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
      CAST(NULL AS STRING)
    ),
    IF(
      (
        20 + 1
      ) >= 1,
      20 + 1,
      20 + 1 + LENGTH(
        IF(
          `t0`.`__1_1`,
          IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
          CAST(NULL AS STRING)
        )
      )
    ),
    6
  ) AS `__2_5`,
  SUBSTRING(
    IF(
      `t0`.`__1_1`,
      IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
      CAST(NULL AS STRING)
    ),
    IF(
      (
        17 + 1
      ) >= 1,
      17 + 1,
      17 + 1 + LENGTH(
        IF(
          `t0`.`__1_1`,
          IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
          CAST(NULL AS STRING)
        )
      )
    ),
    2
  ) AS `__2_6`
FROM `parsed_2` AS `t0`
),
parsed_4 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`recorded_at`,
  `t0`.`amount`,
  `t0`.`type`,
  `t0`.`event_id`,
  `t0`.`__0_0`,
  `t0`.`__0_1`,
  `t0`.`__0_2`,
  `t0`.`__0_3`,
  `t0`.`__0_4`,
  `t0`.`__0_5`,
  `t0`.`__0_6`,
  `t0`.`__0_7`,
  `t0`.`__1_0`,
  `t0`.`__1_1`,
  `t0`.`__2_0`,
  `t0`.`__2_1`,
  `t0`.`__2_2`,
  `t0`.`__2_3`,
  `t0`.`__2_4`,
  `t0`.`__2_5`,
  `t0`.`__2_6`,
  SUBSTRING(
    CONCAT(`t0`.`__2_5`, '000000'),
    IF((
      0 + 1
    ) >= 1, 0 + 1, 0 + 1 + LENGTH(CONCAT(`t0`.`__2_5`, '000000'))),
    6
  ) AS `__3_0`
FROM `parsed_3` AS `t0`
),
parsed_5 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`recorded_at`,
  `t0`.`amount`,
  `t0`.`type`,
  `t0`.`event_id`,
  `t0`.`__0_0`,
  `t0`.`__0_1`,
  `t0`.`__0_2`,
  `t0`.`__0_3`,
  `t0`.`__0_4`,
  `t0`.`__0_5`,
  `t0`.`__0_6`,
  `t0`.`__0_7`,
  `t0`.`__1_0`,
  `t0`.`__1_1`,
  `t0`.`__2_0`,
  `t0`.`__2_1`,
  `t0`.`__2_2`,
  `t0`.`__2_3`,
  `t0`.`__2_4`,
  `t0`.`__2_6`,
  `t0`.`__3_0`,
  (
    (
      (
        (
          (
            (
              CAST(FLOOR(
                ieee_divide(
                  (
                    CAST(`t0`.`__2_1` AS INT64) + 400
                  ) - IF(CAST(`t0`.`__2_0` AS INT64) <= 2, 1, 0),
                  400
                )
              ) AS INT64) * 146097
            ) + (
              (
                (
                  (
                    CAST(`t0`.`__2_1` AS INT64) + 400
                  ) - IF(CAST(`t0`.`__2_0` AS INT64) <= 2, 1, 0)
                ) - (
                  CAST(FLOOR(
                    ieee_divide(
                      (
                        CAST(`t0`.`__2_1` AS INT64) + 400
                      ) - IF(CAST(`t0`.`__2_0` AS INT64) <= 2, 1, 0),
                      400
                    )
                  ) AS INT64) * 400
                )
              ) * 365
            ) + CAST(FLOOR(
              ieee_divide(
                (
                  (
                    CAST(`t0`.`__2_1` AS INT64) + 400
                  ) - IF(CAST(`t0`.`__2_0` AS INT64) <= 2, 1, 0)
                ) - (
                  CAST(FLOOR(
                    ieee_divide(
                      (
                        CAST(`t0`.`__2_1` AS INT64) + 400
                      ) - IF(CAST(`t0`.`__2_0` AS INT64) <= 2, 1, 0),
                      400
                    )
                  ) AS INT64) * 400
                ),
                4
              )
            ) AS INT64)
          ) - CAST(FLOOR(
            ieee_divide(
              (
                (
                  CAST(`t0`.`__2_1` AS INT64) + 400
                ) - IF(CAST(`t0`.`__2_0` AS INT64) <= 2, 1, 0)
              ) - (
                CAST(FLOOR(
                  ieee_divide(
                    (
                      CAST(`t0`.`__2_1` AS INT64) + 400
                    ) - IF(CAST(`t0`.`__2_0` AS INT64) <= 2, 1, 0),
                    400
                  )
                ) AS INT64) * 400
              ),
              100
            )
          ) AS INT64)
        ) + (
          (
            CAST(FLOOR(
              ieee_divide((
                (
                  MOD(CAST(`t0`.`__2_0` AS INT64) + 9, 12)
                ) * 153
              ) + 2, 5)
            ) AS INT64) + CAST(`t0`.`__2_4` AS INT64)
          ) - 1
        )
      ) - 865565
    ) * 86400000000
  ) + (
    (
      (
        (
          IF(
            LENGTH(
              IF(
                `t0`.`__1_1`,
                IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
                CAST(NULL AS STRING)
              )
            ) >= 16,
            (
              CAST(`t0`.`__2_2` AS INT64) * 60
            ) + CAST(`t0`.`__2_3` AS INT64),
            0
          ) * 60
        ) + IF(
          LENGTH(
            IF(
              `t0`.`__1_1`,
              IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
              CAST(NULL AS STRING)
            )
          ) >= 19,
          CAST(`t0`.`__2_6` AS INT64),
          0
        )
      ) * 1000000
    ) + IF(
      LENGTH(
        IF(
          `t0`.`__1_1`,
          IF(`t0`.`__0_5`, `t0`.`__0_6`, CAST(NULL AS STRING)),
          CAST(NULL AS STRING)
        )
      ) > 20,
      CAST(`t0`.`__3_0` AS INT64),
      0
    )
  ) AS `__4_0`
FROM `parsed_4` AS `t0`
),
parsed AS (
SELECT
  `t0`.`source_file` AS `__file`,
  `t0`.`line` AS `__line`,
  `t0`.`customer_id` AS `__raw_customer_id`,
  `t0`.`time` AS `__raw_time`,
  CAST(`t0`.`recorded_at` AS STRING) AS `__raw_recorded_at`,
  `t0`.`amount` AS `__raw_amount`,
  CAST(`t0`.`event_id` AS STRING) AS `__raw_event_id`,
  `t0`.`type` AS `__raw_type`,
  `t0`.`customer_id` AS `__id`,
  `t0`.`__0_0` AS `customer_id`,
  IF(
    (
      `t0`.`__4_0` >= -86400000000
    ) AND (
      `t0`.`__4_0` < 4102531200000000
    ),
    `t0`.`__4_0`,
    CAST(NULL AS INT64)
  ) AS `__local_time`,
  CASE
    WHEN `t0`.`__0_7` = 'Z'
    THEN 0
    WHEN SUBSTRING(`t0`.`__0_7`, IF((
      0 + 1
    ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t0`.`__0_7`)), 1) = '-'
    THEN -(
      (
        (
          SAFE_CAST(SUBSTRING(`t0`.`__0_7`, IF((
            1 + 1
          ) >= 1, 1 + 1, 1 + 1 + LENGTH(`t0`.`__0_7`)), 2) AS INT64) * 60
        ) + SAFE_CAST(SUBSTRING(`t0`.`__0_7`, -LEAST(LENGTH(`t0`.`__0_7`), 2)) AS INT64)
      ) * 60000000
    )
    WHEN SUBSTRING(`t0`.`__0_7`, IF((
      0 + 1
    ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t0`.`__0_7`)), 1) = '+'
    THEN (
      (
        SAFE_CAST(SUBSTRING(`t0`.`__0_7`, IF((
          1 + 1
        ) >= 1, 1 + 1, 1 + 1 + LENGTH(`t0`.`__0_7`)), 2) AS INT64) * 60
      ) + SAFE_CAST(SUBSTRING(`t0`.`__0_7`, -LEAST(LENGTH(`t0`.`__0_7`), 2)) AS INT64)
    ) * 60000000
    ELSE CAST(NULL AS INT64)
  END AS `__offset_time`,
  LENGTH(`t0`.`__0_6`) <= 10 AS `__day_time`,
  IF(
    (
      `t0`.`__0_1` >= -86400000000
    ) AND (
      `t0`.`__0_1` < 4102531200000000
    ),
    `t0`.`__0_1`,
    CAST(NULL AS INT64)
  ) AS `__local_recorded_at`,
  0 AS `__offset_recorded_at`,
  FALSE AS `__day_recorded_at`,
  IF(
    IF(
      ABS(
        CAST(CAST(SAFE_CAST(IF(
          `t0`.`__0_2` AND (
            LENGTH(`t0`.`amount`) <= 15
          ),
          REPLACE(`t0`.`__0_4`, ',', '.'),
          CAST(NULL AS STRING)
        ) AS NUMERIC) * 100 AS INT64) AS FLOAT64)
      ) < 1000000000000000.0,
      CAST(SAFE_CAST(IF(
        `t0`.`__0_2` AND (
          LENGTH(`t0`.`amount`) <= 15
        ),
        REPLACE(`t0`.`__0_4`, ',', '.'),
        CAST(NULL AS STRING)
      ) AS NUMERIC) * 100 AS INT64),
      CAST(NULL AS INT64)
    ) IS NOT NULL,
    IF(
      ABS(
        CAST(CAST(SAFE_CAST(IF(
          `t0`.`__0_2` AND (
            LENGTH(`t0`.`amount`) <= 15
          ),
          REPLACE(`t0`.`__0_4`, ',', '.'),
          CAST(NULL AS STRING)
        ) AS NUMERIC) * 100 AS INT64) AS FLOAT64)
      ) < 1000000000000000.0,
      CAST(SAFE_CAST(IF(
        `t0`.`__0_2` AND (
          LENGTH(`t0`.`amount`) <= 15
        ),
        REPLACE(`t0`.`__0_4`, ',', '.'),
        CAST(NULL AS STRING)
      ) AS NUMERIC) * 100 AS INT64),
      CAST(NULL AS INT64)
    ),
    SAFE_CAST(`t0`.`__1_0` AS INT64)
  ) AS `amount`,
  CAST(`t0`.`event_id` AS STRING) AS `event_id`,
  `t0`.`type`,
  IF(
    COALESCE(
      REGEXP_CONTAINS(`t0`.`__0_0`, '^[!-~]+$') AND (
        LENGTH(`t0`.`__0_0`) <= 256
      ),
      FALSE
    )
    AND (
      NOT (
        COALESCE(`t0`.`time` IS NULL, FALSE)
      )
      AND NOT (
        COALESCE(NOT (
          `t0`.`__0_5`
        ), FALSE)
      )
      AND NOT (
        COALESCE((
          `t0`.`time` IS NOT NULL
        ) AND (
          `t0`.`__4_0` IS NULL
        ), FALSE)
      )
      AND NOT (
        COALESCE(
          (
            `t0`.`__4_0` IS NOT NULL
          )
          AND NOT (
            (
              `t0`.`__4_0` >= -86400000000
            ) AND (
              `t0`.`__4_0` < 4102531200000000
            )
          ),
          FALSE
        )
      )
    )
    AND (
      NOT (
        COALESCE((
          `t0`.`recorded_at` IS NOT NULL
        ) AND (
          `t0`.`__0_1` IS NULL
        ), FALSE)
      )
      AND NOT (
        COALESCE(
          (
            `t0`.`__0_1` IS NOT NULL
          )
          AND NOT (
            (
              `t0`.`__0_1` >= -86400000000
            ) AND (
              `t0`.`__0_1` < 4102531200000000
            )
          ),
          FALSE
        )
      )
    )
    AND COALESCE(
      IF(
        ABS(
          CAST(CAST(SAFE_CAST(IF(
            `t0`.`__0_2` AND (
              LENGTH(`t0`.`amount`) <= 15
            ),
            REPLACE(`t0`.`__0_4`, ',', '.'),
            CAST(NULL AS STRING)
          ) AS NUMERIC) * 100 AS INT64) AS FLOAT64)
        ) < 1000000000000000.0,
        CAST(SAFE_CAST(IF(
          `t0`.`__0_2` AND (
            LENGTH(`t0`.`amount`) <= 15
          ),
          REPLACE(`t0`.`__0_4`, ',', '.'),
          CAST(NULL AS STRING)
        ) AS NUMERIC) * 100 AS INT64),
        CAST(NULL AS INT64)
      ) IS NOT NULL,
      FALSE
    )
    AND NOT (
      COALESCE(`t0`.`event_id` IS NULL, FALSE)
    )
    AND NOT (
      COALESCE(`t0`.`__0_3`, FALSE)
    ),
    CAST(NULL AS STRING),
    COALESCE(
      CAST(NULL AS STRING),
      CASE
        WHEN COALESCE(
          (
            `t0`.`__0_0` IS NULL
          )
          OR NOT (
            REGEXP_CONTAINS(`t0`.`__0_0`, '[^\\s\\p{Z}]')
          ),
          FALSE
        )
        THEN 'customer_id_missing'
        WHEN COALESCE(LENGTH(`t0`.`__0_0`) > 256, FALSE)
        THEN 'customer_id_too_long'
        WHEN COALESCE(REGEXP_CONTAINS(`t0`.`__0_0`, '[\\x{00}-\\x{1f}\\x{7f}-\\x{9f}]'), FALSE)
        THEN 'customer_id_control_character'
        WHEN COALESCE(REGEXP_CONTAINS(`t0`.`__0_0`, '\\p{Cf}'), FALSE)
        THEN 'customer_id_invisible_character'
        WHEN COALESCE(
          REGEXP_CONTAINS(`t0`.`__0_0`, '^[\\s\\p{Z}]|[\\s\\p{Z}]$|[\\x{00a0}\\x{2007}\\x{202f}]'),
          FALSE
        )
        THEN 'customer_id_space'
        ELSE CAST(NULL AS STRING)
      END,
      CASE
        WHEN COALESCE(`t0`.`time` IS NULL, FALSE)
        THEN 'time_missing'
        WHEN COALESCE(NOT (
          `t0`.`__0_5`
        ), FALSE)
        THEN 'time_not_a_time'
        WHEN COALESCE((
          `t0`.`time` IS NOT NULL
        ) AND (
          `t0`.`__4_0` IS NULL
        ), FALSE)
        THEN 'time_impossible'
        WHEN COALESCE(
          (
            `t0`.`__4_0` IS NOT NULL
          )
          AND NOT (
            (
              `t0`.`__4_0` >= -86400000000
            ) AND (
              `t0`.`__4_0` < 4102531200000000
            )
          ),
          FALSE
        )
        THEN 'time_implausible'
        ELSE CAST(NULL AS STRING)
      END,
      CASE
        WHEN COALESCE((
          `t0`.`recorded_at` IS NOT NULL
        ) AND (
          `t0`.`__0_1` IS NULL
        ), FALSE)
        THEN 'recorded_at_implausible'
        WHEN COALESCE(
          (
            `t0`.`__0_1` IS NOT NULL
          )
          AND NOT (
            (
              `t0`.`__0_1` >= -86400000000
            ) AND (
              `t0`.`__0_1` < 4102531200000000
            )
          ),
          FALSE
        )
        THEN 'recorded_at_implausible'
        ELSE CAST(NULL AS STRING)
      END,
      CASE
        WHEN COALESCE(NOT (
          `t0`.`amount` IS NOT NULL
        ), FALSE)
        THEN 'amount_missing'
        WHEN COALESCE(
          NOT (
            REGEXP_CONTAINS(`t0`.`amount`, '^-?(?:[0-9]+|[0-9]{1,3}(?:[   ][0-9]{3})+)(?:,[0-9]{1,})?$')
          ),
          FALSE
        )
        THEN 'amount_not_a_number'
        WHEN COALESCE(
          NOT (
            REGEXP_CONTAINS(`t0`.`amount`, '^-?(?:[0-9]+|[0-9]{1,3}(?:[   ][0-9]{3})+)(?:,[0-9]{1,18})?$')
          ),
          FALSE
        )
        THEN 'amount_too_precise'
        WHEN COALESCE(NOT (
          `t0`.`__0_2`
        ), FALSE)
        THEN 'amount_too_precise'
        WHEN COALESCE(
          (
            `t0`.`amount` IS NOT NULL
          )
          AND (
            SAFE_CAST(`t0`.`__1_0` AS INT64) IS NULL
          ),
          FALSE
        )
        THEN 'amount_overflow'
        ELSE CAST(NULL AS STRING)
      END,
      CASE
        WHEN COALESCE(`t0`.`event_id` IS NULL, FALSE)
        THEN 'event_id_missing'
        ELSE CAST(NULL AS STRING)
      END,
      CASE
        WHEN COALESCE(`t0`.`__0_3`, FALSE)
        THEN 'type_control_character'
        ELSE CAST(NULL AS STRING)
      END
    )
  ) AS `__fault`
FROM `parsed_5` AS `t0`
),
checked_1 AS (
SELECT
  `t0`.`__file`,
  `t0`.`__line`,
  `t0`.`__raw_customer_id`,
  `t0`.`__raw_time`,
  `t0`.`__raw_recorded_at`,
  `t0`.`__raw_amount`,
  `t0`.`__raw_event_id`,
  `t0`.`__raw_type`,
  `t0`.`__id`,
  `t0`.`customer_id`,
  `t0`.`__local_time`,
  `t0`.`__offset_time`,
  `t0`.`__day_time`,
  `t0`.`__local_recorded_at`,
  `t0`.`__offset_recorded_at`,
  `t0`.`amount`,
  `t0`.`event_id`,
  `t0`.`type`,
  `t0`.`__fault`,
  LOWER(TRANSLATE(`t0`.`type`, 'İK', 'ik')) AS `__0_0`
FROM `parsed` AS `t0`
),
checked AS (
SELECT
  `t0`.`__file`,
  `t0`.`__line`,
  `t0`.`__raw_customer_id`,
  `t0`.`__raw_time`,
  `t0`.`__raw_recorded_at`,
  `t0`.`__raw_amount`,
  `t0`.`__raw_event_id`,
  `t0`.`__raw_type`,
  `t0`.`__id`,
  `t0`.`customer_id`,
  `t0`.`__local_time` - COALESCE(
    `t0`.`__offset_time`,
    IF(
      `t0`.`__day_time`,
      IF(
        `t0`.`__local_time` < 1711854000000000,
        IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
        IF(
          `t0`.`__local_time` < 1729994400000000,
          7200000000,
          IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
        )
      ),
      IF(
        `t0`.`__local_time` < 1711854000000000,
        IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
        IF(
          `t0`.`__local_time` < 1729994400000000,
          7200000000,
          IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
        )
      )
    )
  ) AS `time`,
  `t0`.`__local_recorded_at` - COALESCE(`t0`.`__offset_recorded_at`, 0) AS `recorded_at`,
  `t0`.`amount`,
  `t0`.`event_id`,
  `t0`.`type`,
  IF(
    NOT (
      COALESCE(
        (
          `t0`.`amount` < 0
        )
        AND NOT (
          COALESCE(
            `t0`.`__0_0` IN (
              'refund',
              'return',
              'returned',
              'cancellation',
              'cancelled',
              'credit',
              'credit_note',
              'reversal'
            ),
            FALSE
          )
        ),
        FALSE
      )
    ),
    IF(
      NOT (
        COALESCE(
          (
            `t0`.`__local_time` IS NOT NULL
          )
          AND (
            COALESCE(
              `t0`.`__offset_time`,
              IF(
                `t0`.`__day_time`,
                IF(
                  `t0`.`__local_time` < 1711854000000000,
                  IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                  IF(
                    `t0`.`__local_time` < 1729994400000000,
                    7200000000,
                    IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                  )
                ),
                IF(
                  `t0`.`__local_time` < 1711854000000000,
                  IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                  IF(
                    `t0`.`__local_time` < 1729994400000000,
                    7200000000,
                    IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                  )
                )
              )
            ) = 1000000000000000
          ),
          FALSE
        )
      )
      AND NOT (
        COALESCE(
          (
            `t0`.`__local_time` IS NOT NULL
          )
          AND (
            COALESCE(
              `t0`.`__offset_time`,
              IF(
                `t0`.`__day_time`,
                IF(
                  `t0`.`__local_time` < 1711854000000000,
                  IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                  IF(
                    `t0`.`__local_time` < 1729994400000000,
                    7200000000,
                    IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                  )
                ),
                IF(
                  `t0`.`__local_time` < 1711854000000000,
                  IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                  IF(
                    `t0`.`__local_time` < 1729994400000000,
                    7200000000,
                    IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                  )
                )
              )
            ) = 1000000000000001
          ),
          FALSE
        )
      )
      AND NOT (
        COALESCE(
          (
            (
              `t0`.`__local_time` - COALESCE(
                `t0`.`__offset_time`,
                IF(
                  `t0`.`__day_time`,
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                    )
                  )
                )
              )
            ) < 0
          )
          OR (
            (
              `t0`.`__local_time` - COALESCE(
                `t0`.`__offset_time`,
                IF(
                  `t0`.`__day_time`,
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                    )
                  )
                )
              )
            ) >= 4102444800000000
          ),
          FALSE
        )
      )
      AND (
        NOT (
          COALESCE(
            (
              `t0`.`__local_recorded_at` IS NOT NULL
            )
            AND (
              COALESCE(`t0`.`__offset_recorded_at`, 0) = 1000000000000000
            ),
            FALSE
          )
        )
        AND NOT (
          COALESCE(
            (
              `t0`.`__local_recorded_at` IS NOT NULL
            )
            AND (
              COALESCE(`t0`.`__offset_recorded_at`, 0) = 1000000000000001
            ),
            FALSE
          )
        )
        AND NOT (
          COALESCE(
            (
              (
                `t0`.`__local_recorded_at` - COALESCE(`t0`.`__offset_recorded_at`, 0)
              ) < 0
            )
            OR (
              (
                `t0`.`__local_recorded_at` - COALESCE(`t0`.`__offset_recorded_at`, 0)
              ) >= 4102444800000000
            ),
            FALSE
          )
        )
      ),
      `t0`.`__fault`,
      COALESCE(
        `t0`.`__fault`,
        CASE
          WHEN COALESCE(
            (
              `t0`.`__local_time` IS NOT NULL
            )
            AND (
              COALESCE(
                `t0`.`__offset_time`,
                IF(
                  `t0`.`__day_time`,
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                    )
                  )
                )
              ) = 1000000000000000
            ),
            FALSE
          )
          THEN 'time_in_dst_gap'
          WHEN COALESCE(
            (
              `t0`.`__local_time` IS NOT NULL
            )
            AND (
              COALESCE(
                `t0`.`__offset_time`,
                IF(
                  `t0`.`__day_time`,
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                    )
                  )
                )
              ) = 1000000000000001
            ),
            FALSE
          )
          THEN 'time_in_dst_fold'
          WHEN COALESCE(
            (
              (
                `t0`.`__local_time` - COALESCE(
                  `t0`.`__offset_time`,
                  IF(
                    `t0`.`__day_time`,
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                      )
                    )
                  )
                )
              ) < 0
            )
            OR (
              (
                `t0`.`__local_time` - COALESCE(
                  `t0`.`__offset_time`,
                  IF(
                    `t0`.`__day_time`,
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                      )
                    )
                  )
                )
              ) >= 4102444800000000
            ),
            FALSE
          )
          THEN 'time_implausible'
          ELSE CAST(NULL AS STRING)
        END,
        CASE
          WHEN COALESCE(
            (
              `t0`.`__local_recorded_at` IS NOT NULL
            )
            AND (
              COALESCE(`t0`.`__offset_recorded_at`, 0) = 1000000000000000
            ),
            FALSE
          )
          THEN 'recorded_at_in_dst_gap'
          WHEN COALESCE(
            (
              `t0`.`__local_recorded_at` IS NOT NULL
            )
            AND (
              COALESCE(`t0`.`__offset_recorded_at`, 0) = 1000000000000001
            ),
            FALSE
          )
          THEN 'recorded_at_in_dst_fold'
          WHEN COALESCE(
            (
              (
                `t0`.`__local_recorded_at` - COALESCE(`t0`.`__offset_recorded_at`, 0)
              ) < 0
            )
            OR (
              (
                `t0`.`__local_recorded_at` - COALESCE(`t0`.`__offset_recorded_at`, 0)
              ) >= 4102444800000000
            ),
            FALSE
          )
          THEN 'recorded_at_implausible'
          ELSE CAST(NULL AS STRING)
        END
      )
    ),
    COALESCE(
      IF(
        NOT (
          COALESCE(
            (
              `t0`.`__local_time` IS NOT NULL
            )
            AND (
              COALESCE(
                `t0`.`__offset_time`,
                IF(
                  `t0`.`__day_time`,
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                    )
                  )
                )
              ) = 1000000000000000
            ),
            FALSE
          )
        )
        AND NOT (
          COALESCE(
            (
              `t0`.`__local_time` IS NOT NULL
            )
            AND (
              COALESCE(
                `t0`.`__offset_time`,
                IF(
                  `t0`.`__day_time`,
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IF(
                    `t0`.`__local_time` < 1711854000000000,
                    IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                    IF(
                      `t0`.`__local_time` < 1729994400000000,
                      7200000000,
                      IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                    )
                  )
                )
              ) = 1000000000000001
            ),
            FALSE
          )
        )
        AND NOT (
          COALESCE(
            (
              (
                `t0`.`__local_time` - COALESCE(
                  `t0`.`__offset_time`,
                  IF(
                    `t0`.`__day_time`,
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                      )
                    )
                  )
                )
              ) < 0
            )
            OR (
              (
                `t0`.`__local_time` - COALESCE(
                  `t0`.`__offset_time`,
                  IF(
                    `t0`.`__day_time`,
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                      )
                    )
                  )
                )
              ) >= 4102444800000000
            ),
            FALSE
          )
        )
        AND (
          NOT (
            COALESCE(
              (
                `t0`.`__local_recorded_at` IS NOT NULL
              )
              AND (
                COALESCE(`t0`.`__offset_recorded_at`, 0) = 1000000000000000
              ),
              FALSE
            )
          )
          AND NOT (
            COALESCE(
              (
                `t0`.`__local_recorded_at` IS NOT NULL
              )
              AND (
                COALESCE(`t0`.`__offset_recorded_at`, 0) = 1000000000000001
              ),
              FALSE
            )
          )
          AND NOT (
            COALESCE(
              (
                (
                  `t0`.`__local_recorded_at` - COALESCE(`t0`.`__offset_recorded_at`, 0)
                ) < 0
              )
              OR (
                (
                  `t0`.`__local_recorded_at` - COALESCE(`t0`.`__offset_recorded_at`, 0)
                ) >= 4102444800000000
              ),
              FALSE
            )
          )
        ),
        `t0`.`__fault`,
        COALESCE(
          `t0`.`__fault`,
          CASE
            WHEN COALESCE(
              (
                `t0`.`__local_time` IS NOT NULL
              )
              AND (
                COALESCE(
                  `t0`.`__offset_time`,
                  IF(
                    `t0`.`__day_time`,
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                      )
                    )
                  )
                ) = 1000000000000000
              ),
              FALSE
            )
            THEN 'time_in_dst_gap'
            WHEN COALESCE(
              (
                `t0`.`__local_time` IS NOT NULL
              )
              AND (
                COALESCE(
                  `t0`.`__offset_time`,
                  IF(
                    `t0`.`__day_time`,
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IF(
                      `t0`.`__local_time` < 1711854000000000,
                      IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                      IF(
                        `t0`.`__local_time` < 1729994400000000,
                        7200000000,
                        IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                      )
                    )
                  )
                ) = 1000000000000001
              ),
              FALSE
            )
            THEN 'time_in_dst_fold'
            WHEN COALESCE(
              (
                (
                  `t0`.`__local_time` - COALESCE(
                    `t0`.`__offset_time`,
                    IF(
                      `t0`.`__day_time`,
                      IF(
                        `t0`.`__local_time` < 1711854000000000,
                        IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                        IF(
                          `t0`.`__local_time` < 1729994400000000,
                          7200000000,
                          IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                        )
                      ),
                      IF(
                        `t0`.`__local_time` < 1711854000000000,
                        IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                        IF(
                          `t0`.`__local_time` < 1729994400000000,
                          7200000000,
                          IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                        )
                      )
                    )
                  )
                ) < 0
              )
              OR (
                (
                  `t0`.`__local_time` - COALESCE(
                    `t0`.`__offset_time`,
                    IF(
                      `t0`.`__day_time`,
                      IF(
                        `t0`.`__local_time` < 1711854000000000,
                        IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
                        IF(
                          `t0`.`__local_time` < 1729994400000000,
                          7200000000,
                          IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
                        )
                      ),
                      IF(
                        `t0`.`__local_time` < 1711854000000000,
                        IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
                        IF(
                          `t0`.`__local_time` < 1729994400000000,
                          7200000000,
                          IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
                        )
                      )
                    )
                  )
                ) >= 4102444800000000
              ),
              FALSE
            )
            THEN 'time_implausible'
            ELSE CAST(NULL AS STRING)
          END,
          CASE
            WHEN COALESCE(
              (
                `t0`.`__local_recorded_at` IS NOT NULL
              )
              AND (
                COALESCE(`t0`.`__offset_recorded_at`, 0) = 1000000000000000
              ),
              FALSE
            )
            THEN 'recorded_at_in_dst_gap'
            WHEN COALESCE(
              (
                `t0`.`__local_recorded_at` IS NOT NULL
              )
              AND (
                COALESCE(`t0`.`__offset_recorded_at`, 0) = 1000000000000001
              ),
              FALSE
            )
            THEN 'recorded_at_in_dst_fold'
            WHEN COALESCE(
              (
                (
                  `t0`.`__local_recorded_at` - COALESCE(`t0`.`__offset_recorded_at`, 0)
                ) < 0
              )
              OR (
                (
                  `t0`.`__local_recorded_at` - COALESCE(`t0`.`__offset_recorded_at`, 0)
                ) >= 4102444800000000
              ),
              FALSE
            )
            THEN 'recorded_at_implausible'
            ELSE CAST(NULL AS STRING)
          END
        )
      ),
      CASE
        WHEN COALESCE(
          (
            `t0`.`amount` < 0
          )
          AND NOT (
            COALESCE(
              `t0`.`__0_0` IN (
                'refund',
                'return',
                'returned',
                'cancellation',
                'cancelled',
                'credit',
                'credit_note',
                'reversal'
              ),
              FALSE
            )
          ),
          FALSE
        )
        THEN 'amount_negative'
        ELSE CAST(NULL AS STRING)
      END
    )
  ) AS `__reason`,
  COALESCE(
    (
      `t0`.`__local_time` - COALESCE(
        `t0`.`__offset_time`,
        IF(
          `t0`.`__day_time`,
          IF(
            `t0`.`__local_time` < 1711854000000000,
            IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 82800000000),
            IF(
              `t0`.`__local_time` < 1729994400000000,
              7200000000,
              IF(`t0`.`__local_time` < 1729998000000000, 7200000000, 3600000000)
            )
          ),
          IF(
            `t0`.`__local_time` < 1711854000000000,
            IF(`t0`.`__local_time` < 1711850400000000, 3600000000, 1000000000000000),
            IF(
              `t0`.`__local_time` < 1729994400000000,
              7200000000,
              IF(`t0`.`__local_time` < 1729998000000000, 1000000000000001, 3600000000)
            )
          )
        )
      )
    ) < 1704063600000000,
    FALSE
  ) AS `__out`
FROM `checked_1` AS `t0`
)
SELECT
  `t3`.`customer_id`,
  `t3`.`time`,
  `t3`.`recorded_at`,
  `t3`.`amount`,
  `t3`.`event_id`,
  `t3`.`type`
FROM (
  SELECT
    `t2`.`customer_id`,
    `t2`.`time`,
    `t2`.`recorded_at`,
    `t2`.`amount`,
    `t2`.`event_id`,
    `t2`.`type`,
    `t2`.`__copy`,
    SUM(IF(`t2`.`__copy` = 0, 1, 0)) OVER (
      PARTITION BY `t2`.`event_id`
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `__kinds`
  FROM (
    SELECT
      `t1`.`customer_id`,
      `t1`.`time`,
      `t1`.`recorded_at`,
      `t1`.`amount`,
      `t1`.`event_id`,
      `t1`.`type`,
      ROW_NUMBER() OVER (
        PARTITION BY `t1`.`customer_id`, `t1`.`time`, `t1`.`recorded_at`, `t1`.`amount`, `t1`.`event_id`, `t1`.`type`
      ) - 1 AS `__copy`
    FROM (
      SELECT
        `t0`.`customer_id`,
        `t0`.`time`,
        `t0`.`recorded_at`,
        `t0`.`amount`,
        `t0`.`event_id`,
        `t0`.`type`
      FROM `checked` AS `t0`
      WHERE
        `t0`.`__reason` IS NULL AND NOT (
          `t0`.`__out`
        )
    ) AS `t1`
  ) AS `t2`
) AS `t3`
WHERE
  (
    `t3`.`__copy` = 0
  ) OR (
    `t3`.`__kinds` > 1
  )
ORDER BY
  `t3`.`customer_id` ASC NULLS LAST,
  `t3`.`time` ASC NULLS LAST,
  `t3`.`recorded_at` ASC NULLS LAST,
  `t3`.`amount` ASC NULLS LAST,
  `t3`.`event_id` ASC NULLS LAST,
  `t3`.`type` ASC NULLS LAST
