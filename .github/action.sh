#!/bin/bash
# What action.yml runs: compares, tells the job what came out, and ends as the job should.
# In the environment: BASE HEAD ACROSS FIRST_RUN FAIL_ON_INCONCLUSIVE OUT, and GITHUB_OUTPUT.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
arguments=(--out "$OUT")
[ "$FIRST_RUN" != true ] || arguments+=(--first-run)
read -ra across <<<"$ACROSS"
for what in ${across[@]+"${across[@]}"}; do arguments+=(--across "$what"); done

status=0
if [ -x "$top/.venv/bin/ringbench" ] || [ "$(id -u)" = 0 ] || ! command -v sudo >/dev/null; then
  prepare=()
else
  prepare=(sudo) # with-env installs what is missing; the comparison itself runs without root
fi
${prepare[@]+"${prepare[@]}"} "$top/with-env" ringbench --version >&2
"$top/with-env" ringbench compare "${arguments[@]}" -- "$BASE" "$HEAD" || status=$?

verdict=none
[ ! -s "$OUT/compare.json" ] || verdict=$(sed -n 's/^ "verdict": "\([a-z-]*\)",$/\1/p' "$OUT/compare.json" | head -n 1)
{
  echo "verdict=$verdict"
  echo "status=$status"
  echo "report=$OUT/compare.html"
} >>"$GITHUB_OUTPUT"
if [ "$status" = 3 ] && [ "$FAIL_ON_INCONCLUSIVE" != true ]; then
  exit 0
fi
exit "$status"
