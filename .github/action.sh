#!/bin/bash
# What action.yml runs: compares or measures, tells the job what came out, and ends as the job should.
# In the environment: MODE BASE HEAD ACROSS FIRST_RUN PROFILE FAIL_ON_INCONCLUSIVE OUT, and GITHUB_OUTPUT.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
as_root=()
[ "$(id -u)" = 0 ] || ! command -v sudo >/dev/null || as_root=(sudo)

# refuse WHAT: wrong usage, told where the job shows it.
refuse() {
  echo "::error title=ringbench::$1"
  exit 2
}
out=${OUT:-ringbench-$MODE}
# A line break would be a second output, of whoever chose the name.
case $out in *[$'\r\n']*) refuse "out must be one line" ;; esac

# verdict_of FILE: the verdict in a JSON document of ringbench; "none" where there is no such file, or none in it.
verdict_of() {
  python3 - "$1" <<'EOF' 2>/dev/null || echo none
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    print(json.load(file)["verdict"])
EOF
}

compare() {
  local arguments=(--out "$out") across what
  if [ -z "$BASE" ] || [ -z "$HEAD" ]; then refuse "to compare, base and head must be given"; fi
  [ "$FIRST_RUN" != true ] || arguments+=(--first-run)
  read -ra across <<<"$ACROSS"
  for what in ${across[@]+"${across[@]}"}; do arguments+=(--across "$what"); done
  rm -f -- "$out/compare.json" "$out/compare.html" # of an earlier call: they would answer for this one
  # with-env installs what is missing, as root; the comparison itself runs without.
  [ -x "$top/.venv/bin/ringbench" ] || ${as_root[@]+"${as_root[@]}"} "$top/with-env" ringbench --version >&2
  "$top/with-env" ringbench compare "${arguments[@]}" -- "$BASE" "$HEAD" || status=$?
  report=$out/compare.html
  verdict=$(verdict_of "$out/compare.json")
}

run() {
  ${as_root[@]+"${as_root[@]}"} "$top/with-env" ringbench run --profile "$PROFILE" --out "$out" --quiet || status=$?
  report=$out/report.html
  # 3 stands for measurements that are invalid or broke off, too: there is no answer then, not one in doubt.
  case $status in
    0) verdict=measured ;;
    3)
      if [ "$(verdict_of "$out/session.json")" = inconclusive ]; then
        verdict=inconclusive
        echo "::warning title=ringbench::inconclusive: too much else went on; the report says what"
      fi
      ;;
  esac
}

status=0 verdict=none report=
case $MODE in
  compare) compare ;;
  run) run ;;
  *) refuse "mode must be compare or run" ;;
esac
[ -s "$report" ] || report=
{
  echo "verdict=$verdict"
  echo "status=$status"
  echo "report=$report"
} >>"$GITHUB_OUTPUT"
if [ "$verdict" = inconclusive ] && [ "$FAIL_ON_INCONCLUSIVE" != true ]; then
  exit 0
fi
exit "$status"
