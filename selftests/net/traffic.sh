# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced after e2e.sh by tests that disturb a firewall at work: datagrams that are echoed and
# Modbus that is polled through rules which plant.yaml and plant-other.yaml both have, and
# datagrams that neither allows. What is lost and what passes is counted at the receivers.

traffic_plc=192.168.10.11

traffic_start()
{
	plant_start echo ot peer_udp echo 7
	plant_start sink ot peer_udp sink 9
	wait_for 5 said echo listening && wait_for 5 said sink listening || return
	plant_start ping it peer_udp --source 10.10.5.20 --window 4 \
		--interval-ms "${OTSEG_PACE_MS:-0}" --timeout-ms 20000 ping "$traffic_plc" 7
	plant_start denied it peer_udp --source 10.10.5.20 --interval-ms 1 send "$traffic_plc" 9
	plant_start poll it peer_modbus --source 10.10.5.20 --interval-ms 5 \
		--timeout-ms 20000 poll "$traffic_plc" 0 60
	wait_for 20 beyond ping received 10 && wait_for 20 beyond poll poll 5 &&
		wait_for 20 beyond denied sent 5
}

# traffic_seen: how far the three are, for traffic_goes_on.
traffic_seen()
{
	last_number ping received
	last_number poll poll
	last_number denied sent
}

# traffic_goes_on PING POLL DENIED: traffic must have run all the time, or nothing was proved.
traffic_goes_on()
{
	beyond ping received "$1" && beyond poll poll "$2" && beyond denied sent "$3"
}

# shellcheck disable=SC2154 # plant.sh sets plant_dir
traffic_none_lost()
{
	plant_stop ping
	tail -n 1 "$plant_dir/ping.out"
	tail -n 1 "$plant_dir/ping.out" | grep -q ' lost 0$' || {
		traffic_losses
		return 1
	}
}

# Who may have lost them: the firewall by its reasons, or the hosts.
traffic_losses()
{
	local host

	firewall_reasons | grep -v ' 0$'
	for host in it ot; do
		"$host" nstat -as 'Udp*' 'Ip*Discards' 'Ip*NoRoutes' | sed "s/^/$host /"
		"$host" ip -s neighbour show
	done
}

traffic_no_poll_failed()
{
	plant_stop poll
	tail -n 1 "$plant_dir/poll.out"
	tail -n 1 "$plant_dir/poll.out" | grep -q ' failed 0$' &&
		(($(grep -c '"connected"' "$plant_dir/plc.log") == 1))
}

traffic_none_passed()
{
	plant_stop denied
	plant_stop sink
	tail -n 1 "$plant_dir/denied.out"
	tail -n 1 "$plant_dir/sink.out"
	tail -n 1 "$plant_dir/sink.out" | grep -q ' received 0 lost 0$'
}
