#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the machine that e2e_module.sh boots. The guard: what the datapath has
# judged passes, also while a packet capture runs; what it has not judged does
# not, from the very next frame on.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../net/e2e.sh source-path=SCRIPTDIR/../net
. "$here/../net/e2e.sh"

plc=192.168.10.11

reads()
{
	it peer_modbus --source 10.10.5.20 --timeout-ms "$patience" read "$plc" 0 2 |
		grep -x 'ok 1000 1001'
}

# refused_read: nothing comes back and nothing arrives.
refused_read()
{
	local before said

	before=$(plc_requests)
	said=$(it peer_modbus --source "${1:-10.10.5.20}" --timeout-ms "$refusal" read "$plc" 0 2)
	echo "$said; requests $before -> $(plc_requests)"
	[[ $said == connect-timeout ]] && (($(plc_requests) == before))
}

unguarded()
{
	firewall_reason unguarded
}

reads_unharmed()
{
	local before

	before=$(unguarded)
	reads && reads && (($(unguarded) == before))
}

detached_is_dropped()
{
	local before

	firewall_detach_link "$1" || return
	before=$(unguarded)
	refused_read && (($(unguarded) > before))
}

# is_shown DEVICE STATE PROTECTION [TROUBLE]: by `interface show`, and by `status`.
is_shown()
{
	local row trouble

	row=$(fw otseg -j interface show name "$1" 2>/dev/null |
		jq -r '.interfaces[0] | "\(.state) \(.protection)"')
	trouble=$(fw otseg -j status | jq -r ".not_protected[] | select(.name == \"$1\") | .trouble")
	echo "$1: $row; $trouble"
	[[ $row == "$2 $3" && $trouble == "${4:-}"* && (${4:-} || ! $trouble) ]]
}

# What an intruder puts in place of the datapath passes everything, and the guard nothing.
foreign_is_dropped()
{
	local before

	fw xdp_foreign swap "/sys/fs/bpf/otseg/links/$(firewall_ifindex it0)" &&
		is_shown it0 foreign 'guard only' FOREIGN || return
	before=$(unguarded)
	refused_read && refused_read 10.10.9.99 && (($(unguarded) > before)) &&
		firewall_apply "$tests/plant.yaml" && reads && is_shown it0 enforcing native+mark
}

start_capture()
{
	local device

	for device in it0 ot0; do
		plant_start "capture-$device" fw tcpdump -p -n -s 0 -i "$device" -w /dev/null
		wait_for 20 grep -q 'listening on' "$plant_dir/capture-$device.err" || return
	done
}

# One frame that nobody has judged is one more on the counter: "very next" is exact.
next_frame_is_dropped()
{
	local before

	before=$(unguarded)
	it peer_spoof --target-mac "$(firewall_mac it0)" --source 10.10.5.20 --target "$plc" \
		--port 7 eth0 udp
	wait_for 5 counted_beyond unguarded "$before" && (($(unguarded) == before + 1))
}

interface_counts()
{
	(($(<"$firewall_sysfs/interfaces/it0/unguarded") > 0))
}

heals()
{
	firewall_apply "$tests/plant.yaml" && reads
}

# Where the policy has both sides fail open, whoever it is is answered, and that is said.
fails_open()
{
	sed 's/^zones:/fail-open: [it0, ot0]\n&/' "$tests/plant.yaml" >"$plant_dir/open.yaml" &&
		otseg policy apply "$plant_dir/open.yaml" 2>"$plant_dir/said" &&
		grep 'warning: FAIL OPEN: interface it0 passes everything while' "$plant_dir/said" &&
		reads && refused_read 10.10.9.99 && is_shown it0 enforcing native+mark &&
		firewall_detach_link it0 && firewall_detach_link ot0 && reads &&
		it peer_modbus --source 10.10.9.99 --timeout-ms "$patience" read "$plc" 0 2 |
		grep -x 'ok 1000 1001' && is_shown it0 open 'none, fails open' \
		'NOT ATTACHED: everything passes, unfiltered, as the policy says' &&
		otseg status | grep 'FAIL OPEN: interface ot0 .*; [1-9][0-9]* frames passed unseen' &&
		otseg -s interface show name it0 | grep 'FAILED OPEN'
}

unbound_passes_everything()
{
	otseg interface detach it0 && otseg interface detach ot0 || return
	it peer_modbus --source 10.10.9.99 --timeout-ms "$patience" read "$plc" 0 2 |
		grep -x 'ok 1000 1001'
}

rebound_governs()
{
	otseg interface attach it0 && otseg interface attach ot0 && reads && refused_read 10.10.9.99
}

e2e_begin 18
ktap "the historian is answered, nothing is unguarded" reads_unharmed
ktap "an unlisted host is not" refused_read 10.10.9.99
ktap "marks reach the guard, and that is shown" is_shown it0 enforcing native+mark
ktap "another program in place of the datapath: all is dropped as unguarded" foreign_is_dropped
ktap "a capture starts on both interfaces" start_capture
ktap "with a capture the historian is answered, nothing is unguarded" reads_unharmed
ktap "with a capture an unlisted host is not answered" refused_read 10.10.9.99
ktap "with a capture, XDP detached from it0: dropped as unguarded" detached_is_dropped it0
ktap "the very next frame, and it alone, is counted" next_frame_is_dropped
ktap "the interface's own counter has them too" interface_counts
ktap "with a capture: applied again, answered again" heals
plant_stop capture-it0
plant_stop capture-ot0
ktap "without a capture, XDP detached from ot0: dropped as unguarded" detached_is_dropped ot0
ktap "what is not attached is shown" is_shown ot0 closed 'guard only' 'NOT ATTACHED'
ktap "applied again, answered again" heals
ktap "interfaces that fail open pass everything without the datapath" fails_open
ktap "under the policy before they do not: answered, and others refused" eval \
	"heals && refused_read 10.10.9.99 && detached_is_dropped it0 && heals"
ktap "the tool detaches both: the host routes what it likes" unbound_passes_everything
ktap "the tool attaches both: governed again" rebound_governs
ktap_end
