# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the demo and by the end-to-end tests after plant.sh: otseg on the
# plant's firewall. firewall_mode is "module" (the policy is the module's, its
# counters are read from sysfs) or "map" (neither module nor sysfs: the tool
# reads them). A map-backed firewall has a pin folder of its own, so that it
# gets along with others on the same host.

firewall_mode=${OTSEG_TEST_MODE:-map}
firewall_sysfs=/sys/kernel/otseg
firewall_loaded=

if [[ $firewall_mode == map ]]; then
	# shellcheck disable=SC2154 # plant.sh sets it
	export OTSEG_PIN_DIR=/sys/fs/bpf/$plant_tag
fi

# firewall_load: the module, from $OTSEG_MODULE; refuses to disturb one at work.
firewall_load()
{
	if [[ -e $firewall_sysfs ]]; then
		if [[ $(<"$firewall_sysfs/state") != none ]]; then
			echo "firewall: otseg is at work on this host" >&2
			return 1
		fi
		return 0
	fi
	insmod "$OTSEG_MODULE" && firewall_loaded=1
}

# firewall_apply FILE: what the tool says is shown only if it fails.
firewall_apply()
{
	local said code=0

	said=$(fw otseg policy apply "$1" 2>&1) || code=$?
	if ((code)); then
		printf '%s\n' "$said"
	fi
	return "$code"
}

firewall_status()
{
	fw otseg status
}

# firewall_reasons: "REASON FRAMES", for each reason or at least for those that occurred.
firewall_reasons()
{
	if [[ $firewall_mode == module ]]; then
		(cd "$firewall_sysfs" && grep . drops/* passes/*) |
			sed 's/^[a-z]*\/\(.*\):\([0-9]*\)$/\1 \2/'
	else
		fw otseg -j -s status | jq -r '.reasons[] | "\(.name) \(.packets)"'
	fi
}

# firewall_drops: the same for those that drop.
firewall_drops()
{
	if [[ $firewall_mode == module ]]; then
		(cd "$firewall_sysfs/drops" && grep . ./*) | sed 's/^\.\/\(.*\):\([0-9]*\)$/\1 \2/'
	else
		fw otseg -j -s status |
			jq -r '.reasons[] | select(.class != "pass") | "\(.name) \(.packets)"'
	fi
}

# firewall_reason REASON: frames counted under it.
firewall_reason()
{
	if [[ $firewall_mode == module ]]; then
		cat "$firewall_sysfs"/{drops,passes}/"$1" 2>/dev/null
	else
		# The tool lists what occurred.
		firewall_reasons | sed -n "s/^$1 //p" | grep . || echo 0
	fi
}

# firewall_rule_messages CONDUIT RULE: inspected messages that it allowed.
firewall_rule_messages()
{
	if [[ $firewall_mode == module ]]; then
		cat "$firewall_sysfs/conduits/$1/rules/$2/messages"
	else
		fw otseg -j -s rule |
			jq ".rules[] | select(.conduit == \"$1\" and .name == \"$2\") | .messages"
	fi
}

firewall_generation()
{
	if [[ $firewall_mode == module ]]; then
		cat "$firewall_sysfs/generation"
	else
		fw otseg -j status | jq .policy.generation
	fi
}

# firewall_is_active NAME: that policy is.
firewall_is_active()
{
	[[ $(fw otseg -j status | jq -r .policy.name) == "$1" ]]
}

firewall_ifindex()
{
	fw ip -j link show "$1" | jq '.[0].ifindex'
}

firewall_mac()
{
	fw ip -j link show "$1" | jq -r '.[0].address'
}

# firewall_detach_link DEVICE: behind the tool's back, as an intruder would.
firewall_detach_link()
{
	local ifindex

	ifindex=$(firewall_ifindex "$1") &&
		bpftool link detach pinned "${OTSEG_PIN_DIR:-/sys/fs/bpf/otseg}/links/$ifindex"
}

# firewall_let_go: the module no longer guards what it was told to, as when the host goes down.
firewall_let_go()
{
	local role

	for role in "$firewall_sysfs"/interfaces/*/; do
		if [[ -e ${role}bound && $(<"${role}bound") == 1 ]]; then
			genl_client "unbind-role $(basename "$role")" || return
		fi
	done
}

firewall_end()
{
	if [[ $firewall_mode == map ]]; then
		rm -rf "$OTSEG_PIN_DIR"
		return
	fi
	otseg policy detach >/dev/null 2>&1
	if [[ $firewall_loaded ]]; then
		wait_for 10 rmmod otseg 2>/dev/null
	fi
}
