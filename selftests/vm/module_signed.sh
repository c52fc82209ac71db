#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Signed policies: which signatures the module takes, what it takes at all once it
# takes signed policies only, and in which order of revisions. Signatures are those
# of the tool and, as independent peers, of openssl and of the kernel's sign-file. The
# last part is the tool's. It does not prove that the kernel's
# verifier is right.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=module.sh source-path=SCRIPTDIR
. "$here/module.sh"

own=/otseg/own

# certificate NAME OPTION...: NAME.pem and NAME.der, whose own signature is its issuer's.
certificate()
{
	openssl req -x509 -nodes -sha256 -newkey "${@:2}" -keyout "$1.pem" -out "$1.crt" \
		-subj "/O=Plant/CN=$1" &&
		openssl x509 -in "$1.crt" -outform DER -out "$1.der"
}

# sign_by_openssl FILE NAME OPTION...: the detached signature in FILE.NAME
sign_by_openssl()
{
	openssl cms -sign -binary -md sha256 -outform DER -in "$1" -signer "$2.crt" \
		-inkey "$2.pem" "${@:3}"
}

# prepare FOLDER OUT: keys, certificates, policies and signatures, on the host.
prepare()
{
	local ec=(ec -pkeyopt ec_paramgen_curve:P-256) tool=$2/otseg source name

	source=$(dirname "$1")/module_a.yaml
	cp "$2/otseg" "$2/otseg.bpf.o" "$1/" && cd "$1" || return
	certificate signer "${ec[@]}" -days 30 && certificate second rsa:2048 -days 30 &&
		certificate foreign "${ec[@]}" -days 30 || return
	# An expired one, and one that "second" has issued.
	for name in expired issued; do
		openssl req -new -nodes -newkey "${ec[@]}" -keyout "$name.pem" -out "$name.csr" \
			-subj "/O=Plant/CN=$name" || return
	done
	: >index && echo 01 >serial &&
		printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n%s' \
			$'default_md=sha256\npolicy=p\n[p]\norganizationName=optional\ncommonName=supplied\n' \
			>ca.conf &&
		openssl ca -batch -config ca.conf -selfsign -keyfile expired.pem -in expired.csr \
			-startdate 20200101000000Z -enddate 20210101000000Z -out expired.crt &&
		openssl x509 -in expired.crt -outform DER -out expired.der &&
		openssl x509 -req -in issued.csr -CA second.crt -CAkey second.pem -CAcreateserial \
			-days 30 -extfile <(echo authorityKeyIdentifier=keyid) \
			-out issued.crt || return

	for name in 5 7 8 9 10; do
		sed "s/^name: .*/name: r$name\nrevision: $name/" "$source" >"r$name.yaml"
	done
	sed 's/^name: .*/name: back\nrevision: 5\nsupersedes: 7/' "$source" >back.yaml
	for name in r5 r7 r8 r9 r10 back; do
		"$tool" policy compile "$name.yaml" output "$name.img" &&
			"$tool" policy sign "$name.img" key signer.pem cert signer.crt || return
	done
	"$tool" policy compile "$source" output a.img &&
		"$tool" policy sign a.img key signer.pem cert signer.crt &&
		"$tool" policy sign a.img key second.pem cert second.der output a.second &&
		"$tool" policy sign a.img key foreign.pem cert foreign.crt output a.foreign &&
		"$tool" policy sign a.img key expired.pem cert expired.crt output a.expired || return
	# shellcheck disable=SC2154 # module_host, which calls this, knows them
	"$top/build/lanes/$lane/kdir/scripts/sign-file" -d sha256 \
		second.pem second.crt a.img && mv a.img.p7s a.sign-file || return
	sign_by_openssl a.img signer -noattr -nocerts >a.openssl &&
		sign_by_openssl a.img signer -nosmimecap >a.attributes &&
		sign_by_openssl a.img signer >a.smime &&
		sign_by_openssl a.img foreign -nosmimecap >a.foreign-cert &&
		sign_by_openssl a.img issued -noattr >a.issued &&
		sign_by_openssl r5.yaml signer -noattr -nodetach >a.attached &&
		head -c 100 a.img.sig >a.short && head -c 17000 a.img >a.long
}

if [[ ${1:-} != --guest ]]; then
	module_host "$0"
fi

# The functions below are for the guest. With OPTION... the module is loaded anew.
load()
{
	if [[ -e $sysfs ]]; then
		unload || return
	fi
	insmod /otseg/otseg.ko "$@"
}

# refused ERRNO SENTENCE STEP...: the last step is, and nothing has changed.
refused()
{
	local before after steps=("${@:3}")

	before=$(state)
	steps[-1]="fail:$1 ${steps[-1]}"
	client "${steps[@]}" >/tmp/said || {
		cat /tmp/said
		return 1
	}
	after=$(state)
	[[ $before == "$after" ]] && tail -n 1 /tmp/said | grep -F -- "$2" || {
		cat /tmp/said
		return 1
	}
}

# is_active NAME SIGNER
is_active()
{
	echo "$(<$sysfs/policy), signed by $(<$sysfs/signer)"
	[[ $(<$sysfs/policy) == "$1" && $(<$sysfs/signer) == ${2:+"Plant: $2: "}* ]] &&
		{ [[ ${2:-} ]] || [[ ! $(<$sysfs/signer) ]]; }
}

# push NAME: signed, and it is active then
push()
{
	client "push $own/$1.img $own/$1.img.sig" && is_active "$1" signer
}

parameter=/sys/module/otseg/parameters/require_signed

loads()
{
	load "certificates=$own/signer.der,$own/signer.crt,$own/second.der,$own/none.der,$own/expired.der" &&
		[[ $(field certificates status) == 3 && $(<$sysfs/require_signed) == 0 ]] &&
		dmesg | grep "policies may be signed by 'Plant: signer: " &&
		dmesg | grep "$own/signer.crt is no X.509 certificate in DER" &&
		dmesg | grep "certificate $own/none.der cannot be read"
}

# Of each keyring, as the tests run as root who owns it.
is_sealed()
{
	local ring n=0

	for ring in $(awk '/ keyring +\.otseg: 1$/ { print $1 }' /proc/keys); do
		client "sealed $ring $own/foreign.der" || return
		n=$((n + 1))
	done
	echo "$n keyrings"
	((n == 3))
}

takes_unsigned()
{
	client "push $own/a.img" && is_active module-a && [[ $(<$sysfs/revision) == 0 ]] &&
		[[ ! $(field signer status) ]] && ! (($(field flags status) & 8)) || return
	client "push $own/r7.img" && is_active r7 && [[ $(<$sysfs/revision) == 7 ]] &&
		client "push $own/a.img"
}

# takes SIGNATURE BY
takes()
{
	client "push $own/a.img $own/a.$1" && is_active module-a "$2" && client "push $own/a.img"
}

# With a digest to match, of another policy, and with the digest as it was.
changed_image()
{
	refused EKEYREJECTED "one of them has been changed" "load $own/a.img" "flip 56 0" digest \
		"signature $own/a.img.sig" stage chunks verify &&
		refused EKEYREJECTED "one of them has been changed" "load $own/r7.img" \
			"signature $own/r5.img.sig" stage chunks verify &&
		refused EBADMSG "SHA-256" "load $own/a.img" "flip 56 0" \
			"signature $own/a.img.sig" stage chunks verify
}

changed_signature()
{
	refused EKEYREJECTED "one of them has been changed" "load $own/a.img" \
		"signature $own/a.second" "flip-signature -1 0" stage chunks verify &&
		refused EKEYREJECTED "one of them has been changed" "load $own/a.img" \
			"signature $own/a.second" "flip-signature -200 7" stage chunks verify
}

unknown_key()
{
	refused ENOKEY "of which no certificate is loaded" "load $own/a.img" \
		"signature $own/a.foreign" stage chunks verify &&
		refused ENOKEY "of which no certificate is loaded" "load $own/a.img" \
			"signature $own/a.foreign-cert" stage chunks verify
}

no_signature_at_all()
{
	refused EKEYREJECTED "not one that the kernel reads" "load $own/a.img" \
		"signature $own/a.short" stage chunks verify &&
		refused EKEYREJECTED "not one that the kernel reads" "load $own/a.img" \
			"signature $own/signer.der" stage chunks verify &&
		refused EKEYREJECTED "not one that the kernel reads" "load $own/a.img" \
			"signature $own/a.smime" stage chunks verify &&
		refused EKEYREJECTED "expected a detached one" "load $own/a.img" \
			"signature $own/a.attached" stage chunks verify &&
		refused ERANGE "17000 bytes: expected 1 to 16384" "load $own/a.img" \
			"signature $own/a.long" stage chunks verify &&
		refused ERANGE "0 bytes: expected 1 to 16384" "load $own/a.img" stage chunks \
			"raw 3 21 0"
}

# A transaction that was refused is over; one that was verified may be signed later.
ends_transaction()
{
	client "load $own/a.img" "signature $own/a.foreign" stage chunks "fail:ENOKEY verify" \
		"fail:ENOENT commit" "load $own/a.img" stage chunks verify \
		"signature $own/a.img.sig" verify commit && is_active module-a signer &&
		client "load $own/a.img" stage chunks verify "signature $own/a.foreign" \
			"fail:ENOKEY verify" "fail:ENOENT commit"
}

# An unsigned policy waits to come back: not now.
not_while_unsigned_waits()
{
	client "push $own/a.img" "push-try $own/r5.img 600 $own/r5.img.sig" || return
	! echo 1 >$parameter && [[ $(<$parameter) == N ]] && client rollback && is_active module-a
}

# What was verified before is asked again at the commit.
from_now_on()
{
	local pid

	rm -f /tmp/ready
	mkfifo /tmp/hold
	genl_client "load $own/r5.img" stage chunks verify "ready /tmp/ready" \
		"fail:EKEYREJECTED commit" <>/tmp/hold >/tmp/said &
	pid=$!
	wait_for 20 test -e /tmp/ready && echo 1 >$parameter && echo >/tmp/hold
	wait "$pid" && grep 'commit: EKEYREJECTED: the policy is not signed' /tmp/said &&
		[[ $(<$parameter) == Y && $(<$sysfs/require_signed) == 1 ]] &&
		(($(field flags status) & 8)) && rm /tmp/hold
}

never_back()
{
	local value

	for value in 0 n off; do
		! echo "$value" >$parameter || return
	done
	! echo maybe >$parameter && echo y >$parameter && [[ $(<$parameter) == Y ]]
}

# The active policy stays, though nobody has signed it; nothing leads back to it.
unsigned_stays()
{
	is_active module-a && refused EKEYREJECTED "only signed ones are taken" \
		"load $own/a.img" stage chunks verify &&
		refused EKEYREJECTED "could come back is not signed" "load $own/r5.img" \
			"signature $own/r5.img.sig" stage chunks verify "try 600"
}

# What waited does not count, and coming back is no way around anything.
waits_and_returns()
{
	push r5 && push r7 && [[ $(<$sysfs/least_revision) == 7 ]] &&
		client "push-try $own/r9.img 600 $own/r9.img.sig" && is_active r9 signer &&
		[[ $(<$sysfs/least_revision) == 7 ]] && client rollback && is_active r7 signer &&
		client "push-try $own/r9.img 2 $own/r9.img.sig" &&
		wait_for 60 grep -qx rolled-back $sysfs/confirmation && is_active r7 signer &&
		push r7
}

replayed()
{
	refused EKEYREJECTED "revision 5: the lowest that is taken is 7" "load $own/r5.img" \
		"signature $own/r5.img.sig" stage chunks verify &&
		refused EKEYREJECTED "revision 0: the lowest that is taken is 7" "load $own/a.img" \
			"signature $own/a.img.sig" stage chunks verify
}

# After the way back, what one went back from is as old as what was before it.
way_back()
{
	push back && [[ $(<$sysfs/revision) == 5 && $(<$sysfs/least_revision) == 8 ]] &&
		refused EKEYREJECTED "revision 7: the lowest that is taken is 8" \
			"load $own/r7.img" "signature $own/r7.img.sig" stage chunks verify &&
		push back && push r8 &&
		refused EKEYREJECTED "revision 5: the lowest that is taken is 8" \
			"load $own/back.img" "signature $own/back.img.sig" stage chunks verify
}

confirmed_counts()
{
	client "push-try $own/r9.img 600 $own/r9.img.sig" confirm && is_active r9 signer &&
		[[ $(<$sysfs/least_revision) == 9 ]] &&
		refused EKEYREJECTED "revision 8: the lowest that is taken is 9" \
			"load $own/r8.img" "signature $own/r8.img.sig" stage chunks verify
}

no_growth()
{
	local before steps

	steps=("push $own/r9.img $own/r9.img.sig" "load $own/a.img" "signature $own/a.foreign"
		stage chunks "fail:ENOKEY verify" "load $own/r9.img" "signature $own/r8.img.sig"
		stage chunks "fail:EKEYREJECTED verify" "load $own/r9.img"
		"signature $own/a.short" stage chunks "fail:EKEYREJECTED verify")
	client -r "$(rounds 20)" "${steps[@]}" >/dev/null || return
	before=$(free_kb)
	client -r "$(rounds 100)" "${steps[@]}" >/dev/null || return
	echo "$before kB free before, $(free_kb) kB after"
	wait_for 20 has_free $((before - 500))
}

no_keys()
{
	! grep '\.otseg' /proc/keys
}

# Without a certificate nothing can be required later; required from the start, all stays shut.
without_certificates()
{
	load && wait_for 20 no_keys && ! echo 1 >$parameter && [[ $(<$parameter) == N ]] &&
		refused ENOKEY "no certificate is loaded" "load $own/a.img" \
			"signature $own/a.img.sig" stage chunks verify &&
		load require_signed && [[ $(<$parameter) == Y ]] &&
		dmesg | grep 'no policy will be taken' &&
		refused EKEYREJECTED "only signed ones" "load $own/a.img" stage chunks verify &&
		refused ENOKEY "no certificate is loaded" "load $own/a.img" \
			"signature $own/a.img.sig" stage chunks verify
}

# cannot_stay SENTENCE: the trial goes on, and ends as any that nobody confirms.
cannot_stay()
{
	echo 1 >$parameter && refused EKEYREJECTED "$1" confirm &&
		[[ $(<$sysfs/confirmation) == unconfirmed ]] &&
		wait_for 60 grep -qx rolled-back $sysfs/confirmation && is_active r9 signer
}

# What was taken while nothing was required is asked again when it is to stay.
required_meanwhile()
{
	load "certificates=$own/signer.der" && push r9 && client "push-try $own/a.img 4" &&
		is_active module-a && cannot_stay "only signed ones are taken" &&
		load "certificates=$own/signer.der" && push r9 &&
		client "push-try $own/r8.img 4 $own/r8.img.sig" && is_active r8 signer &&
		cannot_stay "revision 8: the lowest that is taken is 9"
}

from_the_start()
{
	load "certificates=$own/signer.der" require_signed=1 least_revision=7 &&
		[[ $(<$sysfs/least_revision) == 7 ]] &&
		refused EKEYREJECTED "revision 5: the lowest that is taken is 7" "load $own/r5.img" \
			"signature $own/r5.img.sig" stage chunks verify && push r7
}

state_dir=/tmp/state

tool()
{
	OTSEG_STATE_DIR=$state_dir OTSEG_BPF_OBJECT=$own/otseg.bpf.o $own/otseg "$@"
}

# apply NAME [KEY VALUE]...
apply()
{
	tool policy apply "$own/$1.img" signature "$own/$1.img.sig" "${@:2}"
}

# says CODE SENTENCE COMMAND...: exits so, and says so on stderr
says()
{
	local code=0

	"${@:3}" 2>/tmp/said || code=$?
	cat /tmp/said
	[[ $code == "$1" ]] && grep -qF -- "$2" /tmp/said
}

# The datapath is loaded once for all of it: an emulated machine takes long to verify it.
tool_applies()
{
	load "certificates=$own/signer.der" && apply r7 && is_active r7 signer &&
		tool status | grep -E "^signature   by 'Plant: signer: [0-9a-f]{40}'" &&
		tool policy show | grep -E '^# signed by Plant: signer: ' &&
		[[ $(tool -j policy show | jq -r .signer) == "$(<$sysfs/signer)" ]] &&
		[[ $(tool -j policy history | jq -r '.history[-1].signer') == "$(<$sysfs/signer)" ]] &&
		[[ $(tool -j status | jq -c '[.signature.required, .signature.least_revision,
			.policy.revision]') == '[false,7,7]' ]] &&
		says 1 'one of them has been changed' tool policy apply $own/r7.yaml \
			signature $own/r5.img.sig
}

# The policy before is kept with its signature. Nothing is required yet.
tool_rolls_back()
{
	apply r8 && tool policy rollback && is_active r7 signer && ls /tmp/state &&
		[[ $(cd /tmp/state && echo signature-*) == *\ * ]] && apply r8 &&
		[[ $(cd /tmp/state && echo signature-*) != *\ *\ * ]]
}

tool_is_refused()
{
	echo 1 >$parameter &&
		tool status | grep '^signed only revision 8 or higher, 1 certificate$' &&
		says 1 'only signed ones are taken' tool policy apply $own/r9.img &&
		says 1 'the module takes signed policies only' tool policy apply $own/r9.img \
			backend map &&
		says 1 'revision 7: the lowest that is taken is 8' tool policy rollback &&
		apply r9 confirm 600 && is_active r9 signer && tool policy rollback &&
		is_active r8 signer && apply r9 confirm 600 && tool policy confirm &&
		[[ $(<$sysfs/least_revision) == 9 ]]
}

# What the next start of the host needs is not forgotten for want of room for something else.
tool_keeps_signature()
{
	local file signature

	for file in /tmp/state/signature-*; do
		cmp -s "$file" $own/r9.img.sig && signature=${file##*/}
	done
	mkdir -p /tmp/full && mount -t tmpfs -o size=2m none /tmp/full && cp -a /tmp/state/. /tmp/full/ &&
		! dd if=/dev/zero of=/tmp/full/ballast bs=4k 2>/dev/null || return
	state_dir=/tmp/full apply r10 2>/tmp/said && is_active r10 signer && cat /tmp/said &&
		grep 'needs its signature again: it cannot be kept in /tmp/full: No space left' /tmp/said &&
		grep 'the next start of the host brings back what was kept before' /tmp/said &&
		cmp /tmp/full/boot.img /tmp/state/boot.img && cmp "/tmp/full/$signature" $own/r9.img.sig &&
		rm /tmp/full/ballast "/tmp/full/$signature" && cp /tmp/full/boot.img /tmp/boot.img &&
		state_dir=/tmp/full apply r10 && ! cmp -s /tmp/full/boot.img /tmp/boot.img &&
		state_dir=/tmp/full tool policy detach && umount /tmp/full
}

# The start of a host: it comes back as it was signed, or it is said what is missing.
tool_restores()
{
	load "certificates=$own/signer.der" require_signed=1 least_revision=9 &&
		mv /tmp/state/signature-* /tmp && says 1 'without its signature the module does not take' \
		tool policy restore && ! grep -x active $sysfs/state && mv /tmp/signature-* /tmp/state &&
		tool policy restore && is_active r9 signer && tool policy detach
}

ktap_begin 33
ktap "certificates are loaded, what is none is left out" loads
ktap "the keyrings are sealed" is_sealed
ktap "not required: unsigned policies are taken" takes_unsigned
ktap "a signature of the tool, EC" takes img.sig signer
ktap "a signature of the tool, RSA, by the second certificate" takes second second
ktap "a signature of openssl" takes openssl signer
ktap "a signature of the kernel's sign-file" takes sign-file second
ktap "one with signed attributes and a certificate" takes attributes signer
ktap "one of an expired certificate: the kernel does not look at that" takes expired expired
ktap "one of a certificate that a loaded one has issued, and that comes along" takes issued second
ktap "a changed image, or another one, is refused" changed_image
ktap "a changed signature is refused" changed_signature
ktap "a foreign key is refused" unknown_key
ktap "what is no detached signature is refused" no_signature_at_all
ktap "a refusal ends the transaction, a signature may come late" ends_transaction
ktap "an unsigned policy waits to come back: signatures cannot be required" not_while_unsigned_waits
ktap "required from now on, even of what was verified" from_now_on
ktap "the switch has no way back" never_back
ktap "an unsigned policy stays, and cannot come back" unsigned_stays
ktap "an unconfirmed revision does not count, the one before comes back" waits_and_returns
ktap "an old policy is not taken again" replayed
ktap "a policy that supersedes is taken, once" way_back
ktap "a confirmed revision counts" confirmed_counts
ktap "480 signatures take no memory for good" no_growth
ktap "without certificates nothing is taken" without_certificates
ktap "required while a policy is unconfirmed that could not be taken any more" required_meanwhile
ktap "required, with a lowest revision, from the start" from_the_start
ktap "the tool applies and shows them" tool_applies
ktap "the tool goes back to them" tool_rolls_back
ktap "what the module refuses, the tool says" tool_is_refused
ktap "a full disk takes no signature away that is needed" tool_keeps_signature
ktap "a signed policy comes back when the host starts" tool_restores
ktap "the kernel has not complained" bash -c '! dmesg | grep -E "WARNING:|BUG:|Oops"'
ktap_end
