#!/usr/bin/env bash
# Trains `mini` from nothing on one GPU, in pieces of at most 8 minutes, about 25 minutes in all.
# Each call is one piece: it resumes what the last one saved, and says when the weights are done.
#   PIECE_MINUTES=8 runs/mini_gpu.sh      once more until it prints the weights folder
# A machine without npm takes the props as one file: put props.npz into the run's folder beforehand
# (docs/guide/training.md says how to pack them).
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
run=${RUN:-${LAQTA_HOME:-$HOME/.laqta}/runs/mini}
export PYTHONUNBUFFERED=1

resume=()
[ ! -f "$run/recipe.json" ] || resume=(--resume)
"$python" -m laqta train mini --out "$run" --device cuda --minutes "${PIECE_MINUTES:-8}" "${resume[@]}"
