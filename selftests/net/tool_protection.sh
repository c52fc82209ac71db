#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What protects an interface, as `interface show` and `status` tell it, in map-backed mode and
# under running traffic: the datapath, nothing, or somebody else's program, put in by the link,
# in place of it, or beside another datapath. Where it is not the datapath, both say so.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tool.sh
. "$here/tool.sh"

plc=192.168.10.11
hmi=10.10.5.30

policy()
{
	cat <<-END
		otseg: 1
		name: shown
		zones:
		  it: {level: 4, interfaces: [it0, it9], prefixes: [10.10.0.0/16]}
		  ot: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}
		conduits:
		  telemetry:
		    reason: "pings"
		    from: it
		    to: ot
		    rules:
		      ping: {service: icmp, types: [echo]}
	END
}

apply()
{
	fw otseg policy apply "$plant_dir/policy.yaml" >"$plant_dir/said" 2>&1 || {
		cat "$plant_dir/said"
		return 1
	}
}

link_pin()
{
	echo "$OTSEG_PIN_DIR/links/$(fw ip -j link show it0 | jq '.[0].ifindex')"
}

# is_shown STATE PROTECTION [TROUBLE]: of it0, in both commands and both formats. Nothing is
# said of the others, one of which does not exist.
is_shown()
{
	local row trouble

	row=$(fw otseg -j interface show name it0 |
		jq -r '.interfaces[0] | "\(.state) \(.protection) \(.trouble // "-")"')
	trouble=$(fw otseg -j status | jq -r '.not_protected[] | "\(.name) \(.state) \(.trouble)"')
	fw otseg status >"$plant_dir/status"
	fw otseg interface show >"$plant_dir/shown" 2>&1
	echo "$row; status: $trouble"
	cat "$plant_dir/status" "$plant_dir/shown"
	[[ $row == "$1 $2 "* ]] || return
	if [[ ! ${3:-} ]]; then
		[[ $row == *' -' && ! $trouble ]] && ! grep -E 'FOREIGN|NOT ATTACHED|warning' \
			"$plant_dir/status" "$plant_dir/shown"
		return
	fi
	[[ $row == *" $3: "* && $trouble == "it0 $1 $3: "* ]] &&
		grep -q "^interface  *it0: $3: " "$plant_dir/status" &&
		grep -q "warning: interface it0: $3: " "$plant_dir/shown"
}

pings_go_on()
{
	wait_for 5 said ping "icmp_seq=$(($(sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' \
		"$plant_dir/ping.out" | tail -n 1) + 5)) "
}

protected()
{
	apply && plant_start ping it ping -n -i 0.02 -W 2 -I "$hmi" "$plc" &&
		wait_for 5 said ping 'icmp_seq=5 ' && is_shown enforcing 'program only'
}

# Where nobody guards, what nobody filters passes: that is what has to be said.
detached()
{
	bpftool link detach pinned "$(link_pin)" && is_shown open none 'NOT ATTACHED' &&
		grep -q 'everything passes, unfiltered' "$plant_dir/status" && pings_go_on &&
		apply && is_shown enforcing 'program only'
}

swapped()
{
	fw xdp_foreign swap "$(link_pin)" && is_shown foreign none FOREIGN &&
		grep -q 'everything passes, unfiltered; apply the policy again' "$plant_dir/status" &&
		pings_go_on && apply && is_shown enforcing 'program only'
}

# Which the next apply cannot mend: it would be somebody's program that it takes off.
taken_over()
{
	local code=0

	bpftool link detach pinned "$(link_pin)" &&
		fw xdp_foreign pin "$OTSEG_PIN_DIR-foreign" &&
		fw ip link set dev it0 "$1" pinned "$OTSEG_PIN_DIR-foreign" &&
		rm "$OTSEG_PIN_DIR-foreign" && is_shown foreign none FOREIGN &&
		grep -q "take it off ('ip link set dev it0 $1 off')" "$plant_dir/status" || return
	apply || code=$?
	((code)) && is_shown foreign none FOREIGN && fw ip link set dev it0 "$1" off &&
		is_shown open none 'NOT ATTACHED' && apply && is_shown enforcing 'program only'
}

# While one build of the datapath takes over from another, either is the datapath.
replaced()
{
	cp "$OTSEG_BPF_OBJECT" "$plant_dir/next.bpf.o" && echo >>"$plant_dir/next.bpf.o"
	fw xdp_foreign swap "$(link_pin)" && OTSEG_BPF_OBJECT=$plant_dir/next.bpf.o apply &&
		is_shown enforcing 'program only' && apply && is_shown enforcing 'program only'
}

# With nothing in force there is nothing to say.
ended()
{
	plant_stop ping INT
	fw otseg policy detach >/dev/null && fw otseg status >"$plant_dir/status" &&
		! grep -E 'FOREIGN|NOT ATTACHED' "$plant_dir/status"
}

if ((EUID != 0)); then
	ktap_skip_all "needs root"
fi
trap 'plant_end; rm -rf "$OTSEG_PIN_DIR" "$OTSEG_PIN_DIR-foreign"' EXIT
PATH=$built/selftests/net:$PATH
export OTSEG_BPF_OBJECT=${OTSEG_BPF_OBJECT:-$built/selftests/net/lean/otseg.bpf.o}
if ! plant_make private >/dev/null 2>&1; then
	echo "Bail out! the plant could not be made"
	exit 1
fi
policy >"$plant_dir/policy.yaml"
ktap_begin 7
ktap "what runs the datapath is said to, and no more than that" protected
ktap "detached: not attached, and everything passes" detached
ktap "another program in the link: foreign" swapped
ktap "another program in place of the link: foreign" taken_over xdpdrv
ktap "the same in the stack's own receive path" taken_over xdpgeneric
ktap "another build of the datapath is not foreign" replaced
ktap "detached by the tool: nothing is said" ended
ktap_end
