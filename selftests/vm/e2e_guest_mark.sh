#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the machine that e2e_module.sh boots. A driver that refuses the mark of native XDP: a
# tap device, before Linux 6.15. The guard lets nothing pass; that is said, and mended by hand or
# by the process that watches, with generic XDP, and nothing that is denied passes meanwhile.
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

# is_refused SOURCE: nothing comes back and nothing arrives; where the mark of address resolution
# is lost too, the sender's own host says that there is no route.
is_refused()
{
	local before said

	before=$(plc_requests)
	said=$(it peer_modbus --source "$1" --timeout-ms "$refusal" read "$plc" 0 2)
	echo "$said; requests $before -> $(plc_requests)"
	[[ $said != ok* ]] && (($(plc_requests) == before))
}

# is_shown STATE PROTECTION [TROUBLE]: of it0, by `interface show`, and by `status`.
is_shown()
{
	local row trouble

	row=$(fw otseg -j interface show name it0 |
		jq -r '.interfaces[0] | "\(.state) \(.protection)"')
	trouble=$(fw otseg -j status | jq -r '.not_protected[] | select(.name == "it0") | .trouble')
	echo "$row; $trouble"
	[[ $row == "$1 $2" && $trouble == "${3:-}"* && (${3:-} || ! $trouble) ]]
}

# The IT side behind a tap device of the same name, closed as soon as it is there.
rewire_tap()
{
	modprobe tun && ip link del it0 && plant_wire cable0 "$plant_it" || return
	if [[ -e /proc/sys/net/ipv6 ]]; then
		sysctl -q -w net.ipv6.conf.cable0.disable_ipv6=1
	fi
	# The host's end of the cable is no way into the host.
	sysctl -q -w net.ipv4.conf.cable0.forwarding=0 net.ipv4.conf.cable0.arp_ignore=8 || return
	# What comes by a cable has its checksum, and is no longer than that.
	ip link set cable0 up && it ethtool -K eth0 tx off tso off gso off >/dev/null || return
	plant_start cable fw peer_cable it0 cable0
	wait_for 10 test -e /sys/class/net/it0 || {
		cat "$plant_dir/cable.err"
		return 1
	}
	plant_address_it && is_shown closed 'guard only' 'NOT ATTACHED' && is_refused 10.10.5.20
}

# native_loses MARK_LOST...: nothing passes, which is counted and said.
native_loses()
{
	local before

	before=$(firewall_reason unguarded)
	is_refused 10.10.5.20 && is_refused 10.10.9.99 && is_shown closed 'mark lost' 'MARK LOST' &&
		(($(firewall_reason unguarded) > before)) &&
		fw otseg interface show 2>&1 | grep 'warning: interface it0: MARK LOST' &&
		fw otseg status | grep '^interface  *it0: MARK LOST'
}

applied()
{
	firewall_apply "$tests/plant.yaml" && is_shown enforcing 'native+mark, unproved' &&
		native_loses
}

carried()
{
	firewall_apply "$tests/plant.yaml" && reads && is_shown enforcing native+mark
}

by_hand()
{
	local code=0

	otseg interface attach it0 mode generic && reads && is_shown enforcing generic+mark &&
		is_refused 10.10.9.99 || return
	# Attached it is already.
	otseg interface attach it0 || code=$?
	((code == 1)) && reads
}

# What a rollback would have to detach is not attached anew meanwhile.
unconfirmed()
{
	local code=0

	otseg policy apply "$tests/plant.yaml" confirm 5m >/dev/null || return
	otseg interface attach it0 mode native || code=$?
	otseg policy confirm >/dev/null && ((code == 1)) && reads
}

# Somebody has wished for it, and who watches leaves it so: for some looks.
by_wish()
{
	otseg interface attach it0 mode native && native_loses || return
	plant_start watch fw otseg interface watch
	plant_start ping it ping -n -i 0.5 -I 10.10.5.20 "$plc"
	sleep 12
	plant_stop watch && plant_stop ping INT
	native_loses && ! said watch generic && ! said ping 'bytes from'
}

# Frames of both kinds come all the time; none of them arrives before it should, or ever.
by_watch()
{
	otseg interface detach it0 && otseg interface attach it0 && native_loses || return
	plant_start watch fw otseg interface watch
	plant_start denied it ping -n -i 0.1 -I 10.10.9.99 "$plc"
	plant_start ping it ping -n -i 0.5 -I 10.10.5.20 "$plc"
	wait_for 60 said ping 'bytes from' || return
	cat "$plant_dir/watch.out"
	plant_stop watch && plant_stop ping INT && plant_stop denied INT
	grep 'interface it0: .*generic XDP (the driver loses the mark' "$plant_dir/watch.out" &&
		! said denied 'bytes from' && is_shown enforcing generic+mark && reads &&
		is_refused 10.10.9.99
}

# It stays so when the policy is applied again.
stays()
{
	otseg policy apply "$tests/plant.yaml" >"$plant_dir/said" && cat "$plant_dir/said" &&
		grep 'interface it0: governed as before, generic XDP (the driver loses the mark' \
			"$plant_dir/said" && reads
}

# as_driver NAME COMMAND...: the tool takes every device's driver for this one.
as_driver()
{
	TOOL_DRIVER=$1 LD_PRELOAD=/usr/local/bin/tool_fail.so "${@:2}" >"$plant_dir/said"
	local code=$?

	cat "$plant_dir/said"
	return "$code"
}

# Known by its driver's name, it is never tried: unless somebody wishes so.
known()
{
	otseg interface detach it0 && as_driver vmxnet3 otseg policy apply "$tests/plant.yaml" &&
		grep 'interface it0: .*generic XDP (the driver loses the mark' "$plant_dir/said" &&
		reads && is_shown enforcing generic+mark && otseg interface detach it0 &&
		as_driver ena otseg interface attach it0 &&
		grep 'interface it0: .*generic XDP (the driver loses the mark' "$plant_dir/said" &&
		reads && is_refused 10.10.9.99 && otseg interface detach it0 &&
		as_driver ena otseg interface attach it0 mode native &&
		grep 'interface it0: .*native XDP$' "$plant_dir/said"
}

e2e_begin 8
ktap "a tap device takes the place of an interface: closed" rewire_tap
if printf '%s\n' 6.15 "$(uname -r)" | sort -CV; then
	ktap "its driver carries the mark" carried
	for name in "by hand" unconfirmed "by wish" "by who watches" stays; do
		ktap_skip "generic instead: $name" "this kernel's tap carries the mark"
	done
else
	ktap "native XDP loses the mark, nothing passes, and all say so" applied
	ktap "attached in generic mode by hand: answered" by_hand
	ktap "not while another policy may come back" unconfirmed
	ktap "native by explicit wish stays native" by_wish
	ktap "who watches attaches it in generic mode" by_watch
	ktap "applied again, it stays so" stays
fi
ktap "a driver that is known for it runs generic XDP at once" known
ktap_end
