/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixed-width types and the two bit tricks that module, datapath and tool
 * share. Owns nothing else: it only hides that each world spells its types in
 * another header.
 */
#ifndef OTSEG_TYPES_H
#define OTSEG_TYPES_H

#if defined(__KERNEL__)
#include <linux/stddef.h>
#include <linux/types.h>
#elif defined(__bpf__)
#include <linux/types.h>
#else
#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>
#endif

#if !defined(__KERNEL__)
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "policy images are little-endian and read in place: big-endian hosts are not supported"
#endif

#endif /* OTSEG_TYPES_H */
