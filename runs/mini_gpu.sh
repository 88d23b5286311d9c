#!/usr/bin/env bash
# Trains `mini`, its judge and its student from nothing on one GPU, half an hour in all, in pieces of at most
# PIECE_MINUTES (8). Each call goes on where the last one stopped; the last one says that everything is done.
#   PIECE_MINUTES=8 runs/mini_gpu.sh                  the weights come to LAQTA_HOME/models
#   SIZE=speck DEVICE=cpu runs/mini_gpu.sh            a rehearsal, two minutes on a CPU
# A machine without npm needs LAQTA_HOME/assets from one that has it (`laqta world fetch`).
set -euo pipefail
cd "$(dirname "$0")/.."

size=${SIZE:-mini}
device=${DEVICE:-cuda}
home=${LAQTA_HOME:-$HOME/.laqta}
python=${PYTHON:-.venv/bin/python}
deadline=$((SECONDS + 60 * ${PIECE_MINUTES:-8}))
export PYTHONUNBUFFERED=1

# train RECIPE NAME: go on with a recipe until it is done or time is up; what it made is installed as NAME.
train() {
    local installed=$home/models/$2 run=$home/runs/$1 left=$((deadline - SECONDS)) resume=() weights
    [ ! -e "$installed" ] || return 0
    [ ! -f "$run/recipe.json" ] || resume=(--resume)
    if ((left < 20)); then
        echo "time is up; call again for $1"
        exit 0
    fi
    weights=$("$python" -m laqta train "$1" --device "$device" --minutes "$(awk "BEGIN { print $left / 60 }")" "${resume[@]}")
    if [ -z "$weights" ]; then
        echo "time is up; call again for the rest of $1"
        exit 0
    fi
    mkdir -p "$home/models"
    cp -r "$weights" "$installed.new"
    mv "$installed.new" "$installed"
    echo "$1 is done: $installed"
}

train "$size" "$size"
train "judge_$size" "judge-$size"
train "${size}_fast" "$size-fast"
echo "everything is done"
