#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run a command as root under a lane's kernel, in a virtual machine that lives
# in memory and has no network device.
#
#   scripts/vm.sh --lane LANE [--mem SIZE] [--cpus N] [--timeout SECONDS]
#                 [--name NAME] [--file SRC:DEST]... [--share DIR]
#                 -- COMMAND [ARGUMENT]...
#
# The command's output is this script's output, its exit code this script's
# exit code.  124: out of time.  125: the machine could not run the command, or
# the kernel complained (scripts/vm-complaint.sh).
# --file copies a file or folder, and the libraries a program needs, to DEST.
# --share mounts DIR read-write as /share.
# SIZE and SECONDS are those of a plain kernel; lane "debug" gets more.
# The kernel's log is build/vm/NAME@LANE.klog, kept if NAME is given or on failure.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/vm-base.sh
. "$top/scripts/vm-base.sh"

usage()
{
	sed -n 's/^# \{0,1\}//; 7,9p' "$0" >&2
	exit 2
}

fail()
{
	echo "vm.sh: $*" >&2
	exit 125
}

lane='' mem=768M cpus=2 limit=300 name='' share=''
files=()
while (($#)); do
	case $1 in
	--lane | --mem | --cpus | --timeout | --name | --file | --share)
		(($# >= 2)) || usage
		;;&
	--lane)		lane=$2 ;;
	--mem)		mem=$2 ;;
	--cpus)		cpus=$2 ;;
	--timeout)	limit=$2 ;;
	--name)		name=$2 ;;
	--file)		files+=("$2") ;;
	--share)	share=$(realpath "$2") ;;
	--)
		shift
		break
		;;
	*)		usage ;;
	esac
	shift 2
done
if [[ -z $lane ]] || (($# == 0)); then
	usage
fi

"$top/scripts/lane.sh" "$lane"
# shellcheck source=/dev/null
. "$top/build/lanes/$lane/lane.env"
cost=$("$top/scripts/lane.sh" --cost "$lane")
limit=$((limit * cost))
case $mem in
*G)	mem=$((${mem%G} * cost))G ;;
*M)	mem=$((${mem%M} * cost))M ;;
esac

mkdir -p "$top/build/vm"
exec 9>"$top/build/vm/.lock"
flock 9
prepare_base
exec 9>&-

run=$(mktemp -d "$top/build/vm/run.XXXXXX")
qemu=''
cleanup()
{
	if [[ -n $qemu ]]; then
		kill "$qemu" 2>/dev/null || :
		wait "$qemu" 2>/dev/null || :
	fi
	rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# write_initrd FILE COMMAND...: the shared archive, then what this run adds.
write_initrd()
{
	local initrd=$1 root=$run/root file dest libs
	shift

	mkdir -p "$root/vm"
	{
		printf '#!/bin/bash\ncd /root && exec'
		printf ' %q' "$@"
		echo
	} >"$root/vm/command"
	chmod 755 "$root/vm/command"
	for file in "${files[@]}"; do
		dest=${file#*:} file=${file%%:*}
		if [[ $dest != /* || ! -e $file ]]; then
			fail "--file $file:$dest: no such file, or DEST not absolute"
		fi
		mkdir -p "$root${dest%/*}"
		cp -rLT "$file" "$root$dest"
	done
	# The base has links where these would make folders.
	for file in bin sbin lib lib64; do
		if [[ -d $root/$file ]]; then
			mkdir -p "$root/usr/$file"
			cp -rT "$root/$file" "$root/usr/$file"
			rm -r "${root:?}/$file"
		fi
	done
	mapfile -t libs < <(find "$root" -type f -print0 |
		while IFS= read -r -d '' file; do
			libraries "$file" || :
		done | sort -u |
		comm -23 - <(sort "$top/build/vm/base-$lane.libs"))
	if ((${#libs[@]})); then
		for file in "${libs[@]}"; do
			dest=$(realpath "${file%/*}")
			mkdir -p "$root$dest"
			cp -L "$file" "$root$dest/"
		done
	fi
	(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$run/own.cpio"
	cp "$base_archive" "$initrd"
	# The kernel looks for a plain archive at multiples of four only.
	truncate -s %512 "$initrd"
	cat "$run/own.cpio" >>"$initrd"
}

# boot ACCEL SECONDS INITRD KLOG: output to stdout, exit code in $run/status.
boot()
{
	local accel=$1 seconds=$2 initrd=$3 klog=$4 append code=0 writer
	local options=() machine=pc

	append="console=ttyS0 loglevel=7 panic=-1 oops=panic nokaslr"
	append+=" mitigations=off audit=0 random.trust_cpu=on"
	# Debian's kernels can look for wrong accesses to some of the memory, at little cost.
	append+=" kfence.sample_interval=10"
	# All that is wrong, not the first only.
	append+=" kasan_multi_shot"
	# Software emulation on a busy host is slow, not stuck.
	append+=" watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=$((cost > 1 ? 300 : 120))"
	# The older machine's table of interrupts is a program, which a kernel that is slow in
	# software emulation stops for taking too long.
	if ((cost > 1)); then
		machine=q35
	fi
	if [[ -n $share ]]; then
		append+=" vm.share"
		options+=(-virtfs "local,path=$share,mount_tag=share,security_model=none")
	fi
	case $accel in
	kvm)	options+=(-accel kvm -cpu host) ;;
	# With a fifth level of page tables KASAN takes an interrupt at the moment when the
	# kernel identifies its processor for a wrong access; and it takes longer.
	tcg)	options+=(-accel "tcg,thread=multi" -cpu "max,la57=off") ;;
	esac

	# A probe that aborts leaves no core.
	ulimit -c 0
	: >"$run/status"
	# A pipe by name: qemu takes a standard output whose input is at its end
	# for a closed connection.
	rm -f "$run/output"
	mkfifo "$run/output"
	exec 3<>"$run/output"
	cat <"$run/output" 3>&- &
	writer=$!
	timeout -k 5 "$seconds" qemu-system-x86_64 \
		-nodefaults -no-user-config -display none -no-reboot \
		-machine "$machine,usb=off" -m "$mem" -smp "$cpus" "${options[@]}" \
		-kernel "$VMLINUZ" -initrd "$initrd" -append "$append" \
		-serial "file:$klog" -device virtio-serial-pci \
		-chardev "file,id=output,path=$run/output" \
		-device virtserialport,chardev=output,name=output \
		-chardev "file,id=status,path=$run/status" \
		-device virtserialport,chardev=status,name=status \
		</dev/null >"$run/qemu.err" 2>&1 3>&- &
	qemu=$!
	wait "$qemu" 2>/dev/null || code=$?
	qemu=''
	exec 3>&-
	wait "$writer" || :
	return "$code"
}

# Hardware virtualisation is believed only after it booted this very kernel.
choose_accel()
{
	local cache=$top/build/vm/accel-$lane key files=() share=''

	key="$KVER $(uname -r) $(cat /proc/sys/kernel/random/boot_id)"
	if [[ -f $cache && $(head -n 1 "$cache") == "$key" ]]; then
		accel=$(tail -n 1 "$cache")
		return
	fi
	accel=tcg
	if [[ -w /dev/kvm ]]; then
		write_initrd "$run/probe" true
		if boot kvm 20 "$run/probe" "$run/probe.klog" >/dev/null &&
		   [[ $(<"$run/status") == 0 ]]; then
			accel=kvm
		fi
		rm -rf "$run/root"
	fi
	printf '%s\n%s\n' "$key" "$accel" >"$cache"
}

choose_accel
write_initrd "$run/initrd" "$@"
rm -rf "$run/root"
klog=$top/build/vm/${name:-$$}@$lane.klog

# A kernel that patches itself while it boots may stumble in software emulation; what is
# tested has not begun then.
for attempt in 1 2 3; do
	code=0
	boot "$accel" "$limit" "$run/initrd" "$klog" || code=$?
	if [[ -s $run/status ]] || grep -q 'Run /init as init process' "$klog"; then
		break
	fi
	echo "vm.sh: the kernel did not boot (attempt $attempt)" >&2
done

status=$(<"$run/status")
if ((code == 124 || code == 137)); then
	echo "vm.sh: out of time after $limit s; the kernel's last words:" >&2
	tail -n 15 "$klog" >&2
	echo "vm.sh: kernel log: ${klog#"$top/"}" >&2
	exit 124
fi
if "$top/scripts/vm-complaint.sh" "$klog" >"$run/complaint"; then
	echo "vm.sh: the kernel complained:" >&2
	cat "$run/complaint" >&2
	echo "vm.sh: kernel log: ${klog#"$top/"}" >&2
	# A breakpoint that one processor has set and taken away again, while it patched the
	# kernel, hits another one later: real processors do not, and scripts/check.sh asks again.
	if [[ $accel == tcg ]] && head -n 4 "$run/complaint" | grep -q 'Oops: int3'; then
		echo "vm.sh: the emulator stumbled" >&2
	fi
	exit 125
fi
if [[ ! $status =~ ^[0-9]+$ ]]; then
	cat "$run/qemu.err" >&2
	tail -n 15 "$klog" >&2 || :
	fail "the machine stopped without an answer (qemu exit code $code)"
fi
if [[ -z $name ]]; then
	rm -f "$klog"
fi
exit "$status"
