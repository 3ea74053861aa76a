-- after the steps of the extract
SELECT
  COUNT(*) AS "CountStar()"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t1"."customer_id",
      COUNT(*) AS "n"
    FROM (
      SELECT DISTINCT
        "t0"."customer_id",
        "t0"."__id" AS "raw"
      FROM "checked" AS "t0"
      WHERE
        "t0"."__reason" IS NULL AND NOT (
          "t0"."__out"
        )
    ) AS "t1"
    GROUP BY
      1
  ) AS "t2"
  WHERE
    "t2"."n" > 1
) AS "t3"
