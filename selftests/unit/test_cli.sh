#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The tool's command line: help everywhere, every kind of usage error, exit
# codes, valid JSON, and what it makes of damaged files. Needs no privilege and
# changes nothing on the host; what needs a kernel is in selftests/net.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../ktap.sh
. "$here/../ktap.sh"

top=$(cd "$here/../.." && pwd)
otseg=${OTSEG:-${O:-$top/build}/otseg}
if [[ ! -x $otseg ]]; then
	ktap_skip_all "no $otseg: build it first"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A folder that no other test uses, and that is not there.
export OTSEG_PIN_DIR=/sys/fs/bpf/otseg-test-cli-$$
export OTSEG_STATE_DIR=$work/state

policy=$work/plant.yaml
cat >"$policy" <<'END'
otseg: 1
name: test
zones:
  it: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
  ot: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}
conduits:
  telemetry:
    reason: "the test reads"
    from: it
    to: ot
    rules:
      levels: {service: modbus, access: read}
END
sed 's/access: read/access: write/' "$policy" >"$work/other.yaml"
sed 's/to: ot/to: nowhere/' "$policy" >"$work/wrong.yaml"

# run CODE ARGUMENT...: the tool ends with that exit code; output in $work/out, $work/err.
run()
{
	local want=$1 code=0
	shift

	timeout 60 "$otseg" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
	if ((code != want)); then
		echo "otseg $*: exit code $code, expected $want"
		cat "$work/err"
		return 1
	fi
}

has()
{
	if ! grep -q -- "$2" "$work/$1"; then
		echo "no '$2' in:"
		cat "$work/$1"
		return 1
	fi
}

silent()
{
	if [[ -s $work/$1 ]]; then
		echo "unexpected:"
		cat "$work/$1"
		return 1
	fi
}

# helps ARGUMENT...: help goes to stdout and is a success.
helps()
{
	run 0 "$@" && has out Usage && silent err
}

objects="status policy zone conduit island rule flow event interface trace reason service protocol"
declare -A commands=(
	[status]=show [policy]="check compile sign verify show apply diff confirm rollback restore history detach" [zone]=show
	[conduit]="show grant revoke enable disable" [island]="show on off" [rule]=show [flow]=show [event]="show monitor" [interface]="show attach mirror watch close detach"
	[trace]="simulate decode" [reason]=list [service]="list access"
	[protocol]="list show"
)

help_all()
{
	local object command

	helps help && helps -h && helps --help || return
	for object in $objects; do
		helps "$object" help && helps "$object" -h && has out "^$object: " || return
		for command in ${commands[$object]}; do
			helps "$object" "$command" help && helps "$object" "$command" --help &&
				has out "otseg \[OPTIONS\] $object $command" || return
		done
	done
}

# Help names every object, and every command of each: the lists above are complete.
help_lists()
{
	local object

	run 0 help
	if [[ $(sed -n '/^Objects:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$work/out" | sort | xargs) != \
	      "$(tr ' ' '\n' <<<"$objects" | sort | xargs)" ]]; then
		cat "$work/out"
		return 1
	fi
	for object in $objects; do
		run 0 "$object" help
		if [[ $(grep -c "otseg \[OPTIONS\] $object " "$work/out") != \
		      $(wc -w <<<"${commands[$object]}") ]]; then
			cat "$work/out"
			return 1
		fi
	done
}

# Whatever is in the file: lines that are objects are shown, others are counted.
bad_history()
{
	local dir=$work/damaged

	mkdir -p "$dir"
	OTSEG_STATE_DIR=$dir run 0 -j policy history && has out '"history": *\[\]' && silent err || return
	head -c 2000 /dev/urandom >"$dir/history.jsonl"
	printf '\n[1]\n7\n{"time":"then","result":"applied","policy":5,"generation":"x"}\n{"a":' \
		>>"$dir/history.jsonl"
	OTSEG_STATE_DIR=$dir run 0 policy history && has out '^then *applied' &&
		has err 'warning: .* lines of the history cannot be read' || return
	rm "$dir/history.jsonl" && mkdir "$dir/history.jsonl"
	OTSEG_STATE_DIR=$dir run 3 policy history && has err 'the history cannot be read'
}

# signer NAME OPTION...: key and certificate in NAME.pem, NAME.crt and NAME.der
signer()
{
	openssl req -x509 -nodes -sha256 -days 30 -newkey "${@:2}" -keyout "$work/$1.pem" \
		-out "$work/$1.crt" -subj "/O=Plant/CN=$1" 2>"$work/openssl" &&
		openssl x509 -in "$work/$1.crt" -outform DER -out "$work/$1.der" || {
		cat "$work/openssl"
		return 1
	}
}

# sign_by_openssl NAME OPTION...: the peer's signature of the image, in $work/theirs
sign_by_openssl()
{
	openssl cms -sign -binary -md sha256 -outform DER -in "$work/plant.img" \
		-signer "$work/$1.crt" -inkey "$work/$1.pem" "${@:2}" >"$work/theirs"
}

# Ours is good for openssl, its is good for us; of RSA there is only one.
signatures()
{
	local name

	signer ec ec -pkeyopt ec_paramgen_curve:P-256 && signer rsa rsa:2048 &&
		signer p384 ec -pkeyopt ec_paramgen_curve:P-384 &&
		run 0 policy compile "$policy" output "$work/plant.img" || return
	for name in ec rsa p384; do
		run 0 policy sign "$work/plant.img" key "$work/$name.pem" cert "$work/$name.der" &&
			has out "plant.img.sig: signature by 'Plant: $name: [0-9a-f]\{40\}', revision 0" &&
			run 0 policy verify "$work/plant.img" signature "$work/plant.img.sig" \
				cert "$work/$name.crt" || return
		openssl cms -verify -binary -inform DER -in "$work/plant.img.sig" -noverify -nointern \
			-content "$work/plant.img" -certfile "$work/$name.crt" -out /dev/null &&
			sign_by_openssl "$name" -noattr -nocerts &&
			run 0 -j policy verify "$work/plant.img" signature "$work/theirs" \
				cert "$work/$name.der" &&
			jq -e '(.digest | length == 64) and .revision == 0 and (.signer | length > 40)' \
				"$work/out" || return
		[[ $name != rsa ]] || cmp "$work/theirs" "$work/plant.img.sig" || return
	done
	# A policy file is signed as the image that it compiles to.
	run 0 -j policy sign "$policy" key "$work/ec.pem" cert "$work/ec.crt" \
		output "$work/file.sig" &&
		run 0 policy verify "$work/plant.img" signature "$work/file.sig" cert "$work/ec.crt"
}

# unsigned CODE SENTENCE ARGUMENT...: with these there is no signature, and no file of one.
unsigned()
{
	rm -f "$work/none.sig"
	run "$1" policy sign "$work/plant.img" "${@:3}" output "$work/none.sig" && has err "$2" &&
		[[ ! -e $work/none.sig ]]
}

bad_signers()
{
	local good=(key "$work/ec.pem" cert "$work/ec.crt")

	signer weak rsa:1024 && signer curve ec -pkeyopt ec_paramgen_curve:secp256k1 &&
		signer edwards ed25519 || return
	for name in weak curve edwards; do
		unsigned 1 'expected a key that the kernel verifies: RSA of 2048, 3072 or 4096 bits' \
			key "$work/$name.pem" cert "$work/$name.crt" || return
	done
	unsigned 1 'rsa.pem is not the key of .*ec.crt' key "$work/rsa.pem" cert "$work/ec.crt" &&
		unsigned 1 'ec.crt: not a private key in PEM' key "$work/ec.crt" cert "$work/ec.crt" &&
		unsigned 1 'ec.pem: not an X.509 certificate' key "$work/ec.pem" cert "$work/ec.pem" &&
		unsigned 3 'none.pem: No such file' key "$work/none.pem" cert "$work/ec.crt" &&
		unsigned 3 'none.crt: No such file' key "$work/ec.pem" cert "$work/none.crt" &&
		run 1 policy sign "$work/wrong.yaml" "${good[@]}" && has err 'nowhere' &&
		run 3 policy sign "$work/none.img" "${good[@]}" && has err 'No such file' &&
		run 3 policy sign "$work/plant.img" "${good[@]}" output "$work/none/x.sig" &&
		has err 'none/x.sig: No such file'
}

# not_verified CODE SENTENCE SIGNATURE [CERT [IMAGE]]
not_verified()
{
	run "$1" policy verify "${5:-$work/plant.img}" signature "$3" \
		cert "${4:-$work/ec.crt}" && has err "$2" && silent out
}

bad_signatures()
{
	local ours=$work/ours.sig

	run 0 policy sign "$work/plant.img" key "$work/ec.pem" cert "$work/ec.crt" output "$ours" &&
		run 0 policy compile "$work/other.yaml" output "$work/other.img" || return
	not_verified 1 'one of them has been changed' "$ours" "$work/ec.crt" "$work/other.img" &&
		not_verified 1 'signed with another key than that of .*rsa.crt' "$ours" \
			"$work/rsa.crt" &&
		not_verified 1 'expected a key that the kernel verifies' "$ours" "$work/edwards.crt" &&
		not_verified 1 'ec.pem: not an X.509 certificate' "$ours" "$work/ec.pem" &&
		not_verified 3 'none.crt: No such file' "$ours" "$work/none.crt" &&
		not_verified 3 'none.sig: No such file' "$work/none.sig" &&
		not_verified 1 'the signature is none (CMS' "$work/ec.der" || return
	head -c 100 "$ours" >"$work/bad.sig" &&
		not_verified 1 'the signature is none (CMS' "$work/bad.sig" || return
	{ cat "$ours"; echo more; } >"$work/bad.sig" &&
		not_verified 1 'the signature is none (CMS' "$work/bad.sig" || return
	: >"$work/bad.sig" && not_verified 1 'the signature is empty' "$work/bad.sig" || return
	not_verified 1 'not a signature: longer than 16384 bytes' "$work/plant.img" || return
	sign_by_openssl ec -nocerts &&
		not_verified 1 'has signed attributes' "$work/theirs" || return
	openssl cms -sign -binary -noattr -nodetach -outform DER -in "$policy" -md sha256 \
		-signer "$work/ec.crt" -inkey "$work/ec.pem" >"$work/theirs" &&
		not_verified 1 'expected a detached one' "$work/theirs" || return
	# Also where it only had to be handed on: nothing of it gets as far as the kernel.
	run 1 policy apply "$work/plant.img" signature "$work/bad.sig" && has err 'is empty' &&
		run 3 policy apply "$work/plant.img" signature "$work/none.sig" &&
		has err 'none.sig: No such file'
}

# misused WORD ARGUMENT...: a usage error that names the word and where to read on.
misused()
{
	local word=$1
	shift

	run 2 "$@" && has err "$word" && has err "^Try 'otseg .*help'" && silent out
}

misuse_objects()
{
	misused "'nothing'" nothing &&
		misused "'stat'" stat &&
		misused "'--nothing'" --nothing &&
		misused "'-x'" -x status &&
		misused "'-js'" -js status &&
		misused "''" ""
}

misuse_commands()
{
	misused "'policy' needs a command" policy &&
		misused "'trace' needs a command" trace &&
		misused "'sh'" zone sh &&
		misused "'lists'" reason lists &&
		misused "'inspect'" policy inspect "$policy"
}

misuse_arguments()
{
	misused "FILE is missing" policy check &&
		misused "FILE is empty" policy check "" &&
		misused "'extra'" policy check "$policy" extra &&
		misused "NEW is missing" policy diff "$policy" &&
		misused "'output IMAGE' is missing" policy compile "$policy" &&
		misused "'output' needs a value" policy compile "$policy" output &&
		misused "'output' needs a value" policy compile "$policy" --output= &&
		misused "'output' is given twice" policy compile "$policy" output a output b &&
		misused "'image' and 'file' exclude" policy show image a file b &&
		misused "'backend magic'" policy apply "$policy" backend magic &&
		misused "'backend ma'" policy apply "$policy" backend ma &&
		misused "'confirm soon'" policy apply "$policy" confirm soon &&
		misused "'confirm 0'" policy apply "$policy" --confirm 0 &&
		misused "'confirm 10x'" policy apply "$policy" --confirm=10x &&
		misused "'confirm 8000000h'" policy apply "$policy" confirm 8000000h &&
		misused "'confirm 604801'" policy apply "$policy" confirm 604801 &&
		misused "'confirm -5'" policy apply "$policy" confirm -5 &&
		misused "'reason' needs a value" policy rollback reason &&
		misused "'to next': expected previous" policy rollback to next &&
		misused "'--frobnicate'" policy apply "$policy" --frobnicate 1 &&
		misused "'name' needs a value" zone show name &&
		misused "'title'" zone show title x &&
		misused "DEVICE is missing" interface attach &&
		misused "'mode fast'" interface attach lo mode fast &&
		misused "'settle soon'" interface mirror settle soon &&
		misused "NAME is missing" conduit grant &&
		misused "'for TIME' is missing" conduit grant x &&
		misused "'reason TEXT' is missing" conduit grant x for 2h &&
		misused "'for soon'" conduit grant x for soon reason t &&
		misused "'for 0'" conduit grant x for 0 reason t &&
		misused "'for 31d'" conduit grant x for 31d reason t &&
		misused "'for 2592001'" conduit grant x --for 2592001 reason t &&
		misused "NAME is missing" conduit revoke &&
		misused "NAME is missing" conduit enable &&
		misused "NAME is missing" conduit disable &&
		misused "'for'" conduit enable x for 2h &&
		misused "'now'" island on now &&
		misused "'of'" island of &&
		misused "at most 15" interface attach lo name name-of-16-bytes. &&
		misused "CAPTURE is missing" trace simulate "$policy" &&
		misused "CAPTURE is missing" trace decode &&
		misused "'port 70000'" trace decode "$policy" port 70000 &&
		misused "'port -1'" trace decode "$policy" port -1 &&
		misused "'port 5x'" trace decode "$policy" port 5x
}

# What stands in the history and in a terminal.
bad_reasons()
{
	run 2 conduit enable x reason "$(printf '%0256d' 0)" &&
		has err "'reason': 256 bytes, at most 255 are possible" &&
		run 2 island on reason "$(printf 'a\033[2J')" &&
		has err "'reason': expected text without control characters" &&
		run 2 conduit grant x for 1d reason "$(printf 'two\nlines')" &&
		run 1 conduit grant x for 30d reason "$(printf '%0255d' 0)"
}

options_anywhere()
{
	run 0 -j reason list && jq -e . "$work/out" &&
		run 0 reason -j list && jq -e . "$work/out" &&
		run 0 reason list --json -p && jq -e . "$work/out" &&
		(($(wc -l <"$work/out") > 100)) &&
		run 0 policy compile "$policy" --output="$work/a.img" &&
		run 0 policy compile --output "$work/b.img" "$policy" &&
		cmp "$work/a.img" "$work/b.img"
}

version()
{
	run 0 --version && has out '^otseg [0-9]' && run 0 -V
}

# json FILTER ARGUMENT...: one JSON document on stdout that the filter accepts.
json()
{
	local filter=$1 code=$2
	shift 2

	run "$code" -j "$@" || return
	if [[ $(jq -es 'length == 1' "$work/out") != true ]] ||
	   ! jq -e "$filter" "$work/out" >"$work/jq" 2>&1; then
		echo "otseg -j $*: not as $filter:"
		cat "$work/out" "$work/jq"
		return 1
	fi
}

json_lists()
{
	json '.reasons | length > 50 and all(.name and .class and .sentence)' 0 reason list &&
		json '.services | any(.name == "modbus" and .port == 502)' 0 service list &&
		json '.access | .[0].name == "session"' 0 service access &&
		json '.protocols | length >= 20 and all(.name and .functions > 0)' 0 protocol list
}

# What can be listed can be shown, and nothing else.
json_protocols()
{
	local name names

	run 0 -j protocol list || return
	names=$(jq -r '.protocols[].name' "$work/out")
	for name in $names; do
		json ".name == \"$name\" and (.functions | length > 0) and
			all(.functions[]; .name and .number >= 0 and (.access | length > 0))" 0 \
			protocol show "$name" || return
	done
	run 2 protocol show tcp && has err "'tcp' is no inspected service"
}

json_policies()
{
	json '.valid and .errors == 0' 0 policy check "$policy" &&
		json '.valid == false and .errors > 0 and .messages[0].line > 0' 1 \
			policy check "$work/wrong.yaml" &&
		json '.size > 0 and (.digest | length == 64)' 0 \
			policy compile "$policy" output "$work/x.img" &&
		json '.name == "test" and (.zones | length == 2)' 0 policy show file "$policy" &&
		json '.name == "test"' 0 policy show image "$work/x.img" &&
		json '.name == "test"' 0 policy show --image "$work/x.img" &&
		json 'type == "object"' 1 policy diff "$policy" "$work/other.yaml" &&
		json 'type == "object"' 0 policy diff "$policy" "$work/x.img"
}

# Nothing is in force here: that is a state, not an error.
nothing_active()
{
	json '.state == "none" and .interfaces == []' 0 status &&
		run 0 && has out 'none is active' &&
		json '.flows == []' 0 flow show &&
		json '.interfaces == []' 0 interface show &&
		run 1 zone show && has err 'no policy is active' &&
		run 1 conduit show && run 1 island show && has err 'no policy is active' &&
		run 1 conduit grant x for 2h reason t && has err 'no policy is active' &&
		run 1 conduit disable x && has err 'no policy is active' &&
		run 1 island on && has err 'no policy is active' && run 1 rule show name x && run 1 policy show &&
		run 1 event show && run 1 event monitor && run 2 event monitor count 0 &&
		run 3 policy diff active "$policy" &&
		json '.detached == []' 0 policy detach
}

exit_codes()
{
	run 0 policy check "$policy" && has out valid &&
		run 1 policy check "$work/wrong.yaml" && has err 'wrong.yaml:[0-9]*:[0-9]*: error' &&
		run 3 policy check "$work/absent.yaml" && has err 'absent.yaml: No such file' &&
		run 3 policy check "$work" &&
		run 1 policy compile "$work/wrong.yaml" output "$work/y.img" &&
		[[ ! -e $work/y.img ]] &&
		run 3 policy compile "$policy" output "$work/absent/y.img" &&
		run 3 policy show image "$work/absent.img" &&
		run 1 policy show image "$policy" && has err 'not a usable policy image' &&
		run 0 policy diff "$policy" "$policy" &&
		run 1 policy diff "$policy" "$work/other.yaml" &&
		run 3 policy diff "$policy" "$work/wrong.yaml" &&
		run 1 policy apply "$work/wrong.yaml" &&
		run 3 trace decode "$work/absent.pcap" &&
		run 3 trace simulate "$policy" "$work/absent.pcap" &&
		run 1 trace simulate "$work/wrong.yaml" "$work/absent.pcap"
}

output_fails()
{
	local code=0

	"$otseg" reason list >/dev/full 2>"$work/err" || code=$?
	((code == 3)) && has err 'No space left'
}

# dies ARGUMENT...: neither success is asked for nor failure, but no crash and no hang.
survives()
{
	local code=0

	timeout 60 "$otseg" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
	if ((code > 3)) || grep -q 'runtime error\|AddressSanitizer' "$work/err"; then
		echo "otseg $*: exit code $code"
		head -n 20 "$work/err"
		return 1
	fi
	((code == 0)) || [[ -s $work/err ]]
}

# random COUNT SEED: the same bytes for the same seed.
random()
{
	openssl enc -aes-128-ctr -pass "pass:$2" -nosalt -pbkdf2 </dev/zero 2>/dev/null |
		head -c "$1"
}

bad_policies()
{
	local size at

	size=$(stat -c %s "$policy")
	for ((at = 0; at < size; at += 7)); do
		head -c "$at" "$policy" >"$work/bad.yaml"
		survives policy check "$work/bad.yaml" || return
	done
	for at in 0 1 17 4096 65536; do
		random "$at" "policy $at" >"$work/bad.yaml"
		survives policy check "$work/bad.yaml" && run 1 policy check "$work/bad.yaml" || return
	done
}

bad_images()
{
	local size at

	run 0 policy compile "$policy" output "$work/good.img" || return
	size=$(stat -c %s "$work/good.img")
	for at in 0 1 64 319 320 4096 $((size / 2)) $((size - 1)); do
		head -c "$at" "$work/good.img" >"$work/bad.img"
		run 1 policy show image "$work/bad.img" && has err 'bad.img: not a usable' || return
	done
	for ((at = 0; at < size; at += size / 97)); do
		cp "$work/good.img" "$work/bad.img"
		random 1 "image $at" | dd of="$work/bad.img" bs=1 seek="$at" conv=notrunc status=none
		if ! cmp -s "$work/good.img" "$work/bad.img"; then
			run 1 policy show image "$work/bad.img" || return
		fi
	done
	cat "$work/good.img" "$work/good.img" >"$work/bad.img"
	run 1 policy show image "$work/bad.img" &&
		random 65536 image >"$work/bad.img" &&
		run 1 policy show image "$work/bad.img"
}

# capture FILE: one Modbus request over TCP, Ethernet.
capture()
{
	{
		printf '\xd4\xc3\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0'
		printf '\x01\0\0\0\0\0\0\0\x42\0\0\0\x42\0\0\0'
		printf '\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0'
		printf '\x45\0\0\x34\0\x01\0\0\x40\x06\0\0\x0a\x0a\x05\x14\xc0\xa8\x0a\x0b'
		printf '\x9c\x40\x01\xf6\0\0\0\x01\0\0\0\x01\x50\x18\x20\0\0\0\0\0'
		printf '\0\x01\0\0\0\x06\x01\x03\0\x0a\0\x05'
	} >"$1"
}

decodes()
{
	capture "$work/one.pcap"
	run 0 -j trace decode "$work/one.pcap" &&
		jq -se '.[0] | .frame == 1 and .service == "modbus" and .direction == "request" and
			(.messages | length == 1) and (.messages[0] | .access == "read" and
			.function == 3 and .function_name == "read-holding-registers" and
			.unit == 1 and .objects == [{type: "holding-register", first: 10,
			last: 14, access: "read"}])' "$work/out" &&
		jq -se '.[1].summary | .frames == 1 and .messages == 1' "$work/out" &&
		run 0 trace decode "$work/one.pcap" &&
		has out 'unit 1 read-holding-registers holding-register 10-14'
}

simulates()
{
	capture "$work/one.pcap"
	run 0 -j trace simulate "$policy" "$work/one.pcap" &&
		jq -se '.[0] | .frame == 1 and .verdict and .reason and .src_zone == "it" and
			.dst_zone == "ot"' "$work/out" &&
		jq -se '.[1].summary.frames == 1' "$work/out" &&
		run 0 -j trace simulate "$policy" "$work/one.pcap" interface ot0 &&
		jq -se '.[0] | .verdict == "drop" and .reason == "spoofed"' "$work/out" &&
		run 0 -j trace simulate --interface ot0 "$policy" "$work/one.pcap" &&
		run 1 trace simulate "$policy" "$work/one.pcap" interface nowhere0 &&
		has err nowhere0
}

# The frame of capture() opens nothing; with a wire it leaves by the other end.
simulates_wires()
{
	capture "$work/one.pcap"
	{
		cat "$policy"
		printf 'wires:\n  line3: [it0, ot0]\n'
	} >"$work/wire.yaml"
	run 0 -j trace simulate "$policy" "$work/one.pcap" &&
		jq -se '.[0] | .verdict == "pass" and .wire == null' "$work/out" &&
		run 0 -j trace simulate "$work/wire.yaml" "$work/one.pcap" &&
		jq -se '.[0] | .verdict == "pass" and .wire == "line3"' "$work/out"
}

bad_captures()
{
	local size at

	capture "$work/one.pcap"
	size=$(stat -c %s "$work/one.pcap")
	for ((at = 0; at < size; at++)); do
		head -c "$at" "$work/one.pcap" >"$work/bad.pcap"
		survives trace decode "$work/bad.pcap" &&
			survives trace simulate "$policy" "$work/bad.pcap" || return
		# A file that ends right behind its header has no frame, which is fine.
		if ((at != 24)); then
			run 1 trace decode "$work/bad.pcap" && has err 'bad.pcap' || return
		fi
		if ((at > 24)); then
			has err 'frame 1' || return
		fi
	done
	for ((at = 24; at < size; at++)); do
		cp "$work/one.pcap" "$work/bad.pcap"
		random 1 "capture $at" | dd of="$work/bad.pcap" bs=1 seek="$at" conv=notrunc status=none
		survives trace decode "$work/bad.pcap" &&
			survives trace simulate "$policy" "$work/bad.pcap" || return
	done
	for at in 1 100 5000 65536; do
		random "$at" "capture $at" >"$work/bad.pcap"
		run 1 trace decode "$work/bad.pcap" && run 1 trace simulate "$policy" "$work/bad.pcap" ||
			return
	done
}

# completes WANTED WORD...: the completion of the last word offers WANTED.
completes()
{
	local wanted=$1
	shift

	COMP_WORDS=("$otseg" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_otseg
	if [[ " ${COMPREPLY[*]} " != *" $wanted "* ]]; then
		echo "'$*': '${COMPREPLY[*]}' without '$wanted'"
		return 1
	fi
}

completion()
{
	local object command

	# shellcheck source=../../userspace/otseg.bash-completion
	. "$top/userspace/otseg.bash-completion" || return
	for object in $objects; do
		completes "$object" "" || return
		for command in ${commands[$object]}; do
			completes "$command" "$object" "" || return
		done
	done
	completes output policy compile x.yaml "" &&
		completes module policy apply x.yaml backend "" &&
		completes previous policy rollback to "" &&
		completes cert policy verify x.img signature x.sig "" &&
		completes lo interface attach "" &&
		completes --stats zone show -- "--s" &&
		completes help pol h
}

# Each page renders without complaint and has the sections that all have.
manual()
{
	local object command key page section

	for page in "$top"/Documentation/man/*.8; do
		if [[ $(groff -man -Tutf8 -ww -z "$page" 2>&1) ]]; then
			groff -man -Tutf8 -ww -z "$page"
			return 1
		fi
		for section in NAME SYNOPSIS DESCRIPTION EXAMPLES "EXIT STATUS" "SEE ALSO"; do
			if ! grep -q "^\.SH \"\?$section\"\?$" "$page"; then
				echo "$page: no section $section"
				return 1
			fi
		done
	done
	for object in $objects; do
		page=$top/Documentation/man/otseg-$object.8
		for command in ${commands[$object]}; do
			grep -q "\.B.*$object $command" "$page" || {
				echo "$page: nothing about '$object $command'"
				return 1
			}
			run 0 "$object" "$command" help
			while read -r key; do
				grep -q "\.B[IR]\? $key" "$page" || {
					echo "$page: nothing about '$key'"
					return 1
				}
			done < <(sed -n 's/^  \([a-z][a-z]*\) [A-Za-z|]*$/\1/p' "$work/out")
		done
	done
}

unprivileged()
{
	local code=0

	setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$otseg" policy apply "$policy" >"$work/out" 2>"$work/err" || code=$?
	((code == 3)) && has err otseg
}

ktap_begin 27
ktap "help on every object and command" help_all
ktap "help names every object and command" help_lists
ktap "unknown objects and options are usage errors" misuse_objects
ktap "unknown commands are usage errors" misuse_commands
ktap "wrong arguments are usage errors" misuse_arguments
ktap "reasons that are none" bad_reasons
ktap "options and keys may stand anywhere" options_anywhere
ktap "version" version
ktap "lists as JSON" json_lists
ktap "protocols as JSON" json_protocols
ktap "policies as JSON" json_policies
ktap "nothing active is a state" nothing_active
ktap "exit codes" exit_codes
ktap "output that cannot be written" output_fails
ktap "damaged policies" bad_policies
ktap "damaged images" bad_images
ktap "damaged history" bad_history
ktap "signatures, ours and those of openssl" signatures
ktap "keys and certificates that cannot sign" bad_signers
ktap "damaged signatures" bad_signatures
ktap "a capture decoded" decodes
ktap "a capture simulated" simulates
ktap "a capture simulated on a wire" simulates_wires
ktap "damaged captures" bad_captures
ktap "completion offers what help lists" completion
ktap "manual pages cover every object, command and key" manual
if ((EUID == 0)) && chmod 755 "$work" && chmod 644 "$policy"; then
	ktap "without privileges" unprivileged
else
	ktap_skip "without privileges" "needs root to give it up"
fi
ktap_end
