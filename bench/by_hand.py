"""Eighteen of the shipped rules as an analyst writes them by hand in DuckDB's SQL, three values and all.

``{source}`` is a table as described at the top of ``postlude.logic.sql``. Nothing here uses that module; the benchmark
checks that both give the same for every row before it compares their speed. Lists are mapped to truths and numbers and
never filtered, which is the fastest way that we know of (filtering copies every field of a record).
"""

_CLASSES = (
    "opioid",
    "gabapentinoid",
    "benzodiazepine",
    "macrolide",
)


def _on(name: str, condition: str) -> str:
    """Return a column that says whether a medicine is taken: yes, no (the list is complete), or not known."""
    return f"""CASE WHEN list_contains(list_transform(medications, lambda x: {condition}), TRUE) THEN TRUE
    WHEN medications_complete AND NOT list_contains(list_transform(medications, lambda x: ({condition}) IS NULL), TRUE)
      THEN FALSE END AS {name}"""


_MEDICINES = ",\n  ".join(_on(f"on_{c}", f"x.current AND x.{c}") for c in _CLASSES)

QUERY = f"""WITH m AS (SELECT *,
  {_MEDICINES},
  {_on("on_thinner", "x.current AND (x.antiplatelet OR x.anticoagulant)")},
  {_on("on_duloxetine", "x.current AND x.medicine = 'duloxetine'")},
  coalesce(list_sum(list_transform(medications, lambda x: CASE WHEN x.current AND x.opioid
    THEN round(coalesce(x.daily_dose, 0) * coalesce(x.mme_factor, 0), 6) END)), 0) AS mme_least,
  CASE WHEN medications_complete THEN
    coalesce(list_sum(list_transform(medications, lambda x: CASE WHEN coalesce(x.current AND x.opioid, TRUE)
      THEN round(coalesce(x.daily_dose, 100000) * coalesce(x.mme_factor, 100), 6) END)), 0)
    ELSE 'infinity'::DOUBLE END AS mme_most,
  leg_weakness OR arm_weakness AS weakness,
  bladder_change OR bowel_change OR saddle_numbness AS cauda,
  (bladder_change AND (bladder_change_recent OR cannot_pass_urine)) OR (bowel_change AND bowel_change_recent)
    OR (saddle_numbness AND saddle_numbness_recent) AS cauda_new,
  hand_clumsiness OR gait_unsteady OR lhermitte OR leg_stiffness OR trunk_numbness AS cord,
  walking_lost OR (trunk_numbness AND trunk_numbness_recent) AS cord_lost,
  last_spine_procedure = 'within_6_weeks' OR CASE
    WHEN list_contains(list_transform(operations, lambda x: as_of - x.operation_date <= 42), TRUE) THEN TRUE
    WHEN operations_complete AND NOT list_contains(list_transform(operations, lambda x: x.operation_date IS NULL), TRUE)
      THEN FALSE END AS operated_lately
FROM {{source}}),
n AS (SELECT *,
  cauda_new OR (weakness AND (weakness_recent OR weakness_worsening)) OR (cord AND cord_worse_fast)
    OR cord_lost AS neurology_new,
  NOT cauda_investigated OR operated_lately AS cauda_open
FROM m)
SELECT id,
  cauda_new OR (sexual_change AND sexual_change_recent)
    OR (leg_weakness AND leg_weakness_both AND (weakness_recent OR NOT weakness_examined))
    OR (limb_numbness_recent AND leg_numbness_both)
    OR (CASE WHEN coalesce(bladder_change, FALSE)::INT + coalesce(bowel_change, FALSE)::INT
          + coalesce(saddle_numbness, FALSE)::INT >= 2 THEN TRUE
        WHEN coalesce(bladder_change, TRUE)::INT + coalesce(bowel_change, TRUE)::INT
          + coalesce(saddle_numbness, TRUE)::INT < 2 THEN FALSE END AND cauda_open)
    OR (cauda AND (saddle_sensation_lost OR residual_urine_ml >= 200) AND cauda_open)
    OR ((cauda OR saddle_sensation_lost) AND both_leg_pain AND both_leg_pain_recent) AS "cauda-equina",
  cauda OR saddle_sensation_lost AS "cauda-equina-older",
  both_leg_pain AND both_leg_pain_recent AS "both-leg-pain-new",
  (weakness AND (weakness_recent OR NOT weakness_examined OR operated_lately))
    OR (leg_weakness AND leg_weakness_both AND limb_too_weak_to_lift) AS "motor-deficit-to-examine",
  (cord AND (NOT cord_investigated OR cord_worse_since OR cord_compression_on_imaging))
    OR (cord_signs_found AND cord_compression_on_imaging) AS "myelopathy-possible",
  cord_lost
    OR (cord AND (cord_worse_fast OR (bladder_change AND bladder_change_recent) OR (weakness AND weakness_recent)))
    OR ((cord_signs_found OR cord_compression_on_imaging) AND (neurology_new OR limb_numbness_recent))
    OR (thoracic_pain AND thoracic_pain_recent AND neurology_new)
    OR (cord AND weakness AND limb_numbness_recent) AS "myelopathy-fast",
  implanted_device IN ('stimulator', 'trial_lead', 'pump', 'several') AND device_site_red AS "device-site-infection",
  suicide_plan OR suicide_intent OR ((wish_dead OR suicidal_thoughts OR phq9_item9 >= 1)
    AND (suicide_means OR suicide_attempt_recent)) AS "suicide-emergency",
  wish_dead OR suicidal_thoughts OR phq9_item9 >= 1 OR suicide_attempt_recent AS "suicide-concern",
  CASE WHEN mme_least >= 50 THEN TRUE WHEN mme_most < 50 THEN FALSE END AS "opioid-dose-50",
  CASE WHEN mme_least >= 90 THEN TRUE WHEN mme_most < 90 THEN FALSE END AS "opioid-dose-90",
  on_opioid AND on_gabapentinoid AS "opioid-gabapentinoid",
  on_opioid AND on_benzodiazepine AS "opioid-benzodiazepine",
  on_opioid AND (sleep_apnoea OR copd OR age >= 65) AS "opioid-breathing",
  on_duloxetine AND (chronic_liver_disease OR alcohol_heavy) AS "duloxetine-liver",
  on_duloxetine AND egfr < 30 AS "duloxetine-kidney",
  on_thinner AS "antithrombotic-neuraxial",
  (operable_compression OR instability OR implant_loosening_or_breakage OR nonunion)
    AND NOT surgeon_has_seen AS "refer-structural"
FROM n
"""
RULES = (
    "cauda-equina",
    "cauda-equina-older",
    "both-leg-pain-new",
    "motor-deficit-to-examine",
    "myelopathy-possible",
    "myelopathy-fast",
    "device-site-infection",
    "suicide-emergency",
    "suicide-concern",
    "opioid-dose-50",
    "opioid-dose-90",
    "opioid-gabapentinoid",
    "opioid-benzodiazepine",
    "opioid-breathing",
    "duloxetine-liver",
    "duloxetine-kidney",
    "antithrombotic-neuraxial",
    "refer-structural",
)
