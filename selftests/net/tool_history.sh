#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tool remembers on disk, in map-backed mode: the history, the policy
# before, and that neither is needed for anything else. Rollbacks by the kernel
# are in ../vm/e2e_guest_confirm.sh.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tool.sh
. "$here/tool.sh"

policy()
{
	cat <<-END
		otseg: 1
		name: $1
		zones:
		  it: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
		  ot: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}
		conduits: {}
	END
}

# tool CODE ARGUMENT...: the exit code; output in $plant_dir/said.
tool()
{
	local want=$1 code=0
	shift

	fw otseg "$@" >"$plant_dir/said" 2>&1 || code=$?
	if ((code != want)); then
		echo "otseg $*: exit code $code"
		cat "$plant_dir/said"
		return 1
	fi
}

told()
{
	grep -q -- "$1" "$plant_dir/said" || {
		echo "not told '$1' but:"
		cat "$plant_dir/said"
		return 1
	}
}

is_active()
{
	[[ $(fw otseg -j status | jq -r '.policy.name // "none"') == "$1" ]]
}

# last FILTER: of the newest entry.
last()
{
	tail -n 1 "$OTSEG_STATE_DIR/history.jsonl" | jq -r "$1"
}

entries()
{
	fw otseg -j policy history | jq '.history | length'
}

applied()
{
	tool 0 policy apply "$plant_dir/first.yaml" reason "the first one" && is_active first || return
	[[ $(last '"\(.command) \(.result) \(.policy) \(.generation) \(.reason)"') == \
		"apply applied first 1 the first one" ]] &&
		[[ $(last .digest) == "$(fw otseg -j status | jq -r .policy.digest)" ]] &&
		[[ $(last .file) == "$plant_dir/first.yaml" && $(last .uid) =~ ^[0-9]+$ ]] &&
		[[ $(last .time) =~ ^20..-..-..T..:..:..Z$ ]] &&
		[[ $(stat -c %a "$OTSEG_STATE_DIR") == 700 ]] &&
		[[ $(stat -c %a "$OTSEG_STATE_DIR/history.jsonl") == 600 ]]
}

# Sudo keeps the variable from the tool, not from the shell that called it.
who()
{
	SSH_CONNECTION="192.0.2.7 4711 192.0.2.1 22" \
		tool 0 policy apply "$plant_dir/second.yaml" && [[ $(last .ssh) == 192.0.2.7 ]] &&
		(
			export SSH_CONNECTION="192.0.2.8 4711 192.0.2.1 22"
			bash -c 'env -u SSH_CONNECTION nsenter --net="/run/netns/$0" \
				otseg policy apply "$1" >/dev/null; true' "$plant_fw" "$plant_dir/first.yaml"
		) && [[ $(last .ssh) == 192.0.2.8 ]] && is_active first
}

refused()
{
	sed 's/conduits: {}/conduits: 7/' "$plant_dir/first.yaml" >"$plant_dir/wrong.yaml"
	tool 1 policy apply "$plant_dir/wrong.yaml" reason typo || return
	[[ $(last .result) == refused && $(last .reason) == typo && $(last .why) != null ]] || return
	tool 3 policy apply "$plant_dir/nothing.yaml" || return
	[[ $(last .why) == *nothing.yaml* ]] && is_active first
}

no_confirm()
{
	tool 1 policy apply "$plant_dir/second.yaml" --confirm 10m &&
		told 'confirm: needs the module' && is_active first &&
		[[ $(last .result) == refused && $(last .why) == *'needs the module'* ]] &&
		tool 1 policy confirm && told 'nothing waits for a confirmation' && is_active first
}

# Whatever it is: map-backed, nobody in the kernel would look at it.
no_signature()
{
	tool 1 policy apply "$plant_dir/second.yaml" signature "$plant_dir/first.yaml" &&
		told 'signature: needs the module' && is_active first &&
		[[ $(last .result) == refused && $(last .why) == *'needs the module'* ]]
}

rolls_back()
{
	tool 0 policy apply "$plant_dir/second.yaml" && tool 0 policy rollback reason "as it was" &&
		is_active first && [[ $(last .command) == rollback && $(last .reason) == "as it was" ]] &&
		tool 0 policy rollback && is_active second && tool 0 policy rollback && is_active first ||
		return
	# The same again has no other one before it.
	tool 0 policy apply "$plant_dir/first.yaml" && tool 0 policy rollback && is_active second &&
		tool 0 policy apply "$plant_dir/first.yaml" &&
		(($(find "$OTSEG_STATE_DIR" -name 'previous-*' | wc -l) == 1))
}

previous_is_damaged()
{
	local file

	file=$(echo "$OTSEG_STATE_DIR"/previous-*.img)
	printf x | dd of="$file" bs=1 seek=9000 conv=notrunc status=none
	tool 1 policy rollback && is_active first && [[ $(last .result) == refused ]] || return
	rm "$file"
	tool 1 policy rollback && told 'no policy before this one is kept' && is_active first
}

# A line that a power failure has cut costs that line.
torn_line()
{
	local n

	n=$(entries)
	printf '{"time":"2026-' >>"$OTSEG_STATE_DIR/history.jsonl"
	tool 0 policy apply "$plant_dir/second.yaml" && (($(entries 2>/dev/null) == n + 1)) &&
		tool 0 policy history && told 'warning: 1 lines of the history cannot be read' &&
		told 'second' && [[ $(last .policy) == second ]]
}

is_warned()
{
	OTSEG_STATE_DIR=$1 tool 0 policy apply "$plant_dir/first.yaml" &&
		told 'warning: the history in .* does not know of this' && is_active first &&
		OTSEG_STATE_DIR=$1 tool 0 policy apply "$plant_dir/second.yaml" &&
		told 'warning: .*policy before cannot be kept' && is_active second
}

no_disk()
{
	local code

	: >"$plant_dir/file"
	is_warned "$plant_dir/file/state" || return
	mkdir -p "$plant_dir/full" && mount -t tmpfs -o size=16k none "$plant_dir/full" || return
	dd if=/dev/zero of="$plant_dir/full/ballast" bs=4k count=8 2>/dev/null
	is_warned "$plant_dir/full" && told 'No space left'
	code=$?
	# Nothing half written stays.
	[[ ! -s $plant_dir/full/history.jsonl ]] || code=1
	umount "$plant_dir/full"
	return "$code"
}

detaches()
{
	local n

	tool 0 policy detach && [[ $(last '"\(.result) \(.policy)"') == "detached second" ]] || return
	n=$(entries)
	# Nothing was there any more.
	tool 0 policy detach && (($(entries) == n))
}

if ((EUID != 0)); then
	ktap_skip_all "needs root"
fi
trap 'fw otseg policy detach >/dev/null 2>&1; rm -rf "$OTSEG_PIN_DIR"; plant_end' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
plant_make private || {
	echo "Bail out! the plant could not be made"
	exit 1
}
policy first >"$plant_dir/first.yaml"
policy second >"$plant_dir/second.yaml"

ktap_begin 10
ktap "an apply is remembered" applied
ktap "so is who it was, through an ssh session" who
ktap "so is what was refused, and why" refused
ktap "confirm needs the module and says so" no_confirm
ktap "so does a signature" no_signature
ktap "a rollback leads to the policy before, and back" rolls_back
ktap "a policy before that is damaged or missing" previous_is_damaged
ktap "a line that is cut" torn_line
ktap "a disk that takes nothing" no_disk
ktap "the end of enforcement is remembered" detaches
ktap_end
