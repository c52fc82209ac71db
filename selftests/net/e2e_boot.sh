#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The start of a host, by the commands of the systemd units in their order, under traffic that
# the policy denies: none of it reaches the plant, from the first moment that a link is up,
# whatever fails or is killed on the way; what the policy allows passes once it is restored.
# "Off" is: links down, nothing pinned, no module. An emulated machine takes a minute to load
# the datapath: there, one way to do harm stands for all that are alike.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

units=$here/../../userspace/systemd
if [[ ! -d $units ]]; then
	units=/e2e/systemd
fi
preload=$built/selftests/net/tool_fail.so
if [[ ! -e $preload ]]; then
	preload=/usr/local/bin/tool_fail.so
fi
harms=damaged
if [[ $firewall_mode == map ]]; then
	harms="damaged missing"
	export OTSEG_BPF_OBJECT=${OTSEG_BPF_OBJECT:-$built/selftests/net/lean/otseg.bpf.o}
fi
plc=192.168.10.11
historian=10.10.5.20
attacker=10.10.9.99

# unit NAME: what systemd would run.
unit()
{
	local command

	command=$(sed -n 's/^ExecStart=\/usr\/local\/sbin\///p' "$units/$1.service")
	# shellcheck disable=SC2086 # words
	fw $command
}

links()
{
	local device

	for device in it0 ot0; do
		if fw test -e "/proc/sys/net/ipv4/conf/$device"; then
			fw ip link set "$device" "$1" || return
		fi
	done
}

is_unloaded()
{
	firewall_let_go && rmmod otseg 2>/dev/null
	[[ ! -e $firewall_sysfs ]]
}

power_off()
{
	links down && rm -rf "${OTSEG_PIN_DIR:-/sys/fs/bpf/otseg}" || return
	if [[ $firewall_mode == module ]]; then
		wait_for 20 is_unloaded
	fi
}

# What systemd-modules-load does, if there is a module.
power_on()
{
	if [[ $firewall_mode == module ]]; then
		insmod "$OTSEG_MODULE"
	fi
}

reads()
{
	it peer_modbus --source "$historian" --timeout-ms "$patience" read "$plc" 0 2 |
		grep -x 'ok 1000 1001'
}

# Nobody has an answer, for as long as a refusal takes.
nobody_reads()
{
	! it peer_modbus --source "$historian" --timeout-ms "$refusal" read "$plc" 0 2
}

# What of the attacker has reached the plant, since the beginning.
intruded()
{
	ot nft -j list counters | jq '[.nftables[].counter // empty | .packets] | add'
}

attacked()
{
	plant_start attack it ping -q -n -i 0.05 -I "$attacker" "$plc"
	ot nft -f - <<-END
		table ip boot {
			counter denied {}
			chain in {
				type filter hook prerouting priority -300;
				ip saddr $attacker counter name denied
			}
		}
	END
}

untouched()
{
	local n

	n=$(intruded)
	echo "$n packets of the attacker have reached the plant"
	[[ $n == 0 ]]
}

# says_nothing_kept UNIT: it has nothing to do.
says_nothing_kept()
{
	unit "$1" | grep 'no policy is kept'
}

# Without otseg they would come through: else nothing is proven. So they do on a host that never
# had a policy.
is_open_without()
{
	attacked && power_off && links up && OTSEG_STATE_DIR=$plant_dir/none says_nothing_kept otseg-early &&
		OTSEG_STATE_DIR=$plant_dir/none says_nothing_kept otseg && wait_for 20 beyond_zero &&
		links down && ot nft flush ruleset && plant_stop attack INT
	attacked
}

beyond_zero()
{
	(($(intruded) > 0))
}

keeps_policy()
{
	power_on && firewall_apply "$here/plant.yaml" && links up && wait_for 20 reads &&
		[[ -s $OTSEG_STATE_DIR/boot.img ]] && untouched
}

boots()
{
	power_off && power_on && unit otseg-early && links up && nobody_reads && untouched &&
		unit otseg && wait_for 20 reads && untouched && unit otseg && firewall_is_active plant
}

# Each time it is killed a little later; until it is done, nothing passes.
killed_restoring()
{
	local i

	for i in 0.002 0.01 0.03 0.1 0.3; do
		power_off && power_on && unit otseg-early >/dev/null && links up || return
		# shellcheck disable=SC2046 # words
		fw timeout -s KILL "$i" $(sed -n 's/^ExecStart=\/usr\/local\/sbin\///p' \
			"$units/otseg.service") >/dev/null 2>&1
		untouched || return
	done
	unit otseg && wait_for 20 reads && untouched
}

# restored: after a start of the host, without anybody's doing.
restored()
{
	power_off && power_on && unit otseg-early && links up && unit otseg && untouched
}

# Killed before it was done, it is run again by nobody; the restore closes what it opens.
killed_closing()
{
	power_off && power_on || return
	# shellcheck disable=SC2046 # words
	fw timeout -s KILL 0.01 $(sed -n 's/^ExecStart=\/usr\/local\/sbin\///p' \
		"$units/otseg-early.service") >/dev/null 2>&1
	unit otseg && links up && wait_for 20 reads && untouched
}

# What was closed is closed again, and what was opened for a time is not open. That goes for a
# conduit that the policy closes anyway, too: another one may not.
closed_as_it_was()
{
	sed '/^  maintenance:/,$s/state: disabled/state: enabled/' "$here/plant.yaml" \
		>"$plant_dir/enabled.yaml"
	firewall_apply "$plant_dir/enabled.yaml" && fw otseg conduit disable maintenance &&
		firewall_apply "$here/plant.yaml" &&
		fw otseg island on reason worm && nobody_reads && restored && nobody_reads && is_island true &&
		fw otseg island off && wait_for 20 reads &&
		fw otseg conduit disable telemetry && restored && nobody_reads && is_island false &&
		fw otseg conduit enable telemetry && wait_for 20 reads && restored && wait_for 20 reads &&
		firewall_apply "$plant_dir/enabled.yaml" && is_conduit maintenance disabled &&
		fw otseg conduit enable maintenance && firewall_apply "$here/plant.yaml"
}

is_island()
{
	[[ $(fw otseg -j status | jq .island) == "$1" ]]
}

# is_conduit NAME WORD: what it is now.
is_conduit()
{
	fw otseg -j conduit show name "$1" | jq -e ".conduits[0].now == \"$2\""
}

# What the policy itself had closed is none of what somebody has closed: the next one may open it.
nothing_else_is_closed()
{
	fw otseg conduit enable maintenance && fw otseg conduit disable maintenance &&
		firewall_apply "$plant_dir/enabled.yaml" && is_conduit maintenance enabled &&
		restored && is_conduit maintenance enabled && firewall_apply "$here/plant.yaml"
}

# The historian may not read under it.
shut_policy()
{
	sed 's/^name: plant/name: shut/; 0,/from: .historian, hmi./s//from: hmi/' "$here/plant.yaml" \
		>"$plant_dir/shut.yaml"
}

# killed_unkept IS COMMAND...: killed as soon as the command IS in force, so before that is kept.
killed_unkept()
{
	local is=$1 at
	shift

	cp "$OTSEG_STATE_DIR/boot.img" "$plant_dir/before.img" || return
	for ((at = 1; at < 1000; at++)); do
		TOOL_FAIL_HOW=kill TOOL_FAIL_AT=$at LD_PRELOAD=$preload fw "$@" >/dev/null 2>&1
		if $is >/dev/null; then
			echo "in force at call $at"
			cmp "$OTSEG_STATE_DIR/boot.img" "$plant_dir/before.img"
			return
		fi
	done
	return 1
}

is_kept()
{
	! cmp -s "$OTSEG_STATE_DIR/boot.img" "$plant_dir/before.img"
}

is_shut()
{
	firewall_is_active shut
}

is_disabled()
{
	is_conduit telemetry disabled
}

# Whoever put it in force did not live to keep it, so otseg-watch does.
killed_applying()
{
	local watch

	watch=$(sed -n 's/^ExecStart=\/usr\/local\/sbin\///p' "$units/otseg-watch.service")
	shut_policy && wait_for 20 reads && killed_unkept is_shut otseg policy apply "$plant_dir/shut.yaml" ||
		return
	# shellcheck disable=SC2086 # words
	plant_start watch fw $watch
	wait_for 20 is_kept && plant_stop watch
}

# Or whoever asks for it again: that it is so already is no reason.
killed_disabling()
{
	killed_unkept is_disabled otseg conduit disable telemetry || return
	fw otseg conduit disable telemetry 2>"$plant_dir/said"
	cat "$plant_dir/said"
	grep 'is disabled already' "$plant_dir/said" && is_kept && restored && is_shut && is_disabled &&
		fw otseg conduit enable telemetry && firewall_apply "$here/plant.yaml" &&
		wait_for 20 reads
}

is_stopped()
{
	[[ $(ps -o state= -p "$1") == T ]]
}

# Two changes at once, as the module takes them: what one keeps is not what it knew before the
# other one.
at_once()
{
	local apply island

	TOOL_STOP_RENAME=2 LD_PRELOAD=$preload otseg policy apply "$plant_dir/shut.yaml" &
	apply=$!
	wait_for 20 is_stopped "$apply" || return
	otseg island on &
	island=$!
	wait_for 20 is_island true
	sleep 1
	kill -CONT "$apply"
	wait "$apply" && wait "$island" && restored && is_shut && is_island true && otseg island off &&
		firewall_apply "$here/plant.yaml"
}

# While a policy waits to be confirmed, the last confirmed one is kept: as it was before, or else
# from where a rollback finds it. So is what was closed of it, though the other one has no such
# conduit.
unconfirmed()
{
	cat >"$plant_dir/less.yaml" <<-END
		otseg: 1
		name: less
		zones:
		  enterprise: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
		conduits: {}
	END
	otseg conduit disable telemetry && cp "$OTSEG_STATE_DIR/boot.img" "$plant_dir/before.img" &&
		otseg policy apply "$plant_dir/less.yaml" confirm 10m && ! is_kept &&
		rm "$OTSEG_STATE_DIR/boot.img" && otseg island on && restored && is_island true &&
		firewall_is_active plant && otseg island off && is_disabled &&
		otseg conduit enable telemetry && wait_for 20 reads
}

# Told, and made good once there is room.
full_disk()
{
	local code=0

	mkdir -p "$plant_dir/full" && mount -t tmpfs -o size=4m none "$plant_dir/full" &&
		cp "$OTSEG_STATE_DIR"/boot.* "$plant_dir/full" || return
	OTSEG_STATE_DIR=$plant_dir/full on_full_disk || code=$?
	umount "$plant_dir/full" && firewall_apply "$here/plant.yaml" && return "$code"
}

on_full_disk()
{
	dd if=/dev/zero of="$OTSEG_STATE_DIR/ballast" bs=4k 2>/dev/null
	cp "$OTSEG_STATE_DIR/boot.img" "$plant_dir/before.img"
	fw otseg policy apply "$plant_dir/shut.yaml" >"$plant_dir/said" 2>&1
	cat "$plant_dir/said"
	grep 'warning: the next start of the host brings back what was kept before: .* No space left' \
		"$plant_dir/said" && is_shut && ! is_kept && rm "$OTSEG_STATE_DIR/ballast" || return
	fw otseg island off
	is_kept
}

is_attached()
{
	fw otseg -j interface show name it0 | jq -e '.interfaces[0].state == "enforcing"'
}

# A device that comes late, under the eyes of the unit that waits for it.
late_interface()
{
	local watch

	power_off && fw ip link del it0 && power_on && unit otseg-early && links up && unit otseg &&
		untouched || return
	watch=$(sed -n 's/^ExecStart=\/usr\/local\/sbin\///p' "$units/otseg-watch.service")
	# shellcheck disable=SC2086 # words
	plant_start watch fw $watch
	plant_wire it0 "$plant_it" || return
	if [[ $firewall_mode == map ]]; then
		# Nothing is there before the datapath is; links come up after udev, and after it.
		wait_for 20 is_attached || return
	fi
	plant_address_it >/dev/null 2>&1
	wait_for 20 is_attached && wait_for 20 reads && untouched && plant_stop watch
}

# harm FILE intact|damaged|missing
harm()
{
	case $2 in
	damaged) printf x | dd of="$OTSEG_STATE_DIR/$1" bs=1 conv=notrunc status=none ;;
	missing) rm "$OTSEG_STATE_DIR/$1" ;;
	esac
}

# starts_harmed IMAGE STATE: the host, with that done to the two files.
starts_harmed()
{
	echo "boot.img $1, boot.json $2"
	mkdir -p "$plant_dir/kept" && cp "$OTSEG_STATE_DIR"/boot.{img,json} "$plant_dir/kept" &&
		power_off && power_on && harm boot.img "$1" && harm boot.json "$2" || return
	unit otseg-early >"$plant_dir/early" 2>&1
	local code=$?
	cat "$plant_dir/early"
	links up && nobody_reads && untouched && ((code == 0))
}

mended()
{
	cp "$plant_dir/kept"/* "$OTSEG_STATE_DIR" && unit otseg && wait_for 20 reads && untouched
}

# No policy can be made of it. Its interfaces are closed, also when somebody brings them up, and
# all others if nobody can say which ones those are; loudly.
cannot_restore()
{
	starts_harmed "$1" "$2" && ! unit otseg >"$plant_dir/said" 2>&1 || return
	cat "$plant_dir/said"
	grep 'NOT RESTORED: what is governed is closed' "$plant_dir/said" &&
		grep 'what was closed by hand is not remembered' "$plant_dir/said" && links up &&
		nobody_reads && untouched
}

without_image()
{
	local how

	for how in $harms; do
		cannot_restore "$how" intact && ! grep 'NOTHING TELLS' "$plant_dir/early" && mended ||
			return
	done
}

# The other file is missing, too, where it can be; but not both.
without_both()
{
	local how

	fw ip link add spare0 type veth peer name spare1 || return
	for how in $harms; do
		cannot_restore damaged "$how" && all_is_closed || return
	done
	if [[ $firewall_mode == map ]]; then
		cannot_restore missing damaged && all_is_closed || return
	fi
	fw ip link del spare0
}

# Also what no policy governs; it is let go of then.
all_is_closed()
{
	grep 'NOTHING TELLS WHICH INTERFACES' "$plant_dir/early" && is_closed spare0 && mended &&
		! is_closed spare0
}

is_closed()
{
	[[ $(fw otseg -j interface show name "$1" | jq -r '.interfaces[0].state') == closed ]]
}

# The policy says what it governs, and bears what was closed.
without_owner()
{
	local how

	fw otseg conduit disable telemetry || return
	for how in $harms; do
		starts_harmed intact "$how" && unit otseg && is_disabled && nobody_reads && untouched &&
			cmp "$OTSEG_STATE_DIR/boot.json" "$plant_dir/kept/boot.json" || return
	done
	fw otseg conduit enable telemetry && wait_for 20 reads
}

# A device that comes after nothing could be restored, whether its name is known or not.
late_and_closed()
{
	local watch state

	watch=$(sed -n 's/^ExecStart=\/usr\/local\/sbin\///p' "$units/otseg-watch.service")
	for state in intact missing; do
		cannot_restore damaged "$state" && fw ip link del it0 || return
		# shellcheck disable=SC2086 # words
		plant_start watch fw $watch
		plant_wire it0 "$plant_it" && wait_for 20 is_closed it0 || return
		plant_address_it >/dev/null 2>&1
		nobody_reads && untouched && plant_stop watch && mended || return
	done
}

# With the module missing, the datapath closes; without both, links are taken down.
cannot_close()
{
	if [[ $firewall_mode == module ]]; then
		power_off && unit otseg-early && links up && nobody_reads && untouched &&
			! unit otseg && nobody_reads && untouched || return
	fi
	power_off && fw ip link set ot0 up || return
	OTSEG_BPF_OBJECT=$plant_dir/none unit otseg-early >"$plant_dir/said" 2>&1 && return 1
	cat "$plant_dir/said"
	grep 'interface ot0: CANNOT BE CLOSED, taken down' "$plant_dir/said" &&
		[[ $(fw ip -j link show ot0 | jq '.[0].flags | index("UP")') == null ]] &&
		power_on && unit otseg && links up && wait_for 20 reads && untouched
}

# Where enforcement was ended, nothing comes back.
detached()
{
	fw otseg policy detach && plant_stop attack INT
	says_nothing_kept otseg-early && says_nothing_kept otseg
}

verifies()
{
	local unit

	mkdir -p "$plant_dir/units"
	for unit in otseg-early otseg otseg-watch otseg-mirror; do
		sed "s|/usr/local/sbin/otseg|$(command -v otseg)|; /^Documentation=/d" \
			"$units/$unit.service" >"$plant_dir/units/$unit.service"
	done
	systemd-analyze verify --man=no "$plant_dir"/units/*.service 2>&1 | tee "$plant_dir/said"
	! grep "$plant_dir" "$plant_dir/said"
}

# Whatever is told to wait until links are closed does not start if they are not.
required()
{
	local list

	list=$(sed -n 's/^Before=network-pre.target \(.*\) shutdown.target$/\1/p' "$units/otseg-early.service")
	echo "$list"
	[[ $list ]] && grep -x "RequiredBy=$list ifup@.service" "$units/otseg-early.service"
}

# So does what udev starts for a single link; systemd itself says so, of all that it would do.
hotplug_required()
{
	local dir=$plant_dir/host/lib/systemd/system

	mkdir -p "$dir"
	cp "$units"/otseg*.service "$dir/"
	cat >"$dir/ifup@.service" <<-'EOF'
		[Unit]
		DefaultDependencies=no
		After=network-pre.target
		[Service]
		ExecStart=/bin/true
	EOF
	systemctl --root="$plant_dir/host" --quiet enable otseg-early.service 2>/dev/null || return
	chmod -R a+rX "$plant_dir/host"
	chmod a+x "$plant_dir"
	setpriv --reuid=65534 --regid=65534 --clear-groups env XDG_RUNTIME_DIR=/tmp \
		SYSTEMD_UNIT_PATH="$plant_dir/host/etc/systemd/system:$dir:/lib/systemd/system" \
		/lib/systemd/systemd --test --user --unit=ifup@ot0.service >"$plant_dir/would" 2>&1
	awk '/-> Unit / { here = $3 == "ifup@ot0.service:" } here' "$plant_dir/would" >"$plant_dir/unit"
	grep 'Requires: otseg-early.service' "$plant_dir/unit" && grep 'After: network-pre.target' "$plant_dir/unit"
}

# conditions UNIT: whether they hold.
conditions()
{
	local list

	mapfile -t list < <(sed -n "s|/var/lib/otseg|$OTSEG_STATE_DIR|; /^Condition/p" "$units/$1.service")
	systemd-analyze condition "${list[@]}"
}

# A unit that is skipped is no unit that has failed: only where nothing is kept.
skipped()
{
	local unit file

	for unit in otseg-early otseg; do
		rm -f "$OTSEG_STATE_DIR"/boot.*
		! conditions "$unit" || return
		for file in boot.img boot.json; do
			touch "$OTSEG_STATE_DIR/$file"
			conditions "$unit" || return
			rm "$OTSEG_STATE_DIR/$file"
		done
	done
}

e2e_begin 23
ktap "without anything in force, what is denied comes through" is_open_without
ktap "a policy that is applied is kept for the next start" keeps_policy
ktap "closed before links are up, then restored" boots
ktap "killed while it restores: closed" killed_restoring
ktap "killed while it closes: the restore does" killed_closing
ktap "closed as it was: island mode, and what was disabled by hand" closed_as_it_was
ktap "what the policy had closed is not closed by hand" nothing_else_is_closed
ktap "killed before an applied policy is kept: made good" killed_applying
ktap "killed before what was closed is kept: made good" killed_disabling
if [[ $firewall_mode == module ]]; then
	ktap "two changes at once: both are kept" at_once
	ktap "a policy that is not confirmed is not kept" unconfirmed
else
	ktap_skip "two changes at once: both are kept" "map-backed, one of them waits"
	ktap_skip "a policy that is not confirmed is not kept" "no module"
fi
ktap "the disk is full: told, and made good" full_disk
ktap "an interface that comes late" late_interface
ktap "the policy is damaged or missing: closed, and said so" without_image
ktap "nothing tells what is governed: all is closed, and said so" without_both
ktap "who owned the policy is not known: restored, closed as it was" without_owner
if [[ $firewall_mode == map ]]; then
	ktap "an interface that comes when nothing could be restored: closed" late_and_closed
else
	ktap_skip "an interface that comes when nothing could be restored: closed" "the module guards it"
fi
ktap "what cannot be closed is taken down" cannot_close
ktap "what was detached stays detached" detached
ktap "no network is configured where nothing could be closed" required
if command -v systemd-analyze >/dev/null; then
	ktap "systemd finds nothing wrong with the units" verifies
	ktap "units are skipped only where nothing is kept" skipped
	ktap "a link that udev brings up waits for it, too" hotplug_required
else
	ktap_skip "systemd finds nothing wrong with the units" "no systemd-analyze"
	ktap_skip "units are skipped only where nothing is kept" "no systemd-analyze"
	ktap_skip "a link that udev brings up waits for it, too" "no systemd-analyze"
fi
ktap_end
