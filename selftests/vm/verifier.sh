#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The lane's kernel takes every program of the datapath as every compiler builds it,
# and says how many steps of its 1,000,000 that took. Some must be left, for
# what other compilers make of it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$(realpath -m "${O:-$top/build}")/selftests
# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$here/../ktap.sh"

lane=${LANE:-6.12}
max_steps=900000
programs=(otseg_xdp otseg_long otseg_open otseg_stream otseg_judge otseg_deny otseg_start)
# shellcheck disable=SC2016
inside='for object in /objects/*; do
	/effort -a "$object" 2>&1 | grep -v "^[0-9]*:" | sed "s/^/${object##*/} /"
done'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build()
{
	make -s -C "$top" bpf CLANG="$1" O="$work/$1" &&
		mv "$work/$1/otseg.bpf.o" "$work/objects/$1"
}

taken()
{
	local said

	said=$(grep -a "^$1 $2 steps " "$work/said") || {
		grep -a "^$1 " "$work/said" | tail -n 12 | cut -c 1-200 | sed 's/^/# /'
		return 1
	}
	name+=": ${said##* } steps"
	((${said##* } <= max_steps))
}

mkdir "$work/objects"
compilers=()
for compiler in clang clang-19; do
	if command -v "$compiler" >/dev/null; then
		build "$compiler" || ktap_note "$compiler: not built"
		compilers+=("$compiler")
	fi
done
make -s -C "$top/selftests/proto" "$out/proto/effort"
"$top/scripts/vm.sh" --lane "$lane" --mem 1024M --timeout 900 --file "$work/objects:/objects" \
	--file "$out/proto/effort:/effort" -- bash -c "$inside" >"$work/said" 2>&1

ktap_begin $((${#compilers[@]} * ${#programs[@]}))
for compiler in "${compilers[@]}"; do
	for program in "${programs[@]}"; do
		name="$lane, $compiler, $program"
		taken "$compiler" "$program"
		ktap_result $? "$name"
	done
done
ktap_end
