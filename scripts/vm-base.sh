# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by vm.sh: the part of the virtual machine's root that every run
# shares.  Tools and libraries of this host and kernel modules of the lane go
# into one compressed cpio archive, made again only when one of them changes.

# Busybox stands in for whatever is not named here.
base_tools=(
	bash grep sed find xargs awk
	basename cat chmod cp cut date dd dirname env false head id ln ls
	mkdir mkfifo mktemp mv nproc od printf readlink realpath rm rmdir seq
	sha256sum sleep sort stat stdbuf stty tail tee test timeout touch tr true
	truncate uname uniq wc
	mount umount mountpoint setsid unshare nsenter taskset chrt flock dmesg
	ps pgrep pkill sysctl
	ip bridge tc ss nstat ethtool nft ping nc tcpdump bpftool jq
	kmod modprobe insmod rmmod lsmod modinfo depmod
)

base_modules=(
	veth dummy bonding macvlan ifb tun vrf 8021q bridge br_netfilter
	nf_tables nf_conntrack nf_flow_table nf_flow_table_inet nf_log_syslog
	nft_chain_nat nft_ct nft_dup_netdev nft_fib_inet nft_flow_offload
	nft_fwd_netdev nft_hash nft_limit nft_log nft_masq nft_meta_bridge
	nft_nat nft_numgen nft_queue nft_reject_inet nft_reject_netdev
	act_gact act_mirred act_vlan cls_bpf cls_flower cls_matchall cls_u32
	sch_fq_codel sch_ingress sch_netem sch_prio sch_tbf
	9p 9pnet_virtio virtio_net pktgen af_packet_diag inet_diag tcp_diag
)

# The files that the dynamic loader wants for these programs.
libraries()
{
	ldd "$@" 2>/dev/null |
		sed -nE 's/^(.* => |\t)(\/[^ ]+) \(.*/\2/p' | sort -u
}

base_programs()
{
	local tool path

	for tool in "${base_tools[@]}"; do
		if path=$(PATH=$PATH:/usr/sbin:/sbin type -P "$tool"); then
			# One name per file, whatever /bin and /sbin link to.
			echo "$(realpath "${path%/*}")/${path##*/}"
		fi
	done
}

# shellcheck disable=SC2154 # top and lane are the sourcing script's
# Changes when the lane, a tool, a library or a rule of this file changes.
base_key()
{
	cat "$top/scripts/vm-base.sh" "$top/scripts/vm-init"
	# Not where the lane lies.
	grep -v ' lane\.env$' "$top/build/lanes/$lane/stamp"
	stat -L -c '%n %s %Y' "$@"
}

# unpack_modules ROOT: the listed modules and what they need, decompressed.
unpack_modules()
{
	local root=$1 tree=${MODDIR%/lib/modules/*} module file dest

	# A kernel may have all of them built in.
	mkdir -p "$root/usr/lib/modules/$KVER"
	for module in "${base_modules[@]}"; do
		/sbin/modprobe -d "$tree" -S "$KVER" --show-depends "$module" \
			2>/dev/null || : # not every series has every module
	done | sed -n 's/^insmod //p' | sort -u | while read -r file _; do
		dest=$root/usr/lib/modules/$KVER/${file#"$MODDIR/"}
		mkdir -p "${dest%/*}"
		case $file in
		*.xz)	xz -dc "$file" >"${dest%.xz}" ;;
		*)	cp "$file" "$dest" ;;
		esac
	done
	cp "$MODDIR"/modules.{order,builtin,builtin.modinfo} \
		"$root/usr/lib/modules/$KVER/"
	/sbin/depmod -b "$root/usr" "$KVER"
}

build_base()
{
	local root=$1 path real
	shift

	mkdir -p "$root"/{dev,etc,proc,root,run,share,sys,tmp,var,vm} \
		"$root"/usr/{bin,sbin,lib,lib64}
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root/"
	ln -s ../run "$root/var/run"
	for path; do
		real=$(realpath "$path")
		mkdir -p "$root${real%/*}" "$root${path%/*}"
		cp "$real" "$root$real"
		if [[ $path != "$real" ]]; then
			ln -s "$real" "$root$path"
		fi
	done
	ln -s bash "$root/usr/bin/sh"

	# Applets fill the gaps; a real tool is never shadowed.
	cp /bin/busybox "$root/usr/bin/busybox"
	for path in $(busybox --list); do
		if [[ ! -e $root/usr/bin/$path && ! -L $root/usr/bin/$path &&
		      ! -e $root/usr/sbin/$path && ! -L $root/usr/sbin/$path ]]; then
			ln -s busybox "$root/usr/bin/$path"
		fi
	done

	cp "$top/scripts/vm-init" "$root/init"
	printf '%s:x:%d:%d::/root:/bin/bash\n' root 0 0 tcpdump 100 100 \
		nobody 65534 65534 >"$root/etc/passwd"
	printf '%s:x:%d:\n' root 0 tcpdump 100 nogroup 65534 >"$root/etc/group"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	for path in /etc/protocols /etc/services /etc/ethertypes /etc/iproute2 \
		/usr/share/iproute2; do
		if [[ -e $path ]]; then
			mkdir -p "$root${path%/*}"
			cp -rL "$path" "$root${path%/*}/"
		fi
	done
	ln -sf /proc/self/mounts "$root/etc/mtab"
	unpack_modules "$root"
}

# Sets base_archive; needs top, lane and the lane's variables.
prepare_base()
{
	local cache=$top/build/vm/base-$lane programs libs key

	mapfile -t programs < <(base_programs)
	base_archive=$cache.cpio.zst
	if [[ -f $cache.key && -f $base_archive ]]; then
		mapfile -t libs <"$cache.libs"
		key=$(base_key "${programs[@]}" "${libs[@]}" 2>/dev/null | sha256sum) || :
		if [[ $key == $(<"$cache.key") ]] &&
		   (cd "${cache%/*}" && sha256sum --status -c "$cache.sum"); then
			return
		fi
	fi

	# Threads are cancelled through a library that no program names.
	mapfile -t libs < <({
		libraries "${programs[@]}"
		ls /lib/x86_64-linux-gnu/libgcc_s.so.1
	} | sort -u)
	rm -rf "$cache.root" "$cache.key"
	build_base "$cache.root" "${programs[@]}"
	cp -L --parents "${libs[@]}" "$cache.root/"
	(cd "$cache.root" && find . | cpio -o -H newc -R 0:0 --quiet) |
		zstd -q -T0 -3 >"$base_archive.new"
	rm -rf "$cache.root"
	mv "$base_archive.new" "$base_archive"
	printf '%s\n' "${libs[@]}" >"$cache.libs"
	(cd "${cache%/*}" && sha256sum "${base_archive##*/}") >"$cache.sum"
	base_key "${programs[@]}" "${libs[@]}" | sha256sum >"$cache.key"
}
