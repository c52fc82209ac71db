#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure the datapath against its peers, in one sitting, and print the ratios.
#
#   [QUICK=1] bench.sh [cost|forward]...
#
# Needs root, build/otseg and build/otseg.bpf.o; works in map-backed mode, on
# any kernel with native XDP on veth. Raw figures go to build/bench/*.csv.
# Exits with 1 if something could not be measured, and says what.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
out=$build/bench
object=${OTSEG_OBJECT:-$build/otseg.bpf.o}
tool=${OTSEG_TOOL:-$build/otseg}
status=0

# shellcheck source=selftests/bench/lanes.sh
. "$here/lanes.sh"

complain()
{
	echo "bench: $*" >&2
	status=1
}

finish()
{
	lanes_end
}
trap finish EXIT
trap 'exit 130' INT TERM

# Time that other machines took from this one, in hundredths of a second.
stolen()
{
	awk '/^cpu / { print $9 }' /proc/stat
}

machine()
{
	local model

	model=$(sed -n 's/^model name[ \t]*: //p' /proc/cpuinfo | head -n 1)
	echo "kernel $(uname -r), $(nproc) processors ($model)," \
	     "load $(cut -d ' ' -f 1 /proc/loadavg)"
}

compile()
{
	"$here/policy.sh" "$@" >"$out/policy-$1${2:+-$2}.yaml" &&
		"$tool" policy compile "$out/policy-$1${2:+-$2}.yaml" \
			output "$out/policy-$1${2:+-$2}.image" >/dev/null
}

# The cases of one policy are measured while the other one's wait: the two runs
# are cut into slices that take turns.
measure_cost()
{
	local slice slices=5 rounds=20 rules

	if [[ ${QUICK:-} ]]; then
		slices=1 rounds=5
	fi
	: >"$out/cost.csv"
	for ((slice = 0; slice < slices; slice++)); do
		for rules in 10 1000; do
			"$out/cost" -r "$rounds" -l "$rules-rules" "$object" \
				"$out/policy-$rules.image" >>"$out/cost.csv" ||
				complain "costs with $rules rules are incomplete"
		done
		"$out/cost" -r "$rounds" -c -l 10-rules-checksums "$object" \
			"$out/policy-10.image" modbus-read-request \
			modbus-read-response modbus-read-poll \
			>>"$out/cost.csv" ||
			complain "costs with checksums are incomplete"
	done
}

make_lanes()
{
	local number=0 lane

	lanes_begin || return
	for lane in "$@"; do
		lane_make "$number" "${lane%%=*}" || return
		number=$((number + 1))
	done
	nft_conntrack | lane_nft nft-conntrack &&
		nft_set | lane_nft nft-set &&
		nft_linear | lane_nft nft-linear
}

measure_forward()
{
	local rounds=15 ms=400
	local lanes=(redirect=redirect kernel=none kernel-xdp=pass
		nft-conntrack=none nft-set=none nft-linear=none
		otseg-wire=wire otseg-allow=allow drop=drop otseg-deny=deny)

	if [[ ${QUICK:-} ]]; then
		rounds=3 ms=150
	fi
	if ! make_lanes "${lanes[@]}"; then
		complain "no throughput: cannot build the namespaces"
		return
	fi
	"$out/forward" -r "$rounds" -t "$ms" -d "$object" \
		-i "$out/policy-1000.image" -w "$out/policy-1000-wire.image" "$lanes_prefix" "${lanes[@]}" \
		>"$out/forward.csv" || complain "throughput is incomplete"
}

if ((EUID != 0)); then
	echo "bench: needs root" >&2
	exit 1
fi
if (($(nproc) < 2)); then
	echo "bench: needs two processors" >&2
	exit 1
fi
parts=("$@")
if ((${#parts[@]} == 0)); then
	parts=(cost forward)
fi
for needed in "$object" "$tool"; do
	if [[ ! -e $needed ]]; then
		echo "bench: $needed is not there: build first" >&2
		exit 1
	fi
done
for rules in 10 1000; do
	if ! compile "$rules"; then
		echo "bench: cannot compile the policy of $rules rules" >&2
		exit 1
	fi
done

if ! compile 1000 wire; then
	echo "bench: cannot compile the policy of the wire" >&2
	exit 1
fi

machine
before=$(stolen)
files=()
for part in "${parts[@]}"; do
	case $part in
	cost | forward)
		"measure_$part"
		files+=("$out/$part.csv")
		;;
	*)
		complain "there is no part '$part'"
		;;
	esac
done
awk -f "$here/summary.awk" "${files[@]}"
echo
echo "load $(cut -d ' ' -f 1 /proc/loadavg) at the end," \
     "$(($(stolen) - before)) hundredths of a second stolen"
exit "$status"
