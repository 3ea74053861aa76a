WITH staged AS (
SELECT
  'transactions.orders' AS `source_file`, CAST(NULL AS INT64) AS `line`, `q`.`customer` AS `customer_id`, `q`.`day` AS `time`, `q`.`quantity` AS `amount__1`, `q`.`unit_price` AS `amount__2`, `q`.`margin` AS `margin`, `q`.`quantity` AS `quantity`, `q`.`store` AS `store`
FROM `shop-project`.`sales`.`orders` AS q
),
parsed_1 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`amount__1`,
  `t0`.`amount__2`,
  `t0`.`margin`,
  `t0`.`quantity`,
  `t0`.`store`,
  CAST(ROUND(
    IF(
      ABS(
        CAST(CAST(`t0`.`amount__1` AS NUMERIC) AS FLOAT64) * CAST(CAST(`t0`.`amount__2` AS NUMERIC) AS FLOAT64)
      ) < 1e+17,
      CAST(`t0`.`amount__1` AS NUMERIC) * CAST(`t0`.`amount__2` AS NUMERIC),
      CAST(NULL AS NUMERIC)
    ) * 100,
    0
  ) AS NUMERIC) AS `__0_0`,
  TRUNC(
    IF(
      IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) IS NOT NULL,
      `t0`.`margin`,
      CAST(NULL AS FLOAT64)
    ) * 1000000000.0
  ) AS `__0_1`,
  TRUNC(IF(ABS(`t0`.`margin`) < 1e+18, `t0`.`margin`, CAST(NULL AS FLOAT64)) * 1.0) AS `__0_2`,
  CAST(ROUND(
    IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)),
    0
  ) AS INT64) AS `__0_3`,
  UNIX_MICROS(CAST(CAST(`t0`.`time` AS DATETIME) AS TIMESTAMP)) AS `__0_4`,
  TRUNC(IF(ABS(`t0`.`margin`) < 1e+18, `t0`.`margin`, CAST(NULL AS FLOAT64))) AS `__0_5`
FROM `staged` AS `t0`
),
parsed_2 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`amount__1`,
  `t0`.`amount__2`,
  `t0`.`margin`,
  `t0`.`quantity`,
  `t0`.`store`,
  `t0`.`__0_0`,
  `t0`.`__0_1`,
  `t0`.`__0_2`,
  `t0`.`__0_3`,
  `t0`.`__0_4`,
  `t0`.`__0_5`,
  CASE
    WHEN (
      (
        IF(
          IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) IS NOT NULL,
          `t0`.`margin`,
          CAST(NULL AS FLOAT64)
        ) * 1000000000.0
      ) - `t0`.`__0_1`
    ) >= 0.5
    THEN `t0`.`__0_1` + 1.0
    WHEN (
      (
        IF(
          IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) IS NOT NULL,
          `t0`.`margin`,
          CAST(NULL AS FLOAT64)
        ) * 1000000000.0
      ) - `t0`.`__0_1`
    ) <= -0.5
    THEN `t0`.`__0_1` - 1.0
    ELSE `t0`.`__0_1`
  END AS `__1_0`,
  CASE
    WHEN (
      (
        IF(ABS(`t0`.`margin`) < 1e+18, `t0`.`margin`, CAST(NULL AS FLOAT64)) * 1.0
      ) - `t0`.`__0_2`
    ) >= 0.5
    THEN `t0`.`__0_2` + 1.0
    WHEN (
      (
        IF(ABS(`t0`.`margin`) < 1e+18, `t0`.`margin`, CAST(NULL AS FLOAT64)) * 1.0
      ) - `t0`.`__0_2`
    ) <= -0.5
    THEN `t0`.`__0_2` - 1.0
    ELSE `t0`.`__0_2`
  END AS `__1_1`,
  IF(ABS(`t0`.`margin`) < 1e+18, `t0`.`margin`, CAST(NULL AS FLOAT64)) - `t0`.`__0_5` AS `__1_2`
FROM `parsed_1` AS `t0`
),
parsed_3 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`amount__1`,
  `t0`.`amount__2`,
  `t0`.`margin`,
  `t0`.`quantity`,
  `t0`.`store`,
  `t0`.`__0_0`,
  `t0`.`__0_3`,
  `t0`.`__0_4`,
  `t0`.`__1_0`,
  `t0`.`__1_1`,
  `t0`.`__1_2`,
  TRUNC(
    ieee_divide(
      IF(ABS(`t0`.`__1_1`) < 9.903520314283042e+27, `t0`.`__1_1`, CAST(NULL AS FLOAT64)),
      2147483648.0
    )
  ) AS `__2_0`,
  TRUNC(
    ieee_divide(
      IF(ABS(`t0`.`__1_0`) < 9.903520314283042e+27, `t0`.`__1_0`, CAST(NULL AS FLOAT64)),
      2147483648.0
    )
  ) AS `__2_1`
FROM `parsed_2` AS `t0`
),
parsed_4 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`amount__1`,
  `t0`.`amount__2`,
  `t0`.`margin`,
  `t0`.`quantity`,
  `t0`.`store`,
  `t0`.`__0_0`,
  `t0`.`__0_3`,
  `t0`.`__0_4`,
  `t0`.`__1_0`,
  `t0`.`__1_1`,
  `t0`.`__1_2`,
  `t0`.`__2_0`,
  `t0`.`__2_1`,
  (
    (
      CAST(CAST(TRUNC(`t0`.`__2_1`) AS INT64) AS NUMERIC) * 2147483648
    ) + CAST(CAST(TRUNC(
      IF(ABS(`t0`.`__1_0`) < 9.903520314283042e+27, `t0`.`__1_0`, CAST(NULL AS FLOAT64)) - (
        `t0`.`__2_1` * 2147483648.0
      )
    ) AS INT64) AS NUMERIC)
  ) * CAST('1E-9' AS NUMERIC) AS `__3_0`,
  (
    (
      CAST(CAST(TRUNC(`t0`.`__2_0`) AS INT64) AS NUMERIC) * 2147483648
    ) + CAST(CAST(TRUNC(
      IF(ABS(`t0`.`__1_1`) < 9.903520314283042e+27, `t0`.`__1_1`, CAST(NULL AS FLOAT64)) - (
        `t0`.`__2_0` * 2147483648.0
      )
    ) AS INT64) AS NUMERIC)
  ) * CAST('1' AS NUMERIC) AS `__3_1`
FROM `parsed_3` AS `t0`
),
parsed_5 AS (
SELECT
  `t0`.`source_file`,
  `t0`.`line`,
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`amount__1`,
  `t0`.`amount__2`,
  `t0`.`margin`,
  `t0`.`quantity`,
  `t0`.`store`,
  `t0`.`__0_0`,
  `t0`.`__0_3`,
  `t0`.`__0_4`,
  `t0`.`__1_2`,
  `t0`.`__3_0`,
  `t0`.`__3_1`,
  CAST(ROUND(
    IF(
      ABS(
        CAST(CASE
          WHEN `t0`.`__1_2` = 0
          THEN CAST(`t0`.`__3_1` AS NUMERIC)
          WHEN ABS(
            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
          ) <= GREATEST(
            1e-06,
            ABS(
              IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
            ) * 8.881784197001252e-16
          )
          THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
          ELSE `t0`.`__3_0`
        END AS FLOAT64)
      ) < 1e+17,
      CASE
        WHEN `t0`.`__1_2` = 0
        THEN CAST(`t0`.`__3_1` AS NUMERIC)
        WHEN ABS(
          IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
        ) <= GREATEST(
          1e-06,
          ABS(
            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
          ) * 8.881784197001252e-16
        )
        THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
        ELSE `t0`.`__3_0`
      END,
      CAST(NULL AS NUMERIC)
    ) * 100,
    0
  ) AS NUMERIC) AS `__4_0`
FROM `parsed_4` AS `t0`
),
parsed AS (
SELECT
  `t0`.`source_file` AS `__file`,
  `t0`.`line` AS `__line`,
  CAST(`t0`.`customer_id` AS STRING) AS `__raw_customer_id`,
  CAST(`t0`.`time` AS STRING) AS `__raw_time`,
  CONCAT(CONCAT(CAST(`t0`.`amount__1` AS STRING), ' x '), CAST(`t0`.`amount__2` AS STRING)) AS `__raw_amount`,
  CAST(`t0`.`margin` AS STRING) AS `__raw_margin`,
  CAST(`t0`.`quantity` AS STRING) AS `__raw_quantity`,
  CAST(`t0`.`store` AS STRING) AS `__raw_store`,
  CAST(`t0`.`customer_id` AS STRING) AS `customer_id`,
  IF(
    (
      `t0`.`__0_4` >= -86400000000
    ) AND (
      `t0`.`__0_4` < 4102531200000000
    ),
    `t0`.`__0_4`,
    CAST(NULL AS INT64)
  ) AS `__local_time`,
  CAST(NULL AS INT64) AS `__offset_time`,
  TRUE AS `__day_time`,
  SAFE_CAST(IF(
    (
      ABS(
        (
          IF(
            ABS(
              CAST(CAST(`t0`.`amount__1` AS NUMERIC) AS FLOAT64) * CAST(CAST(`t0`.`amount__2` AS NUMERIC) AS FLOAT64)
            ) < 1e+17,
            CAST(`t0`.`amount__1` AS NUMERIC) * CAST(`t0`.`amount__2` AS NUMERIC),
            CAST(NULL AS NUMERIC)
          ) * 100
        ) - `t0`.`__0_0`
      ) = CAST('0.5' AS NUMERIC)
    )
    AND (
      (
        MOD(`t0`.`__0_0`, 2)
      ) <> 0
    ),
    `t0`.`__0_0` - IF(
      (
        IF(
          ABS(
            CAST(CAST(`t0`.`amount__1` AS NUMERIC) AS FLOAT64) * CAST(CAST(`t0`.`amount__2` AS NUMERIC) AS FLOAT64)
          ) < 1e+17,
          CAST(`t0`.`amount__1` AS NUMERIC) * CAST(`t0`.`amount__2` AS NUMERIC),
          CAST(NULL AS NUMERIC)
        ) * 100
      ) < 0,
      -1,
      1
    ),
    `t0`.`__0_0`
  ) AS INT64) AS `amount`,
  IF(
    IF(
      ABS(
        CAST(IF(
          ABS(
            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
          ) <= GREATEST(
            1e-06,
            ABS(
              IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
            ) * 8.881784197001252e-16
          ),
          `t0`.`__0_3`,
          CAST(NULL AS INT64)
        ) AS FLOAT64)
      ) < 1000000000000000.0,
      IF(
        ABS(
          IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
        ) <= GREATEST(
          1e-06,
          ABS(
            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
          ) * 8.881784197001252e-16
        ),
        `t0`.`__0_3`,
        CAST(NULL AS INT64)
      ),
      CAST(NULL AS INT64)
    ) IS NOT NULL,
    IF(
      ABS(
        CAST(IF(
          ABS(
            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
          ) <= GREATEST(
            1e-06,
            ABS(
              IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
            ) * 8.881784197001252e-16
          ),
          `t0`.`__0_3`,
          CAST(NULL AS INT64)
        ) AS FLOAT64)
      ) < 1000000000000000.0,
      IF(
        ABS(
          IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
        ) <= GREATEST(
          1e-06,
          ABS(
            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
          ) * 8.881784197001252e-16
        ),
        `t0`.`__0_3`,
        CAST(NULL AS INT64)
      ),
      CAST(NULL AS INT64)
    ),
    SAFE_CAST(IF(
      (
        ABS(
          (
            IF(
              ABS(
                CAST(CASE
                  WHEN `t0`.`__1_2` = 0
                  THEN CAST(`t0`.`__3_1` AS NUMERIC)
                  WHEN ABS(
                    IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
                  ) <= GREATEST(
                    1e-06,
                    ABS(
                      IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
                    ) * 8.881784197001252e-16
                  )
                  THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
                  ELSE `t0`.`__3_0`
                END AS FLOAT64)
              ) < 1e+17,
              CASE
                WHEN `t0`.`__1_2` = 0
                THEN CAST(`t0`.`__3_1` AS NUMERIC)
                WHEN ABS(
                  IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
                ) <= GREATEST(
                  1e-06,
                  ABS(
                    IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
                  ) * 8.881784197001252e-16
                )
                THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
                ELSE `t0`.`__3_0`
              END,
              CAST(NULL AS NUMERIC)
            ) * 100
          ) - `t0`.`__4_0`
        ) = CAST('0.5' AS NUMERIC)
      )
      AND (
        (
          MOD(`t0`.`__4_0`, 2)
        ) <> 0
      ),
      `t0`.`__4_0` - IF(
        (
          IF(
            ABS(
              CAST(CASE
                WHEN `t0`.`__1_2` = 0
                THEN CAST(`t0`.`__3_1` AS NUMERIC)
                WHEN ABS(
                  IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
                ) <= GREATEST(
                  1e-06,
                  ABS(
                    IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
                  ) * 8.881784197001252e-16
                )
                THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
                ELSE `t0`.`__3_0`
              END AS FLOAT64)
            ) < 1e+17,
            CASE
              WHEN `t0`.`__1_2` = 0
              THEN CAST(`t0`.`__3_1` AS NUMERIC)
              WHEN ABS(
                IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
              ) <= GREATEST(
                1e-06,
                ABS(
                  IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
                ) * 8.881784197001252e-16
              )
              THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
              ELSE `t0`.`__3_0`
            END,
            CAST(NULL AS NUMERIC)
          ) * 100
        ) < 0,
        -1,
        1
      ),
      `t0`.`__4_0`
    ) AS INT64)
  ) AS `margin`,
  CAST(`t0`.`quantity` AS FLOAT64) AS `quantity`,
  CASE
    WHEN IS_NAN(`t0`.`store`)
    THEN CAST(NULL AS STRING)
    WHEN (
      ABS(`t0`.`store`) < 9007199254740992.0
    )
    AND (
      (
        `t0`.`store` - TRUNC(`t0`.`store`)
      ) = 0
    )
    THEN CAST(SAFE_CAST(`t0`.`store` AS INT64) AS STRING)
    ELSE CAST(`t0`.`store` AS STRING)
  END AS `store`,
  IF(
    NOT (
      COALESCE(CAST(`t0`.`customer_id` AS STRING) IS NULL, FALSE)
    )
    AND (
      NOT (
        COALESCE(`t0`.`time` IS NULL, FALSE)
      )
      AND NOT (
        COALESCE((
          `t0`.`time` IS NOT NULL
        ) AND (
          `t0`.`__0_4` IS NULL
        ), FALSE)
      )
      AND NOT (
        COALESCE(
          (
            `t0`.`__0_4` IS NOT NULL
          )
          AND NOT (
            (
              `t0`.`__0_4` >= -86400000000
            ) AND (
              `t0`.`__0_4` < 4102531200000000
            )
          ),
          FALSE
        )
      )
    )
    AND (
      NOT (
        COALESCE(
          NOT (
            (
              `t0`.`amount__1` IS NOT NULL
            ) AND (
              `t0`.`amount__2` IS NOT NULL
            )
          ),
          FALSE
        )
      )
      AND NOT (
        COALESCE(CAST(`t0`.`amount__2` AS NUMERIC) <> `t0`.`amount__2`, FALSE)
      )
      AND NOT (
        COALESCE(
          (
            `t0`.`amount__1` IS NOT NULL
          )
          AND (
            `t0`.`amount__2` IS NOT NULL
          )
          AND (
            SAFE_CAST(IF(
              (
                ABS(
                  (
                    IF(
                      ABS(
                        CAST(CAST(`t0`.`amount__1` AS NUMERIC) AS FLOAT64) * CAST(CAST(`t0`.`amount__2` AS NUMERIC) AS FLOAT64)
                      ) < 1e+17,
                      CAST(`t0`.`amount__1` AS NUMERIC) * CAST(`t0`.`amount__2` AS NUMERIC),
                      CAST(NULL AS NUMERIC)
                    ) * 100
                  ) - `t0`.`__0_0`
                ) = CAST('0.5' AS NUMERIC)
              )
              AND (
                (
                  MOD(`t0`.`__0_0`, 2)
                ) <> 0
              ),
              `t0`.`__0_0` - IF(
                (
                  IF(
                    ABS(
                      CAST(CAST(`t0`.`amount__1` AS NUMERIC) AS FLOAT64) * CAST(CAST(`t0`.`amount__2` AS NUMERIC) AS FLOAT64)
                    ) < 1e+17,
                    CAST(`t0`.`amount__1` AS NUMERIC) * CAST(`t0`.`amount__2` AS NUMERIC),
                    CAST(NULL AS NUMERIC)
                  ) * 100
                ) < 0,
                -1,
                1
              ),
              `t0`.`__0_0`
            ) AS INT64) IS NULL
          ),
          FALSE
        )
      )
    )
    AND COALESCE(
      IF(
        ABS(
          CAST(IF(
            ABS(
              IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
            ) <= GREATEST(
              1e-06,
              ABS(
                IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
              ) * 8.881784197001252e-16
            ),
            `t0`.`__0_3`,
            CAST(NULL AS INT64)
          ) AS FLOAT64)
        ) < 1000000000000000.0,
        IF(
          ABS(
            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
          ) <= GREATEST(
            1e-06,
            ABS(
              IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
            ) * 8.881784197001252e-16
          ),
          `t0`.`__0_3`,
          CAST(NULL AS INT64)
        ),
        CAST(NULL AS INT64)
      ) IS NOT NULL,
      FALSE
    )
    AND NOT (
      COALESCE(
        IS_NAN(CAST(`t0`.`quantity` AS FLOAT64))
        OR IS_INF(CAST(`t0`.`quantity` AS FLOAT64)),
        FALSE
      )
    ),
    CAST(NULL AS STRING),
    COALESCE(
      CAST(NULL AS STRING),
      CASE
        WHEN COALESCE(CAST(`t0`.`customer_id` AS STRING) IS NULL, FALSE)
        THEN 'customer_id_missing'
        ELSE CAST(NULL AS STRING)
      END,
      CASE
        WHEN COALESCE(`t0`.`time` IS NULL, FALSE)
        THEN 'time_missing'
        WHEN COALESCE((
          `t0`.`time` IS NOT NULL
        ) AND (
          `t0`.`__0_4` IS NULL
        ), FALSE)
        THEN 'time_implausible'
        WHEN COALESCE(
          (
            `t0`.`__0_4` IS NOT NULL
          )
          AND NOT (
            (
              `t0`.`__0_4` >= -86400000000
            ) AND (
              `t0`.`__0_4` < 4102531200000000
            )
          ),
          FALSE
        )
        THEN 'time_implausible'
        ELSE CAST(NULL AS STRING)
      END,
      CASE
        WHEN COALESCE(
          NOT (
            (
              `t0`.`amount__1` IS NOT NULL
            ) AND (
              `t0`.`amount__2` IS NOT NULL
            )
          ),
          FALSE
        )
        THEN 'amount_missing'
        WHEN COALESCE(CAST(`t0`.`amount__2` AS NUMERIC) <> `t0`.`amount__2`, FALSE)
        THEN 'amount_too_precise'
        WHEN COALESCE(
          (
            `t0`.`amount__1` IS NOT NULL
          )
          AND (
            `t0`.`amount__2` IS NOT NULL
          )
          AND (
            SAFE_CAST(IF(
              (
                ABS(
                  (
                    IF(
                      ABS(
                        CAST(CAST(`t0`.`amount__1` AS NUMERIC) AS FLOAT64) * CAST(CAST(`t0`.`amount__2` AS NUMERIC) AS FLOAT64)
                      ) < 1e+17,
                      CAST(`t0`.`amount__1` AS NUMERIC) * CAST(`t0`.`amount__2` AS NUMERIC),
                      CAST(NULL AS NUMERIC)
                    ) * 100
                  ) - `t0`.`__0_0`
                ) = CAST('0.5' AS NUMERIC)
              )
              AND (
                (
                  MOD(`t0`.`__0_0`, 2)
                ) <> 0
              ),
              `t0`.`__0_0` - IF(
                (
                  IF(
                    ABS(
                      CAST(CAST(`t0`.`amount__1` AS NUMERIC) AS FLOAT64) * CAST(CAST(`t0`.`amount__2` AS NUMERIC) AS FLOAT64)
                    ) < 1e+17,
                    CAST(`t0`.`amount__1` AS NUMERIC) * CAST(`t0`.`amount__2` AS NUMERIC),
                    CAST(NULL AS NUMERIC)
                  ) * 100
                ) < 0,
                -1,
                1
              ),
              `t0`.`__0_0`
            ) AS INT64) IS NULL
          ),
          FALSE
        )
        THEN 'amount_overflow'
        ELSE CAST(NULL AS STRING)
      END,
      CASE
        WHEN COALESCE(NOT (
          `t0`.`margin` IS NOT NULL
        ), FALSE)
        THEN 'margin_missing'
        WHEN COALESCE(NOT (
          NOT (
            IS_NAN(`t0`.`margin`) OR IS_INF(`t0`.`margin`)
          )
        ), FALSE)
        THEN 'margin_not_finite'
        WHEN COALESCE(
          NOT (
            IS_NAN(`t0`.`margin`) OR IS_INF(`t0`.`margin`)
          )
          AND (
            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) IS NULL
          )
          AND (
            IF(ABS(`t0`.`margin`) < 1e+18, `t0`.`margin`, CAST(NULL AS FLOAT64)) IS NOT NULL
          )
          AND NOT (
            `t0`.`__1_2` = 0
          ),
          FALSE
        )
        THEN 'margin_not_exact'
        WHEN COALESCE(
          (
            `t0`.`margin` IS NOT NULL
          )
          AND (
            SAFE_CAST(IF(
              (
                ABS(
                  (
                    IF(
                      ABS(
                        CAST(CASE
                          WHEN `t0`.`__1_2` = 0
                          THEN CAST(`t0`.`__3_1` AS NUMERIC)
                          WHEN ABS(
                            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
                          ) <= GREATEST(
                            1e-06,
                            ABS(
                              IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
                            ) * 8.881784197001252e-16
                          )
                          THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
                          ELSE `t0`.`__3_0`
                        END AS FLOAT64)
                      ) < 1e+17,
                      CASE
                        WHEN `t0`.`__1_2` = 0
                        THEN CAST(`t0`.`__3_1` AS NUMERIC)
                        WHEN ABS(
                          IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
                        ) <= GREATEST(
                          1e-06,
                          ABS(
                            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
                          ) * 8.881784197001252e-16
                        )
                        THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
                        ELSE `t0`.`__3_0`
                      END,
                      CAST(NULL AS NUMERIC)
                    ) * 100
                  ) - `t0`.`__4_0`
                ) = CAST('0.5' AS NUMERIC)
              )
              AND (
                (
                  MOD(`t0`.`__4_0`, 2)
                ) <> 0
              ),
              `t0`.`__4_0` - IF(
                (
                  IF(
                    ABS(
                      CAST(CASE
                        WHEN `t0`.`__1_2` = 0
                        THEN CAST(`t0`.`__3_1` AS NUMERIC)
                        WHEN ABS(
                          IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
                        ) <= GREATEST(
                          1e-06,
                          ABS(
                            IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
                          ) * 8.881784197001252e-16
                        )
                        THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
                        ELSE `t0`.`__3_0`
                      END AS FLOAT64)
                    ) < 1e+17,
                    CASE
                      WHEN `t0`.`__1_2` = 0
                      THEN CAST(`t0`.`__3_1` AS NUMERIC)
                      WHEN ABS(
                        IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64)) - `t0`.`__0_3`
                      ) <= GREATEST(
                        1e-06,
                        ABS(
                          IF(ABS(`t0`.`margin`) < 11258999068426.24, `t0`.`margin` * 100.0, CAST(NULL AS FLOAT64))
                        ) * 8.881784197001252e-16
                      )
                      THEN CAST(CAST(`t0`.`__0_3` AS NUMERIC) * CAST('0.01' AS NUMERIC) AS NUMERIC)
                      ELSE `t0`.`__3_0`
                    END,
                    CAST(NULL AS NUMERIC)
                  ) * 100
                ) < 0,
                -1,
                1
              ),
              `t0`.`__4_0`
            ) AS INT64) IS NULL
          ),
          FALSE
        )
        THEN 'margin_overflow'
        ELSE CAST(NULL AS STRING)
      END,
      CASE
        WHEN COALESCE(
          IS_NAN(CAST(`t0`.`quantity` AS FLOAT64))
          OR IS_INF(CAST(`t0`.`quantity` AS FLOAT64)),
          FALSE
        )
        THEN 'quantity_not_finite'
        ELSE CAST(NULL AS STRING)
      END
    )
  ) AS `__fault`
FROM `parsed_5` AS `t0`
),
checked AS (
SELECT
  `t0`.`__file`,
  `t0`.`__line`,
  `t0`.`__raw_customer_id`,
  `t0`.`__raw_time`,
  `t0`.`__raw_amount`,
  `t0`.`__raw_margin`,
  `t0`.`__raw_quantity`,
  `t0`.`__raw_store`,
  `t0`.`customer_id`,
  `t0`.`__local_time` - COALESCE(`t0`.`__offset_time`, 0) AS `time`,
  `t0`.`amount`,
  `t0`.`margin`,
  `t0`.`quantity`,
  `t0`.`store`,
  IF(
    NOT (
      COALESCE(
        (
          `t0`.`__local_time` IS NOT NULL
        )
        AND (
          COALESCE(`t0`.`__offset_time`, 0) = 1000000000000000
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
          COALESCE(`t0`.`__offset_time`, 0) = 1000000000000001
        ),
        FALSE
      )
    )
    AND NOT (
      COALESCE(
        (
          (
            `t0`.`__local_time` - COALESCE(`t0`.`__offset_time`, 0)
          ) < 0
        )
        OR (
          (
            `t0`.`__local_time` - COALESCE(`t0`.`__offset_time`, 0)
          ) >= 4102444800000000
        ),
        FALSE
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
            COALESCE(`t0`.`__offset_time`, 0) = 1000000000000000
          ),
          FALSE
        )
        THEN 'time_in_dst_gap'
        WHEN COALESCE(
          (
            `t0`.`__local_time` IS NOT NULL
          )
          AND (
            COALESCE(`t0`.`__offset_time`, 0) = 1000000000000001
          ),
          FALSE
        )
        THEN 'time_in_dst_fold'
        WHEN COALESCE(
          (
            (
              `t0`.`__local_time` - COALESCE(`t0`.`__offset_time`, 0)
            ) < 0
          )
          OR (
            (
              `t0`.`__local_time` - COALESCE(`t0`.`__offset_time`, 0)
            ) >= 4102444800000000
          ),
          FALSE
        )
        THEN 'time_implausible'
        ELSE CAST(NULL AS STRING)
      END
    )
  ) AS `__reason`,
  FALSE AS `__out`
FROM `parsed` AS `t0`
)
SELECT
  `t0`.`customer_id`,
  `t0`.`time`,
  `t0`.`amount`,
  `t0`.`margin`,
  `t0`.`quantity`,
  `t0`.`store`
FROM `checked` AS `t0`
WHERE
  `t0`.`__reason` IS NULL AND NOT (
    `t0`.`__out`
  )
ORDER BY
  `t0`.`customer_id` ASC NULLS LAST,
  `t0`.`time` ASC NULLS LAST,
  `t0`.`amount` ASC NULLS LAST,
  `t0`.`margin` ASC NULLS LAST,
  `t0`.`quantity` ASC NULLS LAST,
  `t0`.`store` ASC NULLS LAST
