WITH staged AS (
SELECT
  'transactions.orders' AS "source_file", CAST(NULL AS BIGINT) AS "line", "q"."customer" AS "customer_id", "q"."day" AS "time", "q"."quantity" AS "amount__1", "q"."unit_price" AS "amount__2", "q"."margin" AS "margin", "q"."quantity" AS "quantity", "q"."store" AS "store"
FROM "SHOP"."SALES"."ORDERS" AS q
),
parsed_1 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."amount__1",
  "t0"."amount__2",
  "t0"."margin",
  "t0"."quantity",
  "t0"."store",
  CAST(ROUND(
    IFF(
      ABS(
        CAST(CAST("t0"."amount__1" AS DECIMAL(38, 0)) AS DOUBLE) * CAST(CAST("t0"."amount__2" AS DECIMAL(38, 9)) AS DOUBLE)
      ) < 1e+17,
      CAST("t0"."amount__1" AS DECIMAL(38, 0)) * CAST("t0"."amount__2" AS DECIMAL(38, 9)),
      CAST(NULL AS DECIMAL(38, 9))
    ) * 100,
    0
  ) AS DECIMAL(38, 0)) AS "__0_0",
  TRUNC(
    IFF(
      IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) IS NOT NULL,
      "t0"."margin",
      CAST(NULL AS DOUBLE)
    ) * 1000000000.0
  ) AS "__0_1",
  (
    CAST(DATE_PART('epoch', DATE_TRUNC('SECOND', CAST("t0"."time" AS TIMESTAMP))) AS BIGINT) * 1000000
  ) + CAST(DATE_PART('epoch_microsecond', CAST("t0"."time" AS TIMESTAMP)) % 1000000 AS BIGINT) AS "__0_2",
  TRUNC(IFF(ABS("t0"."margin") < 1e+18, "t0"."margin", CAST(NULL AS DOUBLE)) * 1.0) AS "__0_3",
  CAST(ROUND(
    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)),
    0
  ) AS BIGINT) AS "__0_4",
  TRUNC(IFF(ABS("t0"."margin") < 1e+18, "t0"."margin", CAST(NULL AS DOUBLE))) AS "__0_5"
FROM "staged" AS "t0"
),
parsed_2 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."amount__1",
  "t0"."amount__2",
  "t0"."margin",
  "t0"."quantity",
  "t0"."store",
  "t0"."__0_0",
  "t0"."__0_1",
  "t0"."__0_2",
  "t0"."__0_3",
  "t0"."__0_4",
  "t0"."__0_5",
  CAST(IFF(
    (
      IFF(
        (
          ABS(
            (
              IFF(
                ABS(
                  CAST(CAST("t0"."amount__1" AS DECIMAL(38, 0)) AS DOUBLE) * CAST(CAST("t0"."amount__2" AS DECIMAL(38, 9)) AS DOUBLE)
                ) < 1e+17,
                CAST("t0"."amount__1" AS DECIMAL(38, 0)) * CAST("t0"."amount__2" AS DECIMAL(38, 9)),
                CAST(NULL AS DECIMAL(38, 9))
              ) * 100
            ) - "t0"."__0_0"
          ) = CAST('0.5' AS DECIMAL(2, 1))
        )
        AND (
          (
            "t0"."__0_0" % 2
          ) <> 0
        ),
        "t0"."__0_0" - IFF(
          (
            IFF(
              ABS(
                CAST(CAST("t0"."amount__1" AS DECIMAL(38, 0)) AS DOUBLE) * CAST(CAST("t0"."amount__2" AS DECIMAL(38, 9)) AS DOUBLE)
              ) < 1e+17,
              CAST("t0"."amount__1" AS DECIMAL(38, 0)) * CAST("t0"."amount__2" AS DECIMAL(38, 9)),
              CAST(NULL AS DECIMAL(38, 9))
            ) * 100
          ) < 0,
          -1,
          1
        ),
        "t0"."__0_0"
      ) >= -9223372036854775808
    )
    AND (
      IFF(
        (
          ABS(
            (
              IFF(
                ABS(
                  CAST(CAST("t0"."amount__1" AS DECIMAL(38, 0)) AS DOUBLE) * CAST(CAST("t0"."amount__2" AS DECIMAL(38, 9)) AS DOUBLE)
                ) < 1e+17,
                CAST("t0"."amount__1" AS DECIMAL(38, 0)) * CAST("t0"."amount__2" AS DECIMAL(38, 9)),
                CAST(NULL AS DECIMAL(38, 9))
              ) * 100
            ) - "t0"."__0_0"
          ) = CAST('0.5' AS DECIMAL(2, 1))
        )
        AND (
          (
            "t0"."__0_0" % 2
          ) <> 0
        ),
        "t0"."__0_0" - IFF(
          (
            IFF(
              ABS(
                CAST(CAST("t0"."amount__1" AS DECIMAL(38, 0)) AS DOUBLE) * CAST(CAST("t0"."amount__2" AS DECIMAL(38, 9)) AS DOUBLE)
              ) < 1e+17,
              CAST("t0"."amount__1" AS DECIMAL(38, 0)) * CAST("t0"."amount__2" AS DECIMAL(38, 9)),
              CAST(NULL AS DECIMAL(38, 9))
            ) * 100
          ) < 0,
          -1,
          1
        ),
        "t0"."__0_0"
      ) <= 9223372036854775807
    ),
    IFF(
      (
        ABS(
          (
            IFF(
              ABS(
                CAST(CAST("t0"."amount__1" AS DECIMAL(38, 0)) AS DOUBLE) * CAST(CAST("t0"."amount__2" AS DECIMAL(38, 9)) AS DOUBLE)
              ) < 1e+17,
              CAST("t0"."amount__1" AS DECIMAL(38, 0)) * CAST("t0"."amount__2" AS DECIMAL(38, 9)),
              CAST(NULL AS DECIMAL(38, 9))
            ) * 100
          ) - "t0"."__0_0"
        ) = CAST('0.5' AS DECIMAL(2, 1))
      )
      AND (
        (
          "t0"."__0_0" % 2
        ) <> 0
      ),
      "t0"."__0_0" - IFF(
        (
          IFF(
            ABS(
              CAST(CAST("t0"."amount__1" AS DECIMAL(38, 0)) AS DOUBLE) * CAST(CAST("t0"."amount__2" AS DECIMAL(38, 9)) AS DOUBLE)
            ) < 1e+17,
            CAST("t0"."amount__1" AS DECIMAL(38, 0)) * CAST("t0"."amount__2" AS DECIMAL(38, 9)),
            CAST(NULL AS DECIMAL(38, 9))
          ) * 100
        ) < 0,
        -1,
        1
      ),
      "t0"."__0_0"
    ),
    CAST(NULL AS DECIMAL(38, 0))
  ) AS BIGINT) AS "__1_0",
  CASE
    WHEN (
      (
        IFF(
          IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) IS NOT NULL,
          "t0"."margin",
          CAST(NULL AS DOUBLE)
        ) * 1000000000.0
      ) - "t0"."__0_1"
    ) >= 0.5
    THEN "t0"."__0_1" + 1.0
    WHEN (
      (
        IFF(
          IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) IS NOT NULL,
          "t0"."margin",
          CAST(NULL AS DOUBLE)
        ) * 1000000000.0
      ) - "t0"."__0_1"
    ) <= -0.5
    THEN "t0"."__0_1" - 1.0
    ELSE "t0"."__0_1"
  END AS "__1_1",
  CASE
    WHEN (
      (
        IFF(ABS("t0"."margin") < 1e+18, "t0"."margin", CAST(NULL AS DOUBLE)) * 1.0
      ) - "t0"."__0_3"
    ) >= 0.5
    THEN "t0"."__0_3" + 1.0
    WHEN (
      (
        IFF(ABS("t0"."margin") < 1e+18, "t0"."margin", CAST(NULL AS DOUBLE)) * 1.0
      ) - "t0"."__0_3"
    ) <= -0.5
    THEN "t0"."__0_3" - 1.0
    ELSE "t0"."__0_3"
  END AS "__1_2",
  IFF(ABS("t0"."margin") < 1e+18, "t0"."margin", CAST(NULL AS DOUBLE)) - "t0"."__0_5" AS "__1_3"
FROM "parsed_1" AS "t0"
),
parsed_3 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."amount__1",
  "t0"."amount__2",
  "t0"."margin",
  "t0"."quantity",
  "t0"."store",
  "t0"."__0_2",
  "t0"."__0_4",
  "t0"."__1_0",
  "t0"."__1_1",
  "t0"."__1_2",
  "t0"."__1_3",
  TRUNC(
    IFF(ABS("t0"."__1_2") < 9.903520314283042e+27, "t0"."__1_2", CAST(NULL AS DOUBLE)) / 2147483648.0
  ) AS "__2_0",
  TRUNC(
    IFF(ABS("t0"."__1_1") < 9.903520314283042e+27, "t0"."__1_1", CAST(NULL AS DOUBLE)) / 2147483648.0
  ) AS "__2_1"
FROM "parsed_2" AS "t0"
),
parsed_4 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."amount__1",
  "t0"."amount__2",
  "t0"."margin",
  "t0"."quantity",
  "t0"."store",
  "t0"."__0_2",
  "t0"."__0_4",
  "t0"."__1_0",
  "t0"."__1_1",
  "t0"."__1_2",
  "t0"."__1_3",
  "t0"."__2_0",
  "t0"."__2_1",
  (
    (
      CAST(CAST("t0"."__2_1" AS BIGINT) AS DECIMAL(38, 0)) * 2147483648
    ) + CAST(CAST(IFF(ABS("t0"."__1_1") < 9.903520314283042e+27, "t0"."__1_1", CAST(NULL AS DOUBLE)) - (
      "t0"."__2_1" * 2147483648.0
    ) AS BIGINT) AS DECIMAL(38, 0))
  ) * CAST('1E-9' AS DECIMAL(38, 9)) AS "__3_0",
  (
    (
      CAST(CAST("t0"."__2_0" AS BIGINT) AS DECIMAL(38, 0)) * 2147483648
    ) + CAST(CAST(IFF(ABS("t0"."__1_2") < 9.903520314283042e+27, "t0"."__1_2", CAST(NULL AS DOUBLE)) - (
      "t0"."__2_0" * 2147483648.0
    ) AS BIGINT) AS DECIMAL(38, 0))
  ) * CAST('1' AS DECIMAL(38, 0)) AS "__3_1"
FROM "parsed_3" AS "t0"
),
parsed_5 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."amount__1",
  "t0"."amount__2",
  "t0"."margin",
  "t0"."quantity",
  "t0"."store",
  "t0"."__0_2",
  "t0"."__0_4",
  "t0"."__1_0",
  "t0"."__1_3",
  "t0"."__3_0",
  "t0"."__3_1",
  CAST(ROUND(
    IFF(
      ABS(
        CAST(CASE
          WHEN "t0"."__1_3" = 0
          THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
          WHEN ABS(
            IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
          ) <= GREATEST(
            1e-06,
            ABS(
              IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
            ) * 8.881784197001252e-16
          )
          THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
          ELSE "t0"."__3_0"
        END AS DOUBLE)
      ) < 1e+17,
      CASE
        WHEN "t0"."__1_3" = 0
        THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
        WHEN ABS(
          IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
        ) <= GREATEST(
          1e-06,
          ABS(
            IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
          ) * 8.881784197001252e-16
        )
        THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
        ELSE "t0"."__3_0"
      END,
      CAST(NULL AS DECIMAL(38, 9))
    ) * 100,
    0
  ) AS DECIMAL(38, 0)) AS "__4_0"
FROM "parsed_4" AS "t0"
),
parsed_6 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."amount__1",
  "t0"."amount__2",
  "t0"."margin",
  "t0"."quantity",
  "t0"."store",
  "t0"."__0_2",
  "t0"."__0_4",
  "t0"."__1_0",
  "t0"."__1_3",
  "t0"."__3_0",
  "t0"."__3_1",
  "t0"."__4_0",
  CAST(IFF(
    (
      IFF(
        (
          ABS(
            (
              IFF(
                ABS(
                  CAST(CASE
                    WHEN "t0"."__1_3" = 0
                    THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                    WHEN ABS(
                      IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                    ) <= GREATEST(
                      1e-06,
                      ABS(
                        IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                      ) * 8.881784197001252e-16
                    )
                    THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                    ELSE "t0"."__3_0"
                  END AS DOUBLE)
                ) < 1e+17,
                CASE
                  WHEN "t0"."__1_3" = 0
                  THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                  WHEN ABS(
                    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                  ) <= GREATEST(
                    1e-06,
                    ABS(
                      IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                    ) * 8.881784197001252e-16
                  )
                  THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                  ELSE "t0"."__3_0"
                END,
                CAST(NULL AS DECIMAL(38, 9))
              ) * 100
            ) - "t0"."__4_0"
          ) = CAST('0.5' AS DECIMAL(2, 1))
        )
        AND (
          (
            "t0"."__4_0" % 2
          ) <> 0
        ),
        "t0"."__4_0" - IFF(
          (
            IFF(
              ABS(
                CAST(CASE
                  WHEN "t0"."__1_3" = 0
                  THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                  WHEN ABS(
                    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                  ) <= GREATEST(
                    1e-06,
                    ABS(
                      IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                    ) * 8.881784197001252e-16
                  )
                  THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                  ELSE "t0"."__3_0"
                END AS DOUBLE)
              ) < 1e+17,
              CASE
                WHEN "t0"."__1_3" = 0
                THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                WHEN ABS(
                  IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                ) <= GREATEST(
                  1e-06,
                  ABS(
                    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                  ) * 8.881784197001252e-16
                )
                THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                ELSE "t0"."__3_0"
              END,
              CAST(NULL AS DECIMAL(38, 9))
            ) * 100
          ) < 0,
          -1,
          1
        ),
        "t0"."__4_0"
      ) >= -9223372036854775808
    )
    AND (
      IFF(
        (
          ABS(
            (
              IFF(
                ABS(
                  CAST(CASE
                    WHEN "t0"."__1_3" = 0
                    THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                    WHEN ABS(
                      IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                    ) <= GREATEST(
                      1e-06,
                      ABS(
                        IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                      ) * 8.881784197001252e-16
                    )
                    THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                    ELSE "t0"."__3_0"
                  END AS DOUBLE)
                ) < 1e+17,
                CASE
                  WHEN "t0"."__1_3" = 0
                  THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                  WHEN ABS(
                    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                  ) <= GREATEST(
                    1e-06,
                    ABS(
                      IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                    ) * 8.881784197001252e-16
                  )
                  THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                  ELSE "t0"."__3_0"
                END,
                CAST(NULL AS DECIMAL(38, 9))
              ) * 100
            ) - "t0"."__4_0"
          ) = CAST('0.5' AS DECIMAL(2, 1))
        )
        AND (
          (
            "t0"."__4_0" % 2
          ) <> 0
        ),
        "t0"."__4_0" - IFF(
          (
            IFF(
              ABS(
                CAST(CASE
                  WHEN "t0"."__1_3" = 0
                  THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                  WHEN ABS(
                    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                  ) <= GREATEST(
                    1e-06,
                    ABS(
                      IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                    ) * 8.881784197001252e-16
                  )
                  THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                  ELSE "t0"."__3_0"
                END AS DOUBLE)
              ) < 1e+17,
              CASE
                WHEN "t0"."__1_3" = 0
                THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                WHEN ABS(
                  IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                ) <= GREATEST(
                  1e-06,
                  ABS(
                    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                  ) * 8.881784197001252e-16
                )
                THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                ELSE "t0"."__3_0"
              END,
              CAST(NULL AS DECIMAL(38, 9))
            ) * 100
          ) < 0,
          -1,
          1
        ),
        "t0"."__4_0"
      ) <= 9223372036854775807
    ),
    IFF(
      (
        ABS(
          (
            IFF(
              ABS(
                CAST(CASE
                  WHEN "t0"."__1_3" = 0
                  THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                  WHEN ABS(
                    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                  ) <= GREATEST(
                    1e-06,
                    ABS(
                      IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                    ) * 8.881784197001252e-16
                  )
                  THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                  ELSE "t0"."__3_0"
                END AS DOUBLE)
              ) < 1e+17,
              CASE
                WHEN "t0"."__1_3" = 0
                THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                WHEN ABS(
                  IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                ) <= GREATEST(
                  1e-06,
                  ABS(
                    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                  ) * 8.881784197001252e-16
                )
                THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                ELSE "t0"."__3_0"
              END,
              CAST(NULL AS DECIMAL(38, 9))
            ) * 100
          ) - "t0"."__4_0"
        ) = CAST('0.5' AS DECIMAL(2, 1))
      )
      AND (
        (
          "t0"."__4_0" % 2
        ) <> 0
      ),
      "t0"."__4_0" - IFF(
        (
          IFF(
            ABS(
              CAST(CASE
                WHEN "t0"."__1_3" = 0
                THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
                WHEN ABS(
                  IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
                ) <= GREATEST(
                  1e-06,
                  ABS(
                    IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                  ) * 8.881784197001252e-16
                )
                THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
                ELSE "t0"."__3_0"
              END AS DOUBLE)
            ) < 1e+17,
            CASE
              WHEN "t0"."__1_3" = 0
              THEN CAST("t0"."__3_1" AS DECIMAL(38, 9))
              WHEN ABS(
                IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
              ) <= GREATEST(
                1e-06,
                ABS(
                  IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
                ) * 8.881784197001252e-16
              )
              THEN CAST(CAST("t0"."__0_4" AS DECIMAL(38, 0)) * CAST('0.01' AS DECIMAL(38, 2)) AS DECIMAL(38, 9))
              ELSE "t0"."__3_0"
            END,
            CAST(NULL AS DECIMAL(38, 9))
          ) * 100
        ) < 0,
        -1,
        1
      ),
      "t0"."__4_0"
    ),
    CAST(NULL AS DECIMAL(38, 0))
  ) AS BIGINT) AS "__5_0"
FROM "parsed_5" AS "t0"
),
parsed AS (
SELECT
  "t0"."source_file" AS "__file",
  "t0"."line" AS "__line",
  CAST("t0"."customer_id" AS VARCHAR) AS "__raw_customer_id",
  CAST("t0"."time" AS VARCHAR) AS "__raw_time",
  CONCAT(
    CONCAT(CAST("t0"."amount__1" AS VARCHAR), ' x '),
    CAST("t0"."amount__2" AS VARCHAR)
  ) AS "__raw_amount",
  CAST("t0"."margin" AS VARCHAR) AS "__raw_margin",
  CAST("t0"."quantity" AS VARCHAR) AS "__raw_quantity",
  CAST("t0"."store" AS VARCHAR) AS "__raw_store",
  CAST("t0"."customer_id" AS VARCHAR) AS "customer_id",
  IFF(
    (
      "t0"."__0_2" >= -86400000000
    ) AND (
      "t0"."__0_2" < 4102531200000000
    ),
    "t0"."__0_2",
    CAST(NULL AS BIGINT)
  ) AS "__local_time",
  CAST(NULL AS BIGINT) AS "__offset_time",
  TRUE AS "__day_time",
  "t0"."__1_0" AS "amount",
  IFF(
    IFF(
      ABS(
        CAST(IFF(
          ABS(
            IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
          ) <= GREATEST(
            1e-06,
            ABS(
              IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
            ) * 8.881784197001252e-16
          ),
          "t0"."__0_4",
          CAST(NULL AS BIGINT)
        ) AS DOUBLE)
      ) < 1000000000000000.0,
      IFF(
        ABS(
          IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
        ) <= GREATEST(
          1e-06,
          ABS(
            IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
          ) * 8.881784197001252e-16
        ),
        "t0"."__0_4",
        CAST(NULL AS BIGINT)
      ),
      CAST(NULL AS BIGINT)
    ) IS NOT NULL,
    IFF(
      ABS(
        CAST(IFF(
          ABS(
            IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
          ) <= GREATEST(
            1e-06,
            ABS(
              IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
            ) * 8.881784197001252e-16
          ),
          "t0"."__0_4",
          CAST(NULL AS BIGINT)
        ) AS DOUBLE)
      ) < 1000000000000000.0,
      IFF(
        ABS(
          IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
        ) <= GREATEST(
          1e-06,
          ABS(
            IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
          ) * 8.881784197001252e-16
        ),
        "t0"."__0_4",
        CAST(NULL AS BIGINT)
      ),
      CAST(NULL AS BIGINT)
    ),
    "t0"."__5_0"
  ) AS "margin",
  CAST("t0"."quantity" AS DOUBLE) AS "quantity",
  CASE
    WHEN "t0"."store" = CAST('NaN' AS DOUBLE)
    THEN CAST(NULL AS VARCHAR)
    WHEN (
      ABS("t0"."store") < 9007199254740992.0
    )
    AND (
      (
        "t0"."store" - TRUNC("t0"."store")
      ) = 0
    )
    THEN CAST(CAST(IFF(ABS("t0"."store") < 9.2e+18, "t0"."store", CAST(NULL AS DOUBLE)) AS BIGINT) AS VARCHAR)
    ELSE CAST("t0"."store" AS VARCHAR)
  END AS "store",
  IFF(
    NOT (
      COALESCE(CAST("t0"."customer_id" AS VARCHAR) IS NULL, FALSE)
    )
    AND (
      NOT (
        COALESCE("t0"."time" IS NULL, FALSE)
      )
      AND NOT (
        COALESCE((
          "t0"."time" IS NOT NULL
        ) AND (
          "t0"."__0_2" IS NULL
        ), FALSE)
      )
      AND NOT (
        COALESCE(
          (
            "t0"."__0_2" IS NOT NULL
          )
          AND NOT (
            (
              "t0"."__0_2" >= -86400000000
            ) AND (
              "t0"."__0_2" < 4102531200000000
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
              "t0"."amount__1" IS NOT NULL
            ) AND (
              "t0"."amount__2" IS NOT NULL
            )
          ),
          FALSE
        )
      )
      AND NOT (
        COALESCE(CAST("t0"."amount__2" AS DECIMAL(38, 9)) <> "t0"."amount__2", FALSE)
      )
      AND NOT (
        COALESCE(
          (
            "t0"."amount__1" IS NOT NULL
          )
          AND (
            "t0"."amount__2" IS NOT NULL
          )
          AND (
            "t0"."__1_0" IS NULL
          ),
          FALSE
        )
      )
    )
    AND COALESCE(
      IFF(
        ABS(
          CAST(IFF(
            ABS(
              IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
            ) <= GREATEST(
              1e-06,
              ABS(
                IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
              ) * 8.881784197001252e-16
            ),
            "t0"."__0_4",
            CAST(NULL AS BIGINT)
          ) AS DOUBLE)
        ) < 1000000000000000.0,
        IFF(
          ABS(
            IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) - "t0"."__0_4"
          ) <= GREATEST(
            1e-06,
            ABS(
              IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE))
            ) * 8.881784197001252e-16
          ),
          "t0"."__0_4",
          CAST(NULL AS BIGINT)
        ),
        CAST(NULL AS BIGINT)
      ) IS NOT NULL,
      FALSE
    )
    AND NOT (
      COALESCE(
        (
          CAST("t0"."quantity" AS DOUBLE) = CAST('NaN' AS DOUBLE)
        )
        OR CAST("t0"."quantity" AS DOUBLE) IN (CAST('Inf' AS DOUBLE), CAST('-Inf' AS DOUBLE)),
        FALSE
      )
    ),
    CAST(NULL AS VARCHAR),
    COALESCE(
      CAST(NULL AS VARCHAR),
      CASE
        WHEN COALESCE(CAST("t0"."customer_id" AS VARCHAR) IS NULL, FALSE)
        THEN 'customer_id_missing'
        ELSE CAST(NULL AS VARCHAR)
      END,
      CASE
        WHEN COALESCE("t0"."time" IS NULL, FALSE)
        THEN 'time_missing'
        WHEN COALESCE((
          "t0"."time" IS NOT NULL
        ) AND (
          "t0"."__0_2" IS NULL
        ), FALSE)
        THEN 'time_implausible'
        WHEN COALESCE(
          (
            "t0"."__0_2" IS NOT NULL
          )
          AND NOT (
            (
              "t0"."__0_2" >= -86400000000
            ) AND (
              "t0"."__0_2" < 4102531200000000
            )
          ),
          FALSE
        )
        THEN 'time_implausible'
        ELSE CAST(NULL AS VARCHAR)
      END,
      CASE
        WHEN COALESCE(
          NOT (
            (
              "t0"."amount__1" IS NOT NULL
            ) AND (
              "t0"."amount__2" IS NOT NULL
            )
          ),
          FALSE
        )
        THEN 'amount_missing'
        WHEN COALESCE(CAST("t0"."amount__2" AS DECIMAL(38, 9)) <> "t0"."amount__2", FALSE)
        THEN 'amount_too_precise'
        WHEN COALESCE(
          (
            "t0"."amount__1" IS NOT NULL
          )
          AND (
            "t0"."amount__2" IS NOT NULL
          )
          AND (
            "t0"."__1_0" IS NULL
          ),
          FALSE
        )
        THEN 'amount_overflow'
        ELSE CAST(NULL AS VARCHAR)
      END,
      CASE
        WHEN COALESCE(NOT (
          "t0"."margin" IS NOT NULL
        ), FALSE)
        THEN 'margin_missing'
        WHEN COALESCE(
          NOT (
            NOT (
              (
                "t0"."margin" = CAST('NaN' AS DOUBLE)
              )
              OR "t0"."margin" IN (CAST('Inf' AS DOUBLE), CAST('-Inf' AS DOUBLE))
            )
          ),
          FALSE
        )
        THEN 'margin_not_finite'
        WHEN COALESCE(
          NOT (
            (
              "t0"."margin" = CAST('NaN' AS DOUBLE)
            )
            OR "t0"."margin" IN (CAST('Inf' AS DOUBLE), CAST('-Inf' AS DOUBLE))
          )
          AND (
            IFF(ABS("t0"."margin") < 11258999068426.24, "t0"."margin" * 100.0, CAST(NULL AS DOUBLE)) IS NULL
          )
          AND (
            IFF(ABS("t0"."margin") < 1e+18, "t0"."margin", CAST(NULL AS DOUBLE)) IS NOT NULL
          )
          AND NOT (
            "t0"."__1_3" = 0
          ),
          FALSE
        )
        THEN 'margin_not_exact'
        WHEN COALESCE((
          "t0"."margin" IS NOT NULL
        ) AND (
          "t0"."__5_0" IS NULL
        ), FALSE)
        THEN 'margin_overflow'
        ELSE CAST(NULL AS VARCHAR)
      END,
      CASE
        WHEN COALESCE(
          (
            CAST("t0"."quantity" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          OR CAST("t0"."quantity" AS DOUBLE) IN (CAST('Inf' AS DOUBLE), CAST('-Inf' AS DOUBLE)),
          FALSE
        )
        THEN 'quantity_not_finite'
        ELSE CAST(NULL AS VARCHAR)
      END
    )
  ) AS "__fault"
FROM "parsed_6" AS "t0"
),
checked AS (
SELECT
  "t0"."__file",
  "t0"."__line",
  "t0"."__raw_customer_id",
  "t0"."__raw_time",
  "t0"."__raw_amount",
  "t0"."__raw_margin",
  "t0"."__raw_quantity",
  "t0"."__raw_store",
  "t0"."customer_id",
  "t0"."__local_time" - COALESCE("t0"."__offset_time", 0) AS "time",
  "t0"."amount",
  "t0"."margin",
  "t0"."quantity",
  "t0"."store",
  IFF(
    NOT (
      COALESCE(
        (
          "t0"."__local_time" IS NOT NULL
        )
        AND (
          COALESCE("t0"."__offset_time", 0) = 1000000000000000
        ),
        FALSE
      )
    )
    AND NOT (
      COALESCE(
        (
          "t0"."__local_time" IS NOT NULL
        )
        AND (
          COALESCE("t0"."__offset_time", 0) = 1000000000000001
        ),
        FALSE
      )
    )
    AND NOT (
      COALESCE(
        (
          (
            "t0"."__local_time" - COALESCE("t0"."__offset_time", 0)
          ) < 0
        )
        OR (
          (
            "t0"."__local_time" - COALESCE("t0"."__offset_time", 0)
          ) >= 4102444800000000
        ),
        FALSE
      )
    ),
    "t0"."__fault",
    COALESCE(
      "t0"."__fault",
      CASE
        WHEN COALESCE(
          (
            "t0"."__local_time" IS NOT NULL
          )
          AND (
            COALESCE("t0"."__offset_time", 0) = 1000000000000000
          ),
          FALSE
        )
        THEN 'time_in_dst_gap'
        WHEN COALESCE(
          (
            "t0"."__local_time" IS NOT NULL
          )
          AND (
            COALESCE("t0"."__offset_time", 0) = 1000000000000001
          ),
          FALSE
        )
        THEN 'time_in_dst_fold'
        WHEN COALESCE(
          (
            (
              "t0"."__local_time" - COALESCE("t0"."__offset_time", 0)
            ) < 0
          )
          OR (
            (
              "t0"."__local_time" - COALESCE("t0"."__offset_time", 0)
            ) >= 4102444800000000
          ),
          FALSE
        )
        THEN 'time_implausible'
        ELSE CAST(NULL AS VARCHAR)
      END
    )
  ) AS "__reason",
  FALSE AS "__out"
FROM "parsed" AS "t0"
)
SELECT
  "t0"."customer_id",
  "t0"."time",
  "t0"."amount",
  "t0"."margin",
  "t0"."quantity",
  "t0"."store"
FROM "checked" AS "t0"
WHERE
  "t0"."__reason" IS NULL AND NOT (
    "t0"."__out"
  )
ORDER BY
  "t0"."customer_id" ASC,
  "t0"."time" ASC,
  "t0"."amount" ASC,
  "t0"."margin" ASC,
  "t0"."quantity" ASC,
  "t0"."store" ASC
