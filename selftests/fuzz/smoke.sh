#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every fuzzer runs for moments from its seeds, and over every input that
# once made it fail (regress/<fuzzer>/); as many at a time as there are processors.
# A long run is `make -C selftests/fuzz run`.
#
#   smoke.sh [FUZZER]...    all, or some
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$(realpath -m "${O:-$top/build}")/selftests/fuzz
seconds=${FUZZ_SECONDS:-20}
# shellcheck source=../ktap.sh
. "$top/selftests/ktap.sh"

fuzzers=("$@")
if ((${#fuzzers[@]} == 0)); then
	mapfile -t fuzzers < <(make -s -C "$here" list)
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fuzz()
{
	local fuzzer=$1 inputs

	if [[ ! -x $out/$fuzzer ]]; then
		echo "# it is not built"
		return 1
	fi
	mkdir -p "$work/$fuzzer"
	cd "$work" || return
	inputs=("$work/$fuzzer" "$out/seeds/$fuzzer")
	if [[ -d $here/regress/$fuzzer ]]; then
		inputs+=("$here/regress/$fuzzer")
	fi
	"$out/$fuzzer" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -verbosity=0 \
		-print_final_stats=1 "${inputs[@]}" 2>&1 | tail -n 40 >"$work/$fuzzer.log"
	local code=${PIPESTATUS[0]}
	sed -n 's/^stat::number_of_executed_units: */# inputs: /p' "$work/$fuzzer.log"
	if ((code)); then
		sed 's/^/# /' "$work/$fuzzer.log"
	fi
	return "$code"
}

for fuzzer in "${fuzzers[@]}"; do
	make -s -C "$here" "seeds-$fuzzer" O="${O:-$top/build}"
	while (($(jobs -rp | wc -l) >= $(nproc))); do
		wait -n
	done
	{
		fuzz "$fuzzer" >"$work/$fuzzer.said"
		echo $? >"$work/$fuzzer.code"
	} &
done
wait
ktap_begin "${#fuzzers[@]}"
for fuzzer in "${fuzzers[@]}"; do
	cat "$work/$fuzzer.said"
	ktap_result "$(<"$work/$fuzzer.code")" "$fuzzer finds nothing in $seconds seconds"
done
ktap_end
