#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the machine that e2e_module.sh boots. What may happen to the parts of a
# firewall at work: its interface goes and comes back, somebody tries to unload
# the module, the tool is killed at any moment, an image is garbage.
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

state()
{
	cat "$firewall_sysfs"/{generation,digest,policy}
}

# enforces: allowed is answered, forbidden is not.
enforces()
{
	local said

	reads || return
	said=$(it peer_modbus --source 10.10.9.99 --timeout-ms "$refusal" read "$plc" 0 2)
	echo "$said"
	[[ $said == connect-timeout ]]
}

refused_unload()
{
	! rmmod otseg && [[ -e $firewall_sysfs ]] && enforces
}

# refuses_image FILE: an error, and nothing has changed.
refuses_image()
{
	local before code=0

	before=$(state)
	otseg policy apply "$1" || code=$?
	echo "exit code $code"
	((code)) && [[ $(state) == "$before" ]] && enforces
}

interface_gone()
{
	ip link del it0 && [[ ! -e /sys/class/net/it0 && -e $firewall_sysfs ]] && firewall_status
}

# The new interface is guarded before anybody asks for it: it passes nothing.
interface_back()
{
	local said before

	plant_rewire_it || return
	before=$(firewall_reason unguarded)
	said=$(it peer_modbus --source 10.10.5.20 --timeout-ms "$refusal" read "$plc" 0 2)
	echo "$said"
	[[ $said == connect-timeout ]] && counted_beyond unguarded "$before"
}

applied_again()
{
	firewall_apply "$tests/plant.yaml" && enforces
}

# Kills the tool after a random time; the firewall has the old policy or the new.
kill_tool()
{
	local i pid before after changed=0 delay

	for ((i = 0; i < 40; i++)); do
		before=$(state)
		otseg policy apply "$tests/plant-other.yaml" >/dev/null 2>&1 &
		pid=$!
		printf -v delay '0.%03d' $((RANDOM % 300))
		sleep "$delay"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		after=$(state)
		if [[ $after != "$before" ]]; then
			changed=$((changed + 1))
			[[ $after == *plant-other ]] || return
			firewall_apply "$tests/plant.yaml" || return
		fi
	done
	echo "killed 40 times, $changed of them too late to stop the commit"
	firewall_apply "$tests/plant.yaml" && enforces
}

unload()
{
	otseg policy detach && wait_for 10 rmmod otseg && [[ ! -e $firewall_sysfs ]]
}

# As an installed module is. Who comes after in this machine finds it so no longer.
load_again()
{
	local updates code=0

	updates=/lib/modules/$(uname -r)/updates
	mkdir -p "$updates" && cp "$OTSEG_MODULE" "$updates/" && depmod -a && modprobe otseg || code=$?
	rm -f "$updates/${OTSEG_MODULE##*/}" && depmod -a && ((code == 0)) &&
		firewall_apply "$tests/plant.yaml" && enforces
}

# As many zones as no image can hold.
too_many_zones()
{
	local i

	printf 'otseg: 1\nname: too-many\nzones:\n'
	for ((i = 0; i < 300; i++)); do
		printf '  z%d: {interfaces: [it0], prefixes: [10.%d.%d.0/24]}\n' "$i" \
			$((i / 200 + 20)) $((i % 200))
	done
	printf 'conduits: {}\n'
}

e2e_begin 11
ktap "allowed is answered, forbidden is not" enforces
ktap "rmmod is refused while programs use the module" refused_unload
head -c 4096 /dev/urandom >"$plant_dir/garbage"
ktap "garbage is refused, nothing changes" refuses_image "$plant_dir/garbage"
too_many_zones >"$plant_dir/many.yaml"
ktap "more zones than there is room for are refused" refuses_image "$plant_dir/many.yaml"
ktap "the tool is killed at 40 random moments" kill_tool
ktap "it0 goes away" interface_gone
ktap "it0 comes back: it passes nothing yet" interface_back
ktap "the policy is applied again: enforced" applied_again
ktap "detached, the module unloads" unload
ktap "loaded again: enforced" load_again
ktap "the kernel has not complained" bash -c '! dmesg | grep -E "WARNING:|BUG:|Oops"'
ktap_end
