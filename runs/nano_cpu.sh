#!/usr/bin/env bash
# Trains `nano` from nothing on two CPU cores and measures it. Stop it whenever you like; the next call goes on.
# Needs npm once, for the props' pictures. More hours make it better, also on another machine, because it begins from
# the weights in the repository: RECIPE=nano_longer runs/nano_cpu.sh
set -euo pipefail
cd "$(dirname "$0")/.."

recipe=${RECIPE:-nano}
home=${LAQTA_HOME:-$HOME/.laqta}
run=$home/runs/$recipe
laqta=.venv/bin/laqta

"$laqta" world fetch
resume=()
[ ! -f "$run/recipe.json" ] || resume=(--resume)
"$laqta" train "$recipe" --out "$run" --device cpu "${resume[@]}"
resume=()
[ ! -f "$home/runs/judge_nano/recipe.json" ] || resume=(--resume)
"$laqta" train judge_nano --device cpu "${resume[@]}"
for bench in obey quality speed; do
    "$laqta" bench "$bench" --model "$run/weights"
done
