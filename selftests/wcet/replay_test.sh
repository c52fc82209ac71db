#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# No frame of adversary.c takes more instructions than worst_case says, on the
# very instructions that the kernel runs; and each meets the engine's verdict, so it was
# the datapath that was counted.  Needs root, as loading programs does.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$here/../ktap.sh"

if ((EUID)); then
	ktap_skip_all "loading BPF programs needs root"
fi

table=$(mktemp)
trap 'rm -f "$table"' EXIT

within()
{
	"$here/replay.sh" >"$table"
}

too_low()
{
	if BOUNDS_FILTER='.entries[].instructions = 500' "$here/replay.sh" plain >"$table" 2>&1; then
		echo "a bound of 500 instructions was met"
		return 1
	fi
	grep "instructions are over the bound of 'flow'" "$table"
}

ktap_begin 2
ktap "frames made to be dear stay within the bounds" within
ktap_note "$(cat "$table")"
ktap "a bound that is too low is noticed" too_low
ktap_end
