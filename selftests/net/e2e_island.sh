#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The state of conduits under traffic: disabled, enabled and granted ones, and island
# mode. Proves that a live flow of a conduit that is closed ends at its next packet, that
# those of others do not lose one, and that every refusal is a sentence and changes
# nothing. How long a grant lasts is a matter of vm/module_grant.sh.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

plc=192.168.10.11
hmi=10.10.5.30

start_traffic()
{
	local port

	firewall_apply "$here/island.yaml" || return
	for port in 7 8 9; do
		plant_start "echo$port" ot peer_udp echo "$port"
		wait_for 5 said "echo$port" listening || return
	done
	for port in 7 9; do
		plant_start "ping$port" it peer_udp --source "$hmi" --window 4 --interval-ms 5 \
			--timeout-ms 50 ping "$plc" "$port"
	done
	plant_start ping8 it peer_udp --source "$hmi" --window 4 --interval-ms 5 \
		--timeout-ms 20000 ping "$plc" 8
	runs 7 && runs 8 && stands 9
}

# runs PORT: answers go on coming.
runs()
{
	local now

	now=$(last_number "ping$1" received)
	wait_for 20 beyond "ping$1" received "$((${now:-0} + 5))"
}

dropped_beyond()
{
	(($(firewall_reason conduit-disabled) > $1))
}

# stands PORT: requests are dropped for their conduit, and no answer comes.
stands()
{
	local drops before

	drops=$(firewall_reason conduit-disabled)
	wait_for 20 dropped_beyond "$((drops + 20))" || return
	# What had been answered until then is told a tenth of a second later.
	sleep 0.2
	before=$(last_number "ping$1" received)
	drops=$(firewall_reason conduit-disabled)
	wait_for 20 dropped_beyond "$((drops + 60))" || return
	echo "received ${before:-0}, then $(last_number "ping$1" received)"
	[[ $(last_number "ping$1" received) == "$before" ]]
}

# shown CONDUIT FILTER: of `otseg conduit show`.
shown()
{
	fw otseg -j conduit show name "$1" | tee "$plant_dir/shown" |
		jq -e ".conduits[0] | $2" >/dev/null || {
		cat "$plant_dir/shown"
		return 1
	}
}

status_is()
{
	fw otseg -j status | tee "$plant_dir/shown" | jq -e "$1" >/dev/null || {
		cat "$plant_dir/shown"
		return 1
	}
}

# refuses SENTENCE ARGUMENT...: exit code 1, that sentence, the same generation.
refuses()
{
	local sentence=$1 generation code=0
	shift

	generation=$(firewall_generation)
	fw otseg "$@" >"$plant_dir/said" 2>&1 || code=$?
	cat "$plant_dir/said"
	((code == 1)) && grep -qF "otseg: $sentence" "$plant_dir/said" &&
		[[ $(firewall_generation) == "$generation" ]]
}

# last FILTER: what the history says of the last event.
last()
{
	otseg -j policy history | jq -r ".history[-1]$1"
}

disables()
{
	fw otseg conduit disable telemetry reason "odd traffic" && stands 7 && runs 8 &&
		shown telemetry '.now == "disabled" and .state == "enabled" and .enabled == false and
			.by_hand == "disabled"' &&
		[[ $(last .result) == disabled && $(last .conduit) == telemetry &&
			$(last .reason) == "odd traffic" && $(last .policy) == island ]] &&
		fw otseg status | grep 'conduit  *telemetry: disabled by hand' &&
		status_is '.changed_conduits | length == 1 and .[0].name == "telemetry"'
}

# It stays when the same policy or another one is applied, and when that is rolled back: what
# is kept for the way back is the policy, not its state.
stays_disabled()
{
	sed 's/^name: .*/name: other/' "$here/island.yaml" >"$plant_dir/other.yaml"
	firewall_apply "$here/island.yaml" && firewall_apply "$plant_dir/other.yaml" &&
		fw otseg policy rollback && firewall_is_active island && stands 7 && runs 8 &&
		shown telemetry '.now == "disabled"'
}

# Nor is it part of the policy.
is_no_part_of_it()
{
	fw otseg policy diff active "$here/island.yaml" &&
		[[ $(fw otseg -j status | jq -r .policy.digest) == \
			$(otseg -j policy show file "$here/island.yaml" | jq -r .digest) ]]
}

enables()
{
	fw otseg conduit enable telemetry && runs 7 && stands 9 &&
		fw otseg conduit enable vendor && runs 9 && runs 8 &&
		shown vendor '.now == "enabled" and .state == "disabled" and .by_hand == "enabled"'
}

# What somebody has opened by hand ends with the policy that it was for.
ends_with_policy()
{
	firewall_apply "$here/island.yaml" && stands 9 && runs 7 && runs 8 &&
		shown vendor '.now == "disabled" and (has("by_hand") | not)'
}

island_on()
{
	fw otseg conduit enable vendor && runs 9 || return
	fw otseg island on reason "worm in the office" >"$plant_dir/said" &&
		grep 'island mode is on, generation [0-9]*: 2 conduits are cut' "$plant_dir/said" &&
		stands 7 && stands 9 && runs 8 &&
		status_is '.island and ([.changed_conduits[].name] == ["telemetry", "vendor"])' &&
		fw otseg status | grep 'island  *on: 2 conduits are cut' &&
		shown telemetry '.now == "cut" and .enabled == false' && shown vital '.now == "enabled"' &&
		[[ $(last .result) == "island on" && $(last .reason) == "worm in the office" ]]
}

# Also one that needs more memory, for which map-backed mode loads the datapath anew.
island_outlives_apply()
{
	local i

	{
		cat "$here/island.yaml"
		for ((i = 1; i <= 600; i++)); do
			echo "      more$i: {service: udp, port: $((10000 + 2 * i))}"
		done
	} >"$plant_dir/large.yaml"
	firewall_apply "$plant_dir/large.yaml" && stands 7 && runs 8 && status_is .island &&
		firewall_apply "$here/island.yaml" && stands 7 && runs 8 && status_is .island
}

# Who enables a conduit then is told that it changes nothing yet.
enabled_in_island()
{
	fw otseg conduit enable vendor >"$plant_dir/said" &&
		grep 'passes nothing until' "$plant_dir/said" && stands 9 &&
		shown vendor '.now == "cut" and .by_hand == "enabled"'
}

island_off()
{
	fw otseg island off && runs 7 && runs 9 && runs 8 &&
		status_is '(.island | not) and ([.changed_conduits[].name] == ["vendor"])' &&
		fw otseg conduit disable vendor && stands 9 && status_is '.changed_conduits == []'
}

refusals()
{
	refuses "the policy has no conduit 'nothing'" conduit enable nothing &&
		refuses "conduit 'telemetry' is enabled already" conduit enable telemetry &&
		refuses "conduit 'vendor' is disabled already" conduit disable vendor &&
		refuses "conduit 'vendor' is not granted" conduit revoke vendor &&
		refuses "conduit 'telemetry' is enabled: there is nothing to grant" \
			conduit grant telemetry for 1h reason t &&
		refuses "island mode is off already" island off &&
		fw otseg island on && refuses "island mode is on already" island on &&
		fw otseg island off || return
	[[ $(last .result) == "island off" ]] && otseg -j policy history |
		jq -e '[.history[] | select(.result == "refused")] | length == 7 and
			.[0].why == "the policy has no conduit '"'nothing'"'"'
}

grants()
{
	if [[ $firewall_mode == map ]]; then
		refuses "grant: needs the module: in map-backed mode nothing in the kernel could end it" \
			conduit grant vendor for 1h reason "ticket 4711" || return
		sed '0,/^    reason:/s//    when: Mon-Fri 06:00-18:00 UTC\n&/' "$here/island.yaml" \
			>"$plant_dir/hours.yaml"
		refuses "when: needs the module: in map-backed mode nothing in the kernel could open and" \
			policy apply "$plant_dir/hours.yaml"
		return
	fi
	fw otseg conduit grant vendor for 1h reason "ticket 4711" >"$plant_dir/said" &&
		grep 'conduit vendor is granted for 1h, generation' "$plant_dir/said" && runs 9 &&
		shown vendor '.now == "granted" and .grant.seconds_left > 0 and
			.change_reason == "ticket 4711"' &&
		fw otseg status | grep 'conduit  *vendor: granted, .* left: ticket 4711' &&
		refuses "conduit 'vendor' is granted already" conduit grant vendor for 1h reason t &&
		refuses "conduit 'vendor' is granted for a time: revoke that first" conduit enable vendor &&
		refuses "conduit 'vendor' is granted for a time: revoke ends that" conduit disable vendor &&
		fw otseg island on && stands 9 && fw otseg island off && runs 9 &&
		firewall_apply "$here/island.yaml" && runs 9 &&
		fw otseg conduit revoke vendor && stands 9 && runs 7 && [[ $(last .result) == revoked ]] &&
		fw otseg conduit grant vendor for 2s reason "short" && wait_for 60 expired && stands 9
}

expired()
{
	[[ $(last .result) == expired && $(last .conduit) == vendor ]]
}

# Who else owns the policy knows nothing of it: closed conduits would open.
keeps_owner()
{
	local other=module

	[[ $firewall_mode == module ]] && other=map
	fw otseg island on || return
	if [[ $other == map ]]; then
		refuses "island mode is on, or conduits are" policy apply "$here/island.yaml" backend map
	fi && status_is .island && fw otseg island off
}

none_lost()
{
	plant_stop ping8
	tail -n 1 "$plant_dir/ping8.out"
	tail -n 1 "$plant_dir/ping8.out" | grep -q ' lost 0$'
}

e2e_begin 14
ktap "traffic runs, but not through a disabled conduit" start_traffic
ktap "a disabled conduit: its live flow ends, others do not" disables
ktap "it stays so when a policy is applied" stays_disabled
ktap "the policy is the same one all the time" is_no_part_of_it
ktap "enabled again: the flow goes on" enables
ktap "what was opened by hand ends with the next policy" ends_with_policy
ktap "island mode cuts all that does not survive it" island_on
ktap "island mode outlives an apply" island_outlives_apply
ktap "what is enabled meanwhile waits for its end" enabled_in_island
ktap "the end of island mode restores what was" island_off
ktap "refusals are sentences, and change nothing" refusals
ktap "a grant, where there is a module" grants
ktap "the policy keeps its owner as long as island mode is on" keeps_owner
ktap "the conduit that survives lost no datagram" none_lost
ktap_end
