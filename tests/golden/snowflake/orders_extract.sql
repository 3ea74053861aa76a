WITH staged AS (
SELECT
  'transactions.orders' AS "source_file", CAST(NULL AS BIGINT) AS "line", "q"."client" AS "customer_id", "q"."date" AS "time", "q"."loaded_at" AS "recorded_at", "q"."montant" AS "amount", "q"."kind" AS "type", "q"."line" AS "event_id"
FROM "SHOP"."SALES"."ORDERS" AS q
),
parsed_1 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."recorded_at",
  "t0"."amount",
  "t0"."type",
  "t0"."event_id",
  REGEXP_REPLACE("t0"."customer_id", '^[\t-\n\f-\r  \u00a0\u1680\u2000-\u200a\u2028-\u2029\u202f\u205f\u3000]+|[\t-\n\f-\r  \u00a0\u1680\u2000-\u200a\u2028-\u2029\u202f\u205f\u3000]+$', '') AS "__0_0",
  (
    CAST(DATE_PART('epoch', DATE_TRUNC('SECOND', "t0"."recorded_at")) AS BIGINT) * 1000000
  ) + CAST(DATE_PART('epoch_microsecond', "t0"."recorded_at") % 1000000 AS BIGINT) AS "__0_1",
  REGEXP_REPLACE(
    "t0"."time",
    '^([0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6}0*)?)?)?)((Z|[+-][0-9]{2}:?[0-9]{2}))?$',
    '\\1'
  ) AS "__0_2",
  REGEXP_INSTR("t0"."type", '[\u0001-\b\u000b\f\u000e-\u001f\u007f-\u009f]') AS "__0_3",
  REGEXP_REPLACE("t0"."amount", '[ \u00a0\u202f]', '') AS "__0_4",
  REGEXP_INSTR("t0"."amount", '^-?([0-9]+|[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+)(,[0-9]{1,2})?$') AS "__0_5",
  REGEXP_INSTR(
    "t0"."time",
    '^([0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6}0*)?)?)?)((Z|[+-][0-9]{2}:?[0-9]{2}))?$'
  ) AS "__0_6",
  REGEXP_SUBSTR(
    "t0"."time",
    '^([0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6}0*)?)?)?)((Z|[+-][0-9]{2}:?[0-9]{2}))?$',
    1,
    1,
    'ce',
    6
  ) AS "__0_7"
FROM "staged" AS "t0"
),
parsed_2 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."recorded_at",
  "t0"."amount",
  "t0"."type",
  "t0"."event_id",
  "t0"."__0_0",
  "t0"."__0_1",
  "t0"."__0_2",
  "t0"."__0_3",
  "t0"."__0_4",
  "t0"."__0_5",
  "t0"."__0_6",
  "t0"."__0_7",
  CAST(ROUND(
    IFF(
      ABS(CAST(TRY_CAST(REPLACE("t0"."__0_4", ',', '.') AS DECIMAL(38, 18)) AS DOUBLE)) < 1e+17,
      TRY_CAST(REPLACE("t0"."__0_4", ',', '.') AS DECIMAL(38, 18)),
      CAST(NULL AS DECIMAL(38, 18))
    ) * 100,
    0
  ) AS DECIMAL(38, 0)) AS "__1_0",
  "t0"."__0_5" > 0 AS "__1_1",
  "t0"."__0_6" > 0 AS "__1_2",
  "t0"."__0_3" > 0 AS "__1_3"
FROM "parsed_1" AS "t0"
),
parsed_3 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."recorded_at",
  "t0"."amount",
  "t0"."type",
  "t0"."event_id",
  "t0"."__0_0",
  "t0"."__0_1",
  "t0"."__0_2",
  "t0"."__0_4",
  "t0"."__0_7",
  "t0"."__1_0",
  "t0"."__1_1",
  "t0"."__1_2",
  "t0"."__1_3",
  CAST(IFF(
    (
      "t0"."__1_0" >= -9223372036854775808
    )
    AND (
      "t0"."__1_0" <= 9223372036854775807
    ),
    "t0"."__1_0",
    CAST(NULL AS DECIMAL(38, 0))
  ) AS BIGINT) AS "__2_0",
  REGEXP_INSTR(
    IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
    '^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)'
  ) AS "__2_1"
FROM "parsed_2" AS "t0"
),
parsed_4 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."recorded_at",
  "t0"."amount",
  "t0"."type",
  "t0"."event_id",
  "t0"."__0_0",
  "t0"."__0_1",
  "t0"."__0_2",
  "t0"."__0_4",
  "t0"."__0_7",
  "t0"."__1_1",
  "t0"."__1_2",
  "t0"."__1_3",
  "t0"."__2_0",
  "t0"."__2_1",
  SUBSTRING(
    IFF(
      "t0"."__2_1" > 0,
      IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
      CAST(NULL AS VARCHAR)
    ),
    IFF(
      (
        5 + 1
      ) >= 1,
      5 + 1,
      5 + 1 + LENGTH(
        IFF(
          "t0"."__2_1" > 0,
          IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
          CAST(NULL AS VARCHAR)
        )
      )
    ),
    2
  ) AS "__3_0",
  SUBSTRING(
    IFF(
      "t0"."__2_1" > 0,
      IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
      CAST(NULL AS VARCHAR)
    ),
    IFF(
      (
        0 + 1
      ) >= 1,
      0 + 1,
      0 + 1 + LENGTH(
        IFF(
          "t0"."__2_1" > 0,
          IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
          CAST(NULL AS VARCHAR)
        )
      )
    ),
    4
  ) AS "__3_1",
  SUBSTRING(
    IFF(
      "t0"."__2_1" > 0,
      IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
      CAST(NULL AS VARCHAR)
    ),
    IFF(
      (
        11 + 1
      ) >= 1,
      11 + 1,
      11 + 1 + LENGTH(
        IFF(
          "t0"."__2_1" > 0,
          IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
          CAST(NULL AS VARCHAR)
        )
      )
    ),
    2
  ) AS "__3_2",
  SUBSTRING(
    IFF(
      "t0"."__2_1" > 0,
      IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
      CAST(NULL AS VARCHAR)
    ),
    IFF(
      (
        14 + 1
      ) >= 1,
      14 + 1,
      14 + 1 + LENGTH(
        IFF(
          "t0"."__2_1" > 0,
          IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
          CAST(NULL AS VARCHAR)
        )
      )
    ),
    2
  ) AS "__3_3",
  SUBSTRING(
    IFF(
      "t0"."__2_1" > 0,
      IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
      CAST(NULL AS VARCHAR)
    ),
    IFF(
      (
        8 + 1
      ) >= 1,
      8 + 1,
      8 + 1 + LENGTH(
        IFF(
          "t0"."__2_1" > 0,
          IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
          CAST(NULL AS VARCHAR)
        )
      )
    ),
    2
  ) AS "__3_4",
  SUBSTRING(
    IFF(
      "t0"."__2_1" > 0,
      IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
      CAST(NULL AS VARCHAR)
    ),
    IFF(
      (
        20 + 1
      ) >= 1,
      20 + 1,
      20 + 1 + LENGTH(
        IFF(
          "t0"."__2_1" > 0,
          IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
          CAST(NULL AS VARCHAR)
        )
      )
    ),
    6
  ) AS "__3_5",
  SUBSTRING(
    IFF(
      "t0"."__2_1" > 0,
      IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
      CAST(NULL AS VARCHAR)
    ),
    IFF(
      (
        17 + 1
      ) >= 1,
      17 + 1,
      17 + 1 + LENGTH(
        IFF(
          "t0"."__2_1" > 0,
          IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
          CAST(NULL AS VARCHAR)
        )
      )
    ),
    2
  ) AS "__3_6"
FROM "parsed_3" AS "t0"
),
parsed_5 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."recorded_at",
  "t0"."amount",
  "t0"."type",
  "t0"."event_id",
  "t0"."__0_0",
  "t0"."__0_1",
  "t0"."__0_2",
  "t0"."__0_4",
  "t0"."__0_7",
  "t0"."__1_1",
  "t0"."__1_2",
  "t0"."__1_3",
  "t0"."__2_0",
  "t0"."__2_1",
  "t0"."__3_0",
  "t0"."__3_1",
  "t0"."__3_2",
  "t0"."__3_3",
  "t0"."__3_4",
  "t0"."__3_5",
  "t0"."__3_6",
  SUBSTRING(
    CONCAT("t0"."__3_5", '000000'),
    IFF((
      0 + 1
    ) >= 1, 0 + 1, 0 + 1 + LENGTH(CONCAT("t0"."__3_5", '000000'))),
    6
  ) AS "__4_0"
FROM "parsed_4" AS "t0"
),
parsed_6 AS (
SELECT
  "t0"."source_file",
  "t0"."line",
  "t0"."customer_id",
  "t0"."time",
  "t0"."recorded_at",
  "t0"."amount",
  "t0"."type",
  "t0"."event_id",
  "t0"."__0_0",
  "t0"."__0_1",
  "t0"."__0_2",
  "t0"."__0_4",
  "t0"."__0_7",
  "t0"."__1_1",
  "t0"."__1_2",
  "t0"."__1_3",
  "t0"."__2_0",
  "t0"."__2_1",
  "t0"."__3_0",
  "t0"."__3_1",
  "t0"."__3_2",
  "t0"."__3_3",
  "t0"."__3_4",
  "t0"."__3_6",
  "t0"."__4_0",
  (
    (
      (
        (
          (
            (
              CAST(FLOOR(
                (
                  (
                    CAST("t0"."__3_1" AS BIGINT) + 400
                  ) - IFF(CAST("t0"."__3_0" AS BIGINT) <= 2, 1, 0)
                ) / (
                  400
                )
              ) AS BIGINT) * 146097
            ) + (
              (
                (
                  (
                    CAST("t0"."__3_1" AS BIGINT) + 400
                  ) - IFF(CAST("t0"."__3_0" AS BIGINT) <= 2, 1, 0)
                ) - (
                  CAST(FLOOR(
                    (
                      (
                        CAST("t0"."__3_1" AS BIGINT) + 400
                      ) - IFF(CAST("t0"."__3_0" AS BIGINT) <= 2, 1, 0)
                    ) / (
                      400
                    )
                  ) AS BIGINT) * 400
                )
              ) * 365
            ) + CAST(FLOOR(
              (
                (
                  (
                    CAST("t0"."__3_1" AS BIGINT) + 400
                  ) - IFF(CAST("t0"."__3_0" AS BIGINT) <= 2, 1, 0)
                ) - (
                  CAST(FLOOR(
                    (
                      (
                        CAST("t0"."__3_1" AS BIGINT) + 400
                      ) - IFF(CAST("t0"."__3_0" AS BIGINT) <= 2, 1, 0)
                    ) / (
                      400
                    )
                  ) AS BIGINT) * 400
                )
              ) / (
                4
              )
            ) AS BIGINT)
          ) - CAST(FLOOR(
            (
              (
                (
                  CAST("t0"."__3_1" AS BIGINT) + 400
                ) - IFF(CAST("t0"."__3_0" AS BIGINT) <= 2, 1, 0)
              ) - (
                CAST(FLOOR(
                  (
                    (
                      CAST("t0"."__3_1" AS BIGINT) + 400
                    ) - IFF(CAST("t0"."__3_0" AS BIGINT) <= 2, 1, 0)
                  ) / (
                    400
                  )
                ) AS BIGINT) * 400
              )
            ) / (
              100
            )
          ) AS BIGINT)
        ) + (
          (
            CAST(FLOOR(
              (
                (
                  (
                    (
                      CAST("t0"."__3_0" AS BIGINT) + 9
                    ) % 12
                  ) * 153
                ) + 2
              ) / (
                5
              )
            ) AS BIGINT) + CAST("t0"."__3_4" AS BIGINT)
          ) - 1
        )
      ) - 865565
    ) * 86400000000
  ) + (
    (
      (
        (
          IFF(
            LENGTH(
              IFF(
                "t0"."__2_1" > 0,
                IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
                CAST(NULL AS VARCHAR)
              )
            ) >= 16,
            (
              CAST("t0"."__3_2" AS BIGINT) * 60
            ) + CAST("t0"."__3_3" AS BIGINT),
            0
          ) * 60
        ) + IFF(
          LENGTH(
            IFF(
              "t0"."__2_1" > 0,
              IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
              CAST(NULL AS VARCHAR)
            )
          ) >= 19,
          CAST("t0"."__3_6" AS BIGINT),
          0
        )
      ) * 1000000
    ) + IFF(
      LENGTH(
        IFF(
          "t0"."__2_1" > 0,
          IFF("t0"."__1_2", "t0"."__0_2", CAST(NULL AS VARCHAR)),
          CAST(NULL AS VARCHAR)
        )
      ) > 20,
      CAST("t0"."__4_0" AS BIGINT),
      0
    )
  ) AS "__5_0"
FROM "parsed_5" AS "t0"
),
parsed AS (
SELECT
  "t0"."source_file" AS "__file",
  "t0"."line" AS "__line",
  "t0"."customer_id" AS "__raw_customer_id",
  "t0"."time" AS "__raw_time",
  CAST("t0"."recorded_at" AS VARCHAR) AS "__raw_recorded_at",
  "t0"."amount" AS "__raw_amount",
  CAST("t0"."event_id" AS VARCHAR) AS "__raw_event_id",
  "t0"."type" AS "__raw_type",
  "t0"."customer_id" AS "__id",
  "t0"."__0_0" AS "customer_id",
  IFF(
    (
      "t0"."__5_0" >= -86400000000
    ) AND (
      "t0"."__5_0" < 4102531200000000
    ),
    "t0"."__5_0",
    CAST(NULL AS BIGINT)
  ) AS "__local_time",
  CASE
    WHEN "t0"."__0_7" = 'Z'
    THEN 0
    WHEN SUBSTRING("t0"."__0_7", IFF((
      0 + 1
    ) >= 1, 0 + 1, 0 + 1 + LENGTH("t0"."__0_7")), 1) = '-'
    THEN -(
      (
        (
          CAST(SUBSTRING("t0"."__0_7", IFF((
            1 + 1
          ) >= 1, 1 + 1, 1 + 1 + LENGTH("t0"."__0_7")), 2) AS BIGINT) * 60
        ) + CAST(RIGHT("t0"."__0_7", 2) AS BIGINT)
      ) * 60000000
    )
    WHEN SUBSTRING("t0"."__0_7", IFF((
      0 + 1
    ) >= 1, 0 + 1, 0 + 1 + LENGTH("t0"."__0_7")), 1) = '+'
    THEN (
      (
        CAST(SUBSTRING("t0"."__0_7", IFF((
          1 + 1
        ) >= 1, 1 + 1, 1 + 1 + LENGTH("t0"."__0_7")), 2) AS BIGINT) * 60
      ) + CAST(RIGHT("t0"."__0_7", 2) AS BIGINT)
    ) * 60000000
    ELSE CAST(NULL AS BIGINT)
  END AS "__offset_time",
  LENGTH("t0"."__0_2") <= 10 AS "__day_time",
  IFF(
    (
      "t0"."__0_1" >= -86400000000
    ) AND (
      "t0"."__0_1" < 4102531200000000
    ),
    "t0"."__0_1",
    CAST(NULL AS BIGINT)
  ) AS "__local_recorded_at",
  0 AS "__offset_recorded_at",
  FALSE AS "__day_recorded_at",
  IFF(
    IFF(
      ABS(
        CAST(CAST(TRY_CAST(IFF(
          "t0"."__1_1" AND (
            LENGTH("t0"."amount") <= 15
          ),
          REPLACE("t0"."__0_4", ',', '.'),
          CAST(NULL AS VARCHAR)
        ) AS DECIMAL(15, 2)) * 100 AS BIGINT) AS DOUBLE)
      ) < 1000000000000000.0,
      CAST(TRY_CAST(IFF(
        "t0"."__1_1" AND (
          LENGTH("t0"."amount") <= 15
        ),
        REPLACE("t0"."__0_4", ',', '.'),
        CAST(NULL AS VARCHAR)
      ) AS DECIMAL(15, 2)) * 100 AS BIGINT),
      CAST(NULL AS BIGINT)
    ) IS NOT NULL,
    IFF(
      ABS(
        CAST(CAST(TRY_CAST(IFF(
          "t0"."__1_1" AND (
            LENGTH("t0"."amount") <= 15
          ),
          REPLACE("t0"."__0_4", ',', '.'),
          CAST(NULL AS VARCHAR)
        ) AS DECIMAL(15, 2)) * 100 AS BIGINT) AS DOUBLE)
      ) < 1000000000000000.0,
      CAST(TRY_CAST(IFF(
        "t0"."__1_1" AND (
          LENGTH("t0"."amount") <= 15
        ),
        REPLACE("t0"."__0_4", ',', '.'),
        CAST(NULL AS VARCHAR)
      ) AS DECIMAL(15, 2)) * 100 AS BIGINT),
      CAST(NULL AS BIGINT)
    ),
    "t0"."__2_0"
  ) AS "amount",
  CAST("t0"."event_id" AS VARCHAR) AS "event_id",
  "t0"."type",
  IFF(
    COALESCE(
      (
        REGEXP_INSTR("t0"."__0_0", '^[!-~]+$') > 0
      )
      AND (
        LENGTH("t0"."__0_0") <= 256
      ),
      FALSE
    )
    AND (
      NOT (
        COALESCE("t0"."time" IS NULL, FALSE)
      )
      AND NOT (
        COALESCE(NOT (
          "t0"."__1_2"
        ), FALSE)
      )
      AND NOT (
        COALESCE((
          "t0"."time" IS NOT NULL
        ) AND (
          "t0"."__5_0" IS NULL
        ), FALSE)
      )
      AND NOT (
        COALESCE(
          (
            "t0"."__5_0" IS NOT NULL
          )
          AND NOT (
            (
              "t0"."__5_0" >= -86400000000
            ) AND (
              "t0"."__5_0" < 4102531200000000
            )
          ),
          FALSE
        )
      )
    )
    AND (
      NOT (
        COALESCE((
          "t0"."recorded_at" IS NOT NULL
        ) AND (
          "t0"."__0_1" IS NULL
        ), FALSE)
      )
      AND NOT (
        COALESCE(
          (
            "t0"."__0_1" IS NOT NULL
          )
          AND NOT (
            (
              "t0"."__0_1" >= -86400000000
            ) AND (
              "t0"."__0_1" < 4102531200000000
            )
          ),
          FALSE
        )
      )
    )
    AND COALESCE(
      IFF(
        ABS(
          CAST(CAST(TRY_CAST(IFF(
            "t0"."__1_1" AND (
              LENGTH("t0"."amount") <= 15
            ),
            REPLACE("t0"."__0_4", ',', '.'),
            CAST(NULL AS VARCHAR)
          ) AS DECIMAL(15, 2)) * 100 AS BIGINT) AS DOUBLE)
        ) < 1000000000000000.0,
        CAST(TRY_CAST(IFF(
          "t0"."__1_1" AND (
            LENGTH("t0"."amount") <= 15
          ),
          REPLACE("t0"."__0_4", ',', '.'),
          CAST(NULL AS VARCHAR)
        ) AS DECIMAL(15, 2)) * 100 AS BIGINT),
        CAST(NULL AS BIGINT)
      ) IS NOT NULL,
      FALSE
    )
    AND NOT (
      COALESCE("t0"."event_id" IS NULL, FALSE)
    )
    AND NOT (
      COALESCE("t0"."__1_3", FALSE)
    ),
    CAST(NULL AS VARCHAR),
    COALESCE(
      CAST(NULL AS VARCHAR),
      CASE
        WHEN COALESCE(
          (
            "t0"."__0_0" IS NULL
          )
          OR NOT (
            REGEXP_INSTR("t0"."__0_0", '[^\t-\n\f-\r  \u00a0\u1680\u2000-\u200a\u2028-\u2029\u202f\u205f\u3000]') > 0
          ),
          FALSE
        )
        THEN 'customer_id_missing'
        WHEN COALESCE(LENGTH("t0"."__0_0") > 256, FALSE)
        THEN 'customer_id_too_long'
        WHEN COALESCE(REGEXP_INSTR("t0"."__0_0", '[\u0001-\u001f\u007f-\u009f]') > 0, FALSE)
        THEN 'customer_id_control_character'
        WHEN COALESCE(
          REGEXP_INSTR("t0"."__0_0", '[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb𑂽𑃍𓐰-𓐿𛲠-𛲣𝅳-𝅺󠀁󠀠-󠁿]') > 0,
          FALSE
        )
        THEN 'customer_id_invisible_character'
        WHEN COALESCE(
          REGEXP_INSTR("t0"."__0_0", '^[\t-\n\f-\r  \u00a0\u1680\u2000-\u200a\u2028-\u2029\u202f\u205f\u3000]|[\t-\n\f-\r  \u00a0\u1680\u2000-\u200a\u2028-\u2029\u202f\u205f\u3000]$|[\u00a0\u2007\u202f]') > 0,
          FALSE
        )
        THEN 'customer_id_space'
        ELSE CAST(NULL AS VARCHAR)
      END,
      CASE
        WHEN COALESCE("t0"."time" IS NULL, FALSE)
        THEN 'time_missing'
        WHEN COALESCE(NOT (
          "t0"."__1_2"
        ), FALSE)
        THEN 'time_not_a_time'
        WHEN COALESCE((
          "t0"."time" IS NOT NULL
        ) AND (
          "t0"."__5_0" IS NULL
        ), FALSE)
        THEN 'time_impossible'
        WHEN COALESCE(
          (
            "t0"."__5_0" IS NOT NULL
          )
          AND NOT (
            (
              "t0"."__5_0" >= -86400000000
            ) AND (
              "t0"."__5_0" < 4102531200000000
            )
          ),
          FALSE
        )
        THEN 'time_implausible'
        ELSE CAST(NULL AS VARCHAR)
      END,
      CASE
        WHEN COALESCE((
          "t0"."recorded_at" IS NOT NULL
        ) AND (
          "t0"."__0_1" IS NULL
        ), FALSE)
        THEN 'recorded_at_implausible'
        WHEN COALESCE(
          (
            "t0"."__0_1" IS NOT NULL
          )
          AND NOT (
            (
              "t0"."__0_1" >= -86400000000
            ) AND (
              "t0"."__0_1" < 4102531200000000
            )
          ),
          FALSE
        )
        THEN 'recorded_at_implausible'
        ELSE CAST(NULL AS VARCHAR)
      END,
      CASE
        WHEN COALESCE(NOT (
          "t0"."amount" IS NOT NULL
        ), FALSE)
        THEN 'amount_missing'
        WHEN COALESCE(
          NOT (
            REGEXP_INSTR("t0"."amount", '^-?([0-9]+|[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+)(,[0-9]{1,})?$') > 0
          ),
          FALSE
        )
        THEN 'amount_not_a_number'
        WHEN COALESCE(
          NOT (
            REGEXP_INSTR("t0"."amount", '^-?([0-9]+|[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+)(,[0-9]{1,18})?$') > 0
          ),
          FALSE
        )
        THEN 'amount_too_precise'
        WHEN COALESCE(NOT (
          "t0"."__1_1"
        ), FALSE)
        THEN 'amount_too_precise'
        WHEN COALESCE((
          "t0"."amount" IS NOT NULL
        ) AND (
          "t0"."__2_0" IS NULL
        ), FALSE)
        THEN 'amount_overflow'
        ELSE CAST(NULL AS VARCHAR)
      END,
      CASE
        WHEN COALESCE("t0"."event_id" IS NULL, FALSE)
        THEN 'event_id_missing'
        ELSE CAST(NULL AS VARCHAR)
      END,
      CASE
        WHEN COALESCE("t0"."__1_3", FALSE)
        THEN 'type_control_character'
        ELSE CAST(NULL AS VARCHAR)
      END
    )
  ) AS "__fault"
FROM "parsed_6" AS "t0"
),
checked_1 AS (
SELECT
  "t0"."__file",
  "t0"."__line",
  "t0"."__raw_customer_id",
  "t0"."__raw_time",
  "t0"."__raw_recorded_at",
  "t0"."__raw_amount",
  "t0"."__raw_event_id",
  "t0"."__raw_type",
  "t0"."__id",
  "t0"."customer_id",
  "t0"."__local_time",
  "t0"."__offset_time",
  "t0"."__day_time",
  "t0"."__local_recorded_at",
  "t0"."__offset_recorded_at",
  "t0"."amount",
  "t0"."event_id",
  "t0"."type",
  "t0"."__fault",
  LOWER(TRANSLATE("t0"."type", 'İK', 'ik')) AS "__0_0"
FROM "parsed" AS "t0"
),
checked AS (
SELECT
  "t0"."__file",
  "t0"."__line",
  "t0"."__raw_customer_id",
  "t0"."__raw_time",
  "t0"."__raw_recorded_at",
  "t0"."__raw_amount",
  "t0"."__raw_event_id",
  "t0"."__raw_type",
  "t0"."__id",
  "t0"."customer_id",
  "t0"."__local_time" - COALESCE(
    "t0"."__offset_time",
    IFF(
      "t0"."__day_time",
      IFF(
        "t0"."__local_time" < 1711854000000000,
        IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
        IFF(
          "t0"."__local_time" < 1729994400000000,
          7200000000,
          IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
        )
      ),
      IFF(
        "t0"."__local_time" < 1711854000000000,
        IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
        IFF(
          "t0"."__local_time" < 1729994400000000,
          7200000000,
          IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
        )
      )
    )
  ) AS "time",
  "t0"."__local_recorded_at" - COALESCE("t0"."__offset_recorded_at", 0) AS "recorded_at",
  "t0"."amount",
  "t0"."event_id",
  "t0"."type",
  IFF(
    NOT (
      COALESCE(
        (
          "t0"."amount" < 0
        )
        AND NOT (
          COALESCE(
            "t0"."__0_0" IN (
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
    IFF(
      NOT (
        COALESCE(
          (
            "t0"."__local_time" IS NOT NULL
          )
          AND (
            COALESCE(
              "t0"."__offset_time",
              IFF(
                "t0"."__day_time",
                IFF(
                  "t0"."__local_time" < 1711854000000000,
                  IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                  IFF(
                    "t0"."__local_time" < 1729994400000000,
                    7200000000,
                    IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                  )
                ),
                IFF(
                  "t0"."__local_time" < 1711854000000000,
                  IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                  IFF(
                    "t0"."__local_time" < 1729994400000000,
                    7200000000,
                    IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
            "t0"."__local_time" IS NOT NULL
          )
          AND (
            COALESCE(
              "t0"."__offset_time",
              IFF(
                "t0"."__day_time",
                IFF(
                  "t0"."__local_time" < 1711854000000000,
                  IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                  IFF(
                    "t0"."__local_time" < 1729994400000000,
                    7200000000,
                    IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                  )
                ),
                IFF(
                  "t0"."__local_time" < 1711854000000000,
                  IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                  IFF(
                    "t0"."__local_time" < 1729994400000000,
                    7200000000,
                    IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
              "t0"."__local_time" - COALESCE(
                "t0"."__offset_time",
                IFF(
                  "t0"."__day_time",
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
                    )
                  )
                )
              )
            ) < 0
          )
          OR (
            (
              "t0"."__local_time" - COALESCE(
                "t0"."__offset_time",
                IFF(
                  "t0"."__day_time",
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
              "t0"."__local_recorded_at" IS NOT NULL
            )
            AND (
              COALESCE("t0"."__offset_recorded_at", 0) = 1000000000000000
            ),
            FALSE
          )
        )
        AND NOT (
          COALESCE(
            (
              "t0"."__local_recorded_at" IS NOT NULL
            )
            AND (
              COALESCE("t0"."__offset_recorded_at", 0) = 1000000000000001
            ),
            FALSE
          )
        )
        AND NOT (
          COALESCE(
            (
              (
                "t0"."__local_recorded_at" - COALESCE("t0"."__offset_recorded_at", 0)
              ) < 0
            )
            OR (
              (
                "t0"."__local_recorded_at" - COALESCE("t0"."__offset_recorded_at", 0)
              ) >= 4102444800000000
            ),
            FALSE
          )
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
              COALESCE(
                "t0"."__offset_time",
                IFF(
                  "t0"."__day_time",
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
              "t0"."__local_time" IS NOT NULL
            )
            AND (
              COALESCE(
                "t0"."__offset_time",
                IFF(
                  "t0"."__day_time",
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
                "t0"."__local_time" - COALESCE(
                  "t0"."__offset_time",
                  IFF(
                    "t0"."__day_time",
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
                      )
                    )
                  )
                )
              ) < 0
            )
            OR (
              (
                "t0"."__local_time" - COALESCE(
                  "t0"."__offset_time",
                  IFF(
                    "t0"."__day_time",
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
                      )
                    )
                  )
                )
              ) >= 4102444800000000
            ),
            FALSE
          )
          THEN 'time_implausible'
          ELSE CAST(NULL AS VARCHAR)
        END,
        CASE
          WHEN COALESCE(
            (
              "t0"."__local_recorded_at" IS NOT NULL
            )
            AND (
              COALESCE("t0"."__offset_recorded_at", 0) = 1000000000000000
            ),
            FALSE
          )
          THEN 'recorded_at_in_dst_gap'
          WHEN COALESCE(
            (
              "t0"."__local_recorded_at" IS NOT NULL
            )
            AND (
              COALESCE("t0"."__offset_recorded_at", 0) = 1000000000000001
            ),
            FALSE
          )
          THEN 'recorded_at_in_dst_fold'
          WHEN COALESCE(
            (
              (
                "t0"."__local_recorded_at" - COALESCE("t0"."__offset_recorded_at", 0)
              ) < 0
            )
            OR (
              (
                "t0"."__local_recorded_at" - COALESCE("t0"."__offset_recorded_at", 0)
              ) >= 4102444800000000
            ),
            FALSE
          )
          THEN 'recorded_at_implausible'
          ELSE CAST(NULL AS VARCHAR)
        END
      )
    ),
    COALESCE(
      IFF(
        NOT (
          COALESCE(
            (
              "t0"."__local_time" IS NOT NULL
            )
            AND (
              COALESCE(
                "t0"."__offset_time",
                IFF(
                  "t0"."__day_time",
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
              "t0"."__local_time" IS NOT NULL
            )
            AND (
              COALESCE(
                "t0"."__offset_time",
                IFF(
                  "t0"."__day_time",
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                    )
                  ),
                  IFF(
                    "t0"."__local_time" < 1711854000000000,
                    IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                    IFF(
                      "t0"."__local_time" < 1729994400000000,
                      7200000000,
                      IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
                "t0"."__local_time" - COALESCE(
                  "t0"."__offset_time",
                  IFF(
                    "t0"."__day_time",
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
                      )
                    )
                  )
                )
              ) < 0
            )
            OR (
              (
                "t0"."__local_time" - COALESCE(
                  "t0"."__offset_time",
                  IFF(
                    "t0"."__day_time",
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
                "t0"."__local_recorded_at" IS NOT NULL
              )
              AND (
                COALESCE("t0"."__offset_recorded_at", 0) = 1000000000000000
              ),
              FALSE
            )
          )
          AND NOT (
            COALESCE(
              (
                "t0"."__local_recorded_at" IS NOT NULL
              )
              AND (
                COALESCE("t0"."__offset_recorded_at", 0) = 1000000000000001
              ),
              FALSE
            )
          )
          AND NOT (
            COALESCE(
              (
                (
                  "t0"."__local_recorded_at" - COALESCE("t0"."__offset_recorded_at", 0)
                ) < 0
              )
              OR (
                (
                  "t0"."__local_recorded_at" - COALESCE("t0"."__offset_recorded_at", 0)
                ) >= 4102444800000000
              ),
              FALSE
            )
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
                COALESCE(
                  "t0"."__offset_time",
                  IFF(
                    "t0"."__day_time",
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
                "t0"."__local_time" IS NOT NULL
              )
              AND (
                COALESCE(
                  "t0"."__offset_time",
                  IFF(
                    "t0"."__day_time",
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                      )
                    ),
                    IFF(
                      "t0"."__local_time" < 1711854000000000,
                      IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                      IFF(
                        "t0"."__local_time" < 1729994400000000,
                        7200000000,
                        IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
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
                  "t0"."__local_time" - COALESCE(
                    "t0"."__offset_time",
                    IFF(
                      "t0"."__day_time",
                      IFF(
                        "t0"."__local_time" < 1711854000000000,
                        IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                        IFF(
                          "t0"."__local_time" < 1729994400000000,
                          7200000000,
                          IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                        )
                      ),
                      IFF(
                        "t0"."__local_time" < 1711854000000000,
                        IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                        IFF(
                          "t0"."__local_time" < 1729994400000000,
                          7200000000,
                          IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
                        )
                      )
                    )
                  )
                ) < 0
              )
              OR (
                (
                  "t0"."__local_time" - COALESCE(
                    "t0"."__offset_time",
                    IFF(
                      "t0"."__day_time",
                      IFF(
                        "t0"."__local_time" < 1711854000000000,
                        IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
                        IFF(
                          "t0"."__local_time" < 1729994400000000,
                          7200000000,
                          IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
                        )
                      ),
                      IFF(
                        "t0"."__local_time" < 1711854000000000,
                        IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
                        IFF(
                          "t0"."__local_time" < 1729994400000000,
                          7200000000,
                          IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
                        )
                      )
                    )
                  )
                ) >= 4102444800000000
              ),
              FALSE
            )
            THEN 'time_implausible'
            ELSE CAST(NULL AS VARCHAR)
          END,
          CASE
            WHEN COALESCE(
              (
                "t0"."__local_recorded_at" IS NOT NULL
              )
              AND (
                COALESCE("t0"."__offset_recorded_at", 0) = 1000000000000000
              ),
              FALSE
            )
            THEN 'recorded_at_in_dst_gap'
            WHEN COALESCE(
              (
                "t0"."__local_recorded_at" IS NOT NULL
              )
              AND (
                COALESCE("t0"."__offset_recorded_at", 0) = 1000000000000001
              ),
              FALSE
            )
            THEN 'recorded_at_in_dst_fold'
            WHEN COALESCE(
              (
                (
                  "t0"."__local_recorded_at" - COALESCE("t0"."__offset_recorded_at", 0)
                ) < 0
              )
              OR (
                (
                  "t0"."__local_recorded_at" - COALESCE("t0"."__offset_recorded_at", 0)
                ) >= 4102444800000000
              ),
              FALSE
            )
            THEN 'recorded_at_implausible'
            ELSE CAST(NULL AS VARCHAR)
          END
        )
      ),
      CASE
        WHEN COALESCE(
          (
            "t0"."amount" < 0
          )
          AND NOT (
            COALESCE(
              "t0"."__0_0" IN (
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
        ELSE CAST(NULL AS VARCHAR)
      END
    )
  ) AS "__reason",
  COALESCE(
    (
      "t0"."__local_time" - COALESCE(
        "t0"."__offset_time",
        IFF(
          "t0"."__day_time",
          IFF(
            "t0"."__local_time" < 1711854000000000,
            IFF("t0"."__local_time" < 1711850400000000, 3600000000, 82800000000),
            IFF(
              "t0"."__local_time" < 1729994400000000,
              7200000000,
              IFF("t0"."__local_time" < 1729998000000000, 7200000000, 3600000000)
            )
          ),
          IFF(
            "t0"."__local_time" < 1711854000000000,
            IFF("t0"."__local_time" < 1711850400000000, 3600000000, 1000000000000000),
            IFF(
              "t0"."__local_time" < 1729994400000000,
              7200000000,
              IFF("t0"."__local_time" < 1729998000000000, 1000000000000001, 3600000000)
            )
          )
        )
      )
    ) < 1704063600000000,
    FALSE
  ) AS "__out"
FROM "checked_1" AS "t0"
)
SELECT
  "t3"."customer_id",
  "t3"."time",
  "t3"."recorded_at",
  "t3"."amount",
  "t3"."event_id",
  "t3"."type"
FROM (
  SELECT
    "t2"."customer_id",
    "t2"."time",
    "t2"."recorded_at",
    "t2"."amount",
    "t2"."event_id",
    "t2"."type",
    "t2"."__copy",
    SUM(IFF("t2"."__copy" = 0, 1, 0)) OVER (
      PARTITION BY "t2"."event_id"
      ORDER BY NULL ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "__kinds"
  FROM (
    SELECT
      "t1"."customer_id",
      "t1"."time",
      "t1"."recorded_at",
      "t1"."amount",
      "t1"."event_id",
      "t1"."type",
      ROW_NUMBER() OVER (
        PARTITION BY "t1"."customer_id", "t1"."time", "t1"."recorded_at", "t1"."amount", "t1"."event_id", "t1"."type"
      ) - 1 AS "__copy"
    FROM (
      SELECT
        "t0"."customer_id",
        "t0"."time",
        "t0"."recorded_at",
        "t0"."amount",
        "t0"."event_id",
        "t0"."type"
      FROM "checked" AS "t0"
      WHERE
        "t0"."__reason" IS NULL AND NOT (
          "t0"."__out"
        )
    ) AS "t1"
  ) AS "t2"
) AS "t3"
WHERE
  (
    "t3"."__copy" = 0
  ) OR (
    "t3"."__kinds" > 1
  )
ORDER BY
  "t3"."customer_id" ASC,
  "t3"."time" ASC,
  "t3"."recorded_at" ASC,
  "t3"."amount" ASC,
  "t3"."event_id" ASC,
  "t3"."type" ASC
