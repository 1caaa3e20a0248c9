#!/bin/bash
# A nightly session: measure, save as a baseline, remove what is old. Run by ringbench-nightly.service as root.
#   KEEP_BASELINES=60 KEEP_SESSIONS=7 KEEP_DAYS=14 PROFILE=ci contrib/systemd/nightly.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
profile=${PROFILE:-ci} baselines=${KEEP_BASELINES:-60} sessions=${KEEP_SESSIONS:-7} days=${KEEP_DAYS:-14}
session=results/nightly/$(date -u +%Y-%m-%dT%H-%M-%S)

status=0
./with-env ringbench run --profile "$profile" --out "$session" --keep-events first --quiet || status=$?
case $status in
  # A night in which too much else went on is kept as a session, and is no baseline.
  0) ./with-env ringbench baseline save "$session" --keep "$baselines" ;;
  3) echo "the session is inconclusive or invalid: not saved as a baseline" >&2 ;;
  *) exit "$status" ;;
esac
./with-env ringbench history --out results/nightly >/dev/null || true
# Sessions of nights past: folders that a run of this script made, by their names, and nothing else. The newest stay,
# however old they are: a machine that was off for a month still has some to look at.
d='[0-9]'
find results/nightly -mindepth 1 -maxdepth 1 -type d -name "20$d$d-$d$d-$d${d}T$d$d-$d$d-$d$d" | sort | head -n "-$sessions" |
  while read -r old; do find "$old" -maxdepth 0 -mtime "+$days" -exec rm -rf -- {} +; done
