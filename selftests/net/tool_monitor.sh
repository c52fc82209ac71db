#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Monitor mode, of one conduit and of a whole policy, in map-backed mode: what would be
# dropped passes and is counted, and everything that shows a policy says that it is not
# enforced. Without the key nobody says so, and it is dropped.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tool.sh
. "$here/tool.sh"

plc=192.168.10.11
office=10.10.9.99

# policy POLICY_KEY CONDUIT_KEY: nobody may do anything but HTTP.
policy()
{
	cat <<-END
		otseg: 1
		name: watched
		$1
		zones:
		  it: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
		  ot: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}
		conduits:
		  down: {reason: r, from: it, to: ot, $2 rules: {web: {service: tcp, port: 80}}}
		  up: {reason: r, from: ot, to: it, rules: {web: {service: tcp, port: 80}}}
	END
}

# apply POLICY_KEY CONDUIT_KEY: output in $plant_dir/said.
apply()
{
	policy "$@" >"$plant_dir/policy.yaml"
	fw otseg policy apply "$plant_dir/policy.yaml" >"$plant_dir/said" 2>&1 || {
		cat "$plant_dir/said"
		return 1
	}
}

pings()
{
	it ping -n -q -c "$1" -i 0.2 -W 2 -I "$office" "$plc" >/dev/null
}

unenforced()
{
	fw otseg -j status | jq -r "$1"
}

said_in()
{
	grep -q -- "$2" "$1" || {
		echo "no '$2' in:"
		cat "$1"
		return 1
	}
}

one_conduit()
{
	apply "" "mode: monitor," && pings 3 &&
		said_in "$plant_dir/said" 'NOT ENFORCED: conduit down, from it to ot' || return
	[[ $(unenforced '.not_enforced.conduits | map(.name) | join(" ")') == down ]] &&
		[[ $(unenforced '.not_enforced.of') == 2 ]] &&
		(($(unenforced '.not_enforced.conduits[0].monitored') >= 3))
}

said_everywhere()
{
	fw otseg status >"$plant_dir/text" &&
		said_in "$plant_dir/text" 'NOT ENFORCED: conduit down.*; [0-9]* frames passed that' &&
		fw otseg policy show >"$plant_dir/shown.yaml" 2>"$plant_dir/text" &&
		said_in "$plant_dir/text" 'NOT ENFORCED: conduit down' &&
		fw otseg policy diff active "$plant_dir/shown.yaml"
}

# The reader of events hears of it at once, not only when a frame is told of.
reminded()
{
	plant_start events fw otseg -j event monitor
	wait_for 10 grep -q not-enforced "$plant_dir/events.out"
	local code=$?

	plant_stop events
	((code == 0)) && [[ $(jq -r 'select(.event == "not-enforced") | .conduits[0].name' \
		"$plant_dir/events.out" | head -n 1) == down ]]
}

whole_policy()
{
	apply "mode: monitor" "" && pings 1 &&
		said_in "$plant_dir/said" 'NOT ENFORCED: every conduit' &&
		[[ $(unenforced '.not_enforced.conduits | length') == 2 ]]
}

# What a conduit says of itself counts.
but_one()
{
	apply "mode: monitor" "mode: enforce," || return
	if pings 1; then
		echo "the conduit is not enforced"
		return 1
	fi
	[[ $(unenforced '.not_enforced.conduits | map(.name) | join(" ")') == up ]]
}

enforced()
{
	apply "" "" || return
	if pings 1; then
		echo "it is not enforced"
		return 1
	fi
	[[ $(unenforced '.not_enforced') == null ]] && ! grep -q ENFORCED "$plant_dir/said" &&
		! fw otseg status | grep ENFORCED
}

diff_says_so()
{
	policy "" "" >"$plant_dir/strict.yaml"
	policy "mode: monitor" "" >"$plant_dir/loose.yaml"
	otseg policy diff "$plant_dir/strict.yaml" "$plant_dir/loose.yaml" >"$plant_dir/text"
	(($? == 1)) && said_in "$plant_dir/text" \
		'no longer enforced: from all of zone it to all of zone ot: what no rule allows' &&
		! grep -v '^no longer enforced' "$plant_dir/text"
}

if ((EUID != 0)); then
	ktap_skip_all "needs root"
fi
trap 'rm -rf "$OTSEG_PIN_DIR"; plant_end' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
plant_make private || exit

ktap_begin 7
ktap "one conduit is monitored, and what passes is counted" one_conduit
ktap "status and the policy say so" said_everywhere
ktap "who reads events is reminded" reminded
ktap "every conduit is monitored" whole_policy
ktap "a conduit that says otherwise is enforced" but_one
ktap "enforced again, nothing is said" enforced
ktap "the difference says so" diff_says_so
ktap_end
