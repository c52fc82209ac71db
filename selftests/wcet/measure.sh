#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Instructions of the processor that the engine needs for each frame of
# adversary.c, counted by callgrind.  Not the unit of the bound: that counts BPF
# instructions, of which replay.py counts those really run.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
adversary=${O:-$top/build}/selftests/wcet/adversary

if ! command -v valgrind >/dev/null; then
	echo "measure.sh: valgrind is missing (scripts/deps.sh pkg:valgrind)" >&2
	exit 4
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

valgrind -q --tool=callgrind --combine-dumps=yes --callgrind-out-file="$work/out" \
	"$adversary" >"$work/said"

printf '%-32s %12s\n' "frame, on this processor" instructions
awk '
	/^desc: Trigger: Client Request: /	{ name = substr($0, 32) }
	/^(totals|summary): / && name != ""	{ printf "%-32s %12d\n", name, $2; name = "" }
' "$work/out"
