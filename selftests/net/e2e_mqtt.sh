#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# MQTT through the firewall, with real clients and a real broker: what a client may
# subscribe to and publish, topic by topic, in each version of the protocol; messages of
# many segments; and that what is refused does not arrive.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

broker=192.168.10.11

# hears CLIENT TOPIC [OPTION]...: a subscriber on the IT side, output in $plant_dir/CLIENT.out
hears()
{
	local name=$1 topic=$2
	shift 2

	plant_start "$name" it stdbuf -oL mosquitto_sub -h "$broker" -A 10.10.5.20 -i "$name" -t "$topic" -v "$@"
}

# tells ADDRESS TOPIC [OPTION]...: publishes from the IT side
tells()
{
	local address=$1 topic=$2
	shift 2

	it timeout $((patience / 1000 + 5)) mosquitto_pub -h "$broker" -A "$address" -t "$topic" "$@"
}

# On the broker's own side nothing is in between.
measures()
{
	ot mosquitto_pub -h "$broker" -t "$1" -m "$2" -q 1
}

said_for()
{
	measures "$2" "$3" && said "$1" "$2 $3"
}

arrives()
{
	wait_for 10 said_for "$@"
}

# Not only late: what was sent after it has come.
arrives_not()
{
	measures "$2" never && ! said "$1" never
}

versions()
{
	local version

	for version in mqttv31 mqttv311 mqttv5; do
		hears "old-$version" plant/line3/level -V "$version" || return
		arrives "old-$version" plant/line3/level "7 $version" || return
		plant_stop "old-$version"
	done
}

large_arrives()
{
	head -c 20000 /dev/zero | tr '\0' x >"$plant_dir/large"
	plant_start whole ot stdbuf -oL mosquitto_sub -h "$broker" -t '#' -F '%t %l'
	# Not before somebody listens.
	wait_for 10 said_for whole plant/own 1 &&
		wait_for 10 tells 10.10.5.30 plant/line3/recipe -f "$plant_dir/large" -q 1 &&
		wait_for 10 said whole '^plant/line3/recipe 20000$'
}

recipe_arrives()
{
	plant_start recipe ot stdbuf -oL mosquitto_sub -h "$broker" -t '#' -v
	wait_for 10 said_for recipe plant/own 1 &&
		tells 10.10.5.30 plant/line3/recipe -m beer -q 2 &&
		wait_for 10 said recipe 'plant/line3/recipe beer'
}

refused()
{
	counts "$1" tells "${@:2}"
}

# plant_make, a broker in the place of the PLC, and the policy
broker_begin()
{
	printf 'listener 1883 %s\nallow_anonymous true\n' "$broker" >"$plant_dir/broker.conf"
	plant_start broker ot mosquitto -c "$plant_dir/broker.conf"
	wait_for 10 ot mosquitto_pub -h "$broker" -t plant/hello -m 1 &&
		firewall_apply "$tests/broker.yaml"
}

if ! command -v mosquitto mosquitto_sub >/dev/null; then
	ktap_skip_all "no mosquitto here"
fi
e2e_begin 11
ktap "a broker on the plant floor" broker_begin
hears line3 'plant/line3/#'
ktap "a subscriber hears of his line" arrives line3 plant/line3/level 5
ktap "in each version of the protocol" versions
hears other 'plant/#'
ktap "a filter that reaches further is refused: field" wait_for 10 counted_beyond field 0
ktap "and hears nothing" arrives_not other plant/line4/level
plant_stop other
ktap "the HMI publishes a recipe" recipe_arrives
ktap "a message of many segments arrives" large_arrives
ktap "the historian may not: access" refused access 10.10.5.20 plant/line3/recipe -m water -q 1
ktap "another topic is refused: field" refused field 10.10.5.30 plant/line3/valve -m 1 -q 1
ktap "a last will is a publication: field" refused field 10.10.5.30 plant/line3/recipe -m beer \
	--will-topic plant/line3/valve --will-payload 1
ktap "nothing refused arrived" eval '! said recipe water && ! said recipe valve'
ktap_end
