#!/usr/bin/env bash
# Starts the three workers, beat and the worker of the maintenance tasks, as a supervisor would; Ctrl-C or SIGTERM stops
# all five.
#   high_priority  polls that people asked for, 4 threads
#   low_priority   single polls and maintenance, 2 processes, which also write exports
#   daemon         sweeps of everything that is due, 1 process (one sweep asks hundreds of printers at once)
#   ezworker       maintenance tasks, by the database's queue
set -euo pipefail
cd "$(dirname "$0")"
celery=${CELERY:-celery}
if [ -z "${CELERY:-}" ] && [ -x ../.venv/bin/celery ]; then celery=../.venv/bin/celery; fi
python=${PYTHON:-python}
if [ -z "${PYTHON:-}" ] && [ -x ../.venv/bin/python ]; then python=../.venv/bin/python; fi
mkdir -p logs

pids=()
stop() {
  trap - INT TERM EXIT
  kill -TERM "${pids[@]}" 2>/dev/null || true
  wait "${pids[@]}" 2>/dev/null || true
}
trap stop INT TERM EXIT

"$celery" -A printer_inventory worker -Q high_priority -P threads -c "${HIGH_CONCURRENCY:-4}" -n high@%h --loglevel info &
pids+=($!)
"$celery" -A printer_inventory worker -Q low_priority,exports -c "${LOW_CONCURRENCY:-2}" -n low@%h --loglevel info &
pids+=($!)
"$celery" -A printer_inventory worker -Q daemon -c "${DAEMON_CONCURRENCY:-1}" -n daemon@%h --loglevel info &
pids+=($!)
"$celery" -A printer_inventory beat --loglevel info &
pids+=($!)
"$python" manage.py ezworker --concurrency "${MAINTENANCE_CONCURRENCY:-2}" &
pids+=($!)

# One that ends takes the others with it, so that the supervisor sees the failure and starts all again.
wait -n "${pids[@]}"
exit 1
