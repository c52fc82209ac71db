#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the verifier has to do for each inspector stays within bounds, so that the
# kernels to come take it as well.
#
#   effort.sh [SERVICE]...    one of each family, or some; needs root
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$(realpath -m "${O:-$top/build}")/selftests/proto
# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$here/../ktap.sh"

max_steps=60000

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bounded()
{
	local said steps

	if ! make -s -C "$here" "$out/effort" "$out/effort-$1.bpf.o" >"$work/log" 2>&1 ||
	   ! said=$("$out/effort" "$out/effort-$1.bpf.o" 2>"$work/log") || grep -q BTF "$work/log"; then
		tail -n 20 "$work/log" | sed 's/^/# /'
		return 1
	fi
	name+=": $said"
	steps=${said#steps }
	steps=${steps%%,*}
	all=$((all + steps))
	((steps <= max_steps))
}

if ((EUID)); then
	ktap_skip_all "loading programs needs root"
fi
services=()
while read -r name id _; do
	if (($# == 0)) || [[ " $* " == *" $name "* ]]; then
		services+=("$name $id")
	fi
done < <("$here/services.sh" | if (($#)); then cat; else sort -u -k 3,3; fi)

all=0
ktap_begin "${#services[@]}"
for service in "${services[@]}"; do
	read -r name id <<<"$service"
	bounded "$id"
	ktap_result $? "$name"
done
ktap_note "all of these: $all steps"
ktap_end
