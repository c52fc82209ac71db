#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the lane's kernel looks for it finds, and a test whose kernel complains fails: a
# module with one fault of each kind, all in one machine, whose log is then looked at fault
# by fault. A plain kernel looks for little of that; lane "debug" for all.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
lane=${LANE:-6.12}
# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$here/../ktap.sh"

# Fault, what the kernel must have been built with to see it, what it then says. What ends
# the search for deadlocks comes after that for them, and what some kernels stop at is last.
all=(
	"warn BUG WARNING:.*complaints"
	"shift_too_far UBSAN_SHIFT UBSAN: shift-out-of-bounds"
	"sleep_atomic DEBUG_ATOMIC_SLEEP BUG: sleeping function called from invalid context"
	"read_unlocked PROVE_RCU WARNING: suspicious RCU usage"
	"start_twice DEBUG_OBJECTS_TIMERS ODEBUG: init active"
	"lock_both_ways PROVE_LOCKING WARNING: possible circular locking dependency"
	"leak DEBUG_KMEMLEAK kmemleak: [0-9]* new suspected memory leak"
	"write_beyond KASAN BUG: KASAN: slab-out-of-bounds"
	"write_beyond_pages KASAN_VMALLOC BUG: KASAN: vmalloc-out-of-bounds"
	"use_freed KASAN BUG: KASAN: slab-use-after-free"
	"add_twice DEBUG_LIST list_add double add"
)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
klog=$top/build/vm/complaints@$lane.klog

build_module()
{
	cp "$here/complaints.c" "$work/" && cp "$here/complaints.kbuild" "$work/Kbuild" || return
	# shellcheck source=/dev/null
	(. "$top/build/lanes/$lane/lane.env" && $KMAKE -s -C "$KDIR" M="$work" O= modules)
}

# Each fault between two marks; KASAN tells of the first one only, unless told otherwise.
guest()
{
	local fault

	for fault; do
		echo "complaints: $fault begins" >/dev/kmsg
		insmod /complaints.ko fault="$fault" && rmmod complaints
		echo "complaints: $fault ends" >/dev/kmsg
	done
}

# A machine whose kernel complains has failed, whatever the command said.
fails()
{
	"$top/scripts/vm.sh" --lane "$lane" --name complaints --file "$work/complaints.ko:/complaints.ko" \
		-- bash -c "$(declare -f guest); guest ${faults[*]}"
	local code=$?
	((code == 125))
}

# A leak is told of in the end.
part()
{
	case $1 in
	boot)	sed '/complaints: .* begins/,$d' "$klog" ;;
	leak)	sed '1,/complaints: leak begins/d; /complaints: .* begins/,/complaints: .* ends/d' "$klog" ;;
	*)	sed "1,/complaints: $1 begins/d; /complaints: $1 ends/,\$d" "$klog" ;;
	esac
}

clean()
{
	part boot >"$work/part"
	[[ -s $work/part ]] && ! "$top/scripts/vm-complaint.sh" "$work/part"
}

complains()
{
	part "$1" >"$work/part"
	"$top/scripts/vm-complaint.sh" "$work/part" >"$work/said"
	local code=$?
	cat "$work/part"
	((code == 0)) && grep -q "$2" "$work/said"
}

"$top/scripts/lane.sh" "$lane"
# shellcheck source=/dev/null
config=$(. "$top/build/lanes/$lane/lane.env" && cat "$KDIR/include/generated/autoconf.h")
chosen=() faults=()
for entry in "${all[@]}"; do
	read -r fault option words <<<"$entry"
	if grep -q "^#define CONFIG_$option 1" <<<"$config"; then
		chosen+=("$entry")
		faults+=("$fault")
	fi
done
if ! build_module >"$work/log" 2>&1; then
	sed 's/^/# /' "$work/log"
	echo "Bail out! the faulty module cannot be built"
	exit 1
fi

ktap_begin $((${#chosen[@]} + 2))
ktap "a machine whose kernel complains fails" fails
ktap "before the first fault there is nothing to complain of" clean
for entry in "${chosen[@]}"; do
	read -r fault option words <<<"$entry"
	ktap "$fault ($option)" complains "$fault" "$words"
done
ktap_end
