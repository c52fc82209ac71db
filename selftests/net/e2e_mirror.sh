#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A wire that mirrors its links: whoever is connected to one end sees when the
# other end loses its link, is taken down or disappears, and when it is back. What
# an administrator has taken down stays down, whoever dies in between; two ends
# that follow each other never wait for each other.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

settle=2
flaps=20

line_make()
{
	plant_stop plc
	fw ip address flush dev it0 && fw ip address flush dev ot0 || return
	it ethtool -K eth0 tx off gro on >/dev/null && ot ethtool -K eth0 tx off gro on >/dev/null ||
		return
	line_address
	sed 's/^  line3: .*/  line3: {interfaces: [it0, ot0], mirror-link: true}/' \
		"$here/line.yaml" >"$plant_dir/mirror.yaml"
}

line_address()
{
	it ip address replace 10.20.0.20/24 dev eth0 && ot ip address replace 10.20.0.211/24 dev eth0
}

mirror_start()
{
	plant_start mirror fw otseg interface mirror settle "$settle"
}

# The far side of a cable: has it a link? "up", "no carrier" or "down".
side()
{
	"$1" ip -j link show eth0 | jq -r '.[0].flags | if index("UP") | not then "down"
		elif index("LOWER_UP") then "up" else "no carrier" end'
}

# An end on the firewall, as the tool shows it.
link()
{
	fw otseg -j interface show name "$1" | jq -r '.interfaces[0].link'
}

is_side()
{
	echo "$1: $(side "$1")"
	[[ $(side "$1") == "$2" ]]
}

is_link()
{
	echo "$1: $(link "$1")"
	[[ $(link "$1") == "$2" ]]
}

both_up()
{
	is_link it0 up && is_link ot0 up && is_side it up && is_side ot up
}

# The state holds for longer than anything takes that could change it.
stays()
{
	local deadline=$((SECONDS + settle + 2))

	while ((SECONDS <= deadline)); do
		"$@" || return
		sleep 0.1
	done
}

lost()
{
	"$1" ip link set eth0 down && wait_for 5 is_link "$3" mirrored &&
		wait_for 5 is_side "$2" "no carrier"
}

found()
{
	"$1" ip link set eth0 up && wait_for 10 both_up
}

pings()
{
	it ping -c 1 -W 1 -I 10.20.0.20 10.20.0.211
}

crosses()
{
	line_address && wait_for 10 pings
}

# Both sides lose their links, and come back in the other order.
crossed_over()
{
	lost it ot ot0 && ot ip link set eth0 down && it ip link set eth0 up &&
		wait_for 5 is_link ot0 "no carrier" && is_link it0 up &&
		wait_for 10 is_link it0 mirrored && stays is_link ot0 "no carrier" &&
		ot ip link set eth0 up && wait_for 10 both_up
}

flapping()
{
	local i

	for ((i = 0; i < flaps; i++)); do
		it ip link set eth0 down
		ot ip link set eth0 down
		((i % 3)) || fw ip link set it0 up
		it ip link set eth0 up
		((i % 2)) || fw ip link set ot0 up
		ot ip link set eth0 up
	done
	wait_for 20 both_up && stays both_up
}

killed()
{
	plant_stop mirror KILL
	true
}

second_one()
{
	local code=0

	fw otseg interface mirror || code=$?
	((code == 1))
}

unplug()
{
	ot ip link del eth0 && wait_for 5 is_side it "no carrier"
}

replug()
{
	plant_wire ot0 "$plant_ot" && fw ip link set ot0 up && ot ip link set eth0 up &&
		ot ethtool -K eth0 tx off gro on && is_side it "no carrier" &&
		firewall_apply "$plant_dir/mirror.yaml" && wait_for 10 both_up
}

is_stopped()
{
	[[ $(<"/proc/${plant_pids[late]}/stat") == *') T '* ]]
}

is_admin_up()
{
	fw ip -j link show "$1" | jq -e '.[0].flags | index("UP") != null' >/dev/null
}

# The mirror has seen the cause, and waits for the lock, while the end is detached.
detached_meanwhile()
{
	plant_start late fw env TOOL_STOP_LOCK=1 \
		LD_PRELOAD="$built/selftests/net/tool_fail.so" \
		otseg interface mirror settle "$settle"
	ot ip link set eth0 down && wait_for 10 is_stopped && fw otseg interface detach it0 &&
		is_admin_up it0 && kill -CONT "${plant_pids[late]}" && stays is_admin_up it0 &&
		firewall_apply "$plant_dir/mirror.yaml" && wait_for 5 is_link it0 mirrored &&
		found ot && plant_stop late
}

if ! command -v ethtool >/dev/null; then
	ktap_skip_all "no ethtool"
fi
e2e_begin 32
line_make
ktap "a wire that mirrors comes in force" firewall_apply "$plant_dir/mirror.yaml"
ktap "nobody mirrors yet: a lost link stays alone" eval \
	'ot ip link set eth0 down && stays is_side it up && found ot'
ktap "an end detached between look and lock is left alone" detached_meanwhile
ktap "the mirror starts" mirror_start
ktap "with both links there is nothing to do" stays both_up
ktap "there is one mirror only" second_one
ktap "what the policy allows crosses" crosses
ktap "ot loses its link: it sees it" lost ot it it0
ktap "the tool tells" said mirror "wire line3: it0 taken down: ot0 has no carrier"
ktap "the link is back: it sees that too" found ot
ktap "it loses its link: ot sees it" lost it ot ot0
ktap "and that it is back" found it
ktap "what the policy allows crosses again" crosses
ktap "links that are lost and found crosswise" crossed_over
ktap "an end taken down takes the other one down" eval \
	'fw ip link set it0 down && wait_for 5 is_link ot0 mirrored && is_side ot "no carrier"'
ktap "it stays down" stays is_link it0 down
ktap "and takes it along when it comes up" eval 'fw ip link set it0 up && wait_for 10 both_up'
ktap "somebody takes up what is mirrored: it goes down again" eval 'lost ot it it0 &&
	fw ip link set it0 up && wait_for 5 is_link it0 mirrored && found ot'
ktap "$flaps times down and up on both sides" flapping
ktap "an end that an administrator has taken down" eval \
	'fw ip link set ot0 down && wait_for 5 is_link it0 mirrored'
ktap "the mirror is killed: what it took down stays down" eval \
	'killed && stays is_link it0 mirrored'
ktap "it starts again, and knows which is whose" eval 'mirror_start &&
	stays is_link ot0 down && is_link it0 mirrored'
ktap "the administrator takes up his" eval 'fw ip link set ot0 up && wait_for 10 both_up'
ktap "killed while an end is down, whose cause goes meanwhile" eval \
	'lost ot it it0 && killed && ot ip link set eth0 up && stays is_link it0 mirrored'
ktap "the next mirror takes it up" eval 'mirror_start && wait_for 10 both_up'
ktap "an end disappears: the other side sees it" unplug
ktap "it is back and governed: both are up" replug
ktap "another policy that does not mirror takes up what is down" eval 'lost ot it it0 &&
	firewall_apply "$here/line.yaml" && wait_for 10 is_link it0 up && is_side it up'
ktap "and leaves it at that" stays is_side it up
ktap "this one mirrors at once" eval 'firewall_apply "$plant_dir/mirror.yaml" &&
	wait_for 5 is_link it0 mirrored && found ot'
ktap "detached while an end is down: the tool says that it stays so" eval 'lost ot it it0 &&
	fw otseg policy detach 2>&1 | grep "interface it0 stays down"'
ktap "told to end, it ends" plant_stop mirror
ktap_end
