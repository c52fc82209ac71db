#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A firewall that is put in front of a connection that polls. Proves that the
# connection goes on, without being made anew, where the policy takes it up, and that it
# does not where the policy says nothing, or not any more.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

# open_before: a connection that polls, and no firewall.
open_before()
{
	plant_stop poll
	fw otseg policy detach >"$plant_dir/detach.out" 2>&1 || {
		cat "$plant_dir/detach.out"
		return 1
	}
	plant_start poll it peer_modbus --source 10.10.5.20 --interval-ms 5 \
		--timeout-ms "$1" poll 192.168.10.11 0 60
	wait_for 20 beyond poll poll 3
}

# apply_adopting TIME
apply_adopting()
{
	sed "s/^name: .*/&\nadopt: $1/" "$here/plant.yaml" >"$plant_dir/adopt.yaml"
	firewall_apply "$plant_dir/adopt.yaml"
}

is_adopting()
{
	fw otseg -j status | jq -e '[.interfaces[].adopting_s] | max > 0' >/dev/null
}

is_not_adopting()
{
	! is_adopting
}

adopted()
{
	fw otseg -j -s conduit | jq '[.conduits[].adopted] | add'
}

# is_cut: segments of it are refused, and no poll comes through.
is_cut()
{
	local before polls

	before=$(firewall_reason tcp-no-flow)
	wait_for 20 counted_beyond tcp-no-flow "$before" || return
	polls=$(last_number poll poll)
	before=$(firewall_reason tcp-no-flow)
	wait_for 20 counted_beyond tcp-no-flow "$before" || return
	[[ $(last_number poll poll) == "$polls" ]] && (($(adopted) == 0))
}

refused_by_default()
{
	firewall_apply "$here/plant.yaml" && is_cut
}

goes_on()
{
	local connections polls

	connections=$(grep -c '"connected"' "$plant_dir/plc.log")
	apply_adopting 60s && is_adopting || return
	polls=$(last_number poll poll)
	wait_for 20 beyond poll poll $((polls + 20)) || return
	echo "$(adopted) were taken up"
	(($(adopted) >= 1)) &&
		(($(grep -c '"connected"' "$plant_dir/plc.log") == connections))
}

no_poll_failed()
{
	plant_stop poll
	tail -n 1 "$plant_dir/poll.out"
	tail -n 1 "$plant_dir/poll.out" | grep -q ' failed 0$'
}

# It says nothing while the window is open.
refused_too_late()
{
	kill -STOP "${plant_pids[poll]}"
	apply_adopting 1s && wait_for 20 is_not_adopting || return
	kill -CONT "${plant_pids[poll]}"
	is_cut
}

e2e_begin 6
ktap "a connection polls before there is a firewall" open_before 500
ktap "without a word in the policy it is cut" refused_by_default
ktap "another one polls before there is a firewall" open_before 20000
ktap "it goes on where the policy takes it up" goes_on
ktap "no poll of it failed" no_poll_failed
ktap "after the window it is cut" eval 'open_before 500 && refused_too_late'
ktap_end
