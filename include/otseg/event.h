/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event: what the datapath tells of a frame that was dropped, or that passed only
 * because its conduit is in monitor mode. Records of the ring buffer otseg_events.
 */
#ifndef OTSEG_EVENT_H
#define OTSEG_EVENT_H

#include "types.h"

#define OTSEG_EVENT_RING (128u << 10) /* bytes of the ring: about a thousand events */

#define OTSEG_EVENT_MESSAGE 0x1 /* a message was refused: @access is its own */
#define OTSEG_EVENT_UNIT 0x2 /* of which @unit is known */
#define OTSEG_EVENT_FUNCTION 0x4 /* of which @function is known */
#define OTSEG_EVENT_OBJECT 0x8 /* which addresses one run of objects */

/**
 * struct otseg_event - what became of one frame, and why
 * @time_ns: monotonic clock
 * @generation: of the policy that the indices below are of
 * @suppressed: events of this kind (same conduit or link, same reason, same
 *	processor) that were not told since the one before
 * @ifindex: the interface that it came in by
 * @vlan: its VLAN tags, as in struct otseg_img_link
 * @src: source address, network order; IPv4 in the first four bytes; ARP: the sender
 * @dst: destination address; ARP: the target
 * @rule: rule of the image, OTSEG_NONE32: none
 * @function: function << 16 | sub-function of the refused message
 * @unit: unit that the message addresses
 * @first: lowest object that it addresses
 * @last: highest object
 * @frame_len: bytes of the frame
 * @ethertype: host order, behind the VLAN tags; 0: not known
 * @sport: source port, host order; ICMP echo: identifier
 * @dport: destination port; ICMP: type << 8 | code
 * @src_zone: zone of the source, OTSEG_NONE16: not known
 * @dst_zone: zone of the destination, OTSEG_NONE16: not known
 * @conduit: conduit of the image, OTSEG_NONE16: none
 * @link: link of the image, OTSEG_NONE16: none
 * @src_mac: Ethernet source
 * @family: 4 or 6, 0: not IP
 * @proto: IP protocol
 * @action: enum otseg_action
 * @reason: enum otseg_reason
 * @verdict_flags: OTSEG_V_*
 * @service: enum otseg_service
 * @flags: OTSEG_EVENT_*
 * @access: enum otseg_access bits of the refused message
 * @object_type: type of its objects
 * @denial: enum otseg_denial: who was told
 * @reserved: zero
 *
 * What the frame does not have is zero.
 */
struct otseg_event {
	u64 time_ns;
	u32 generation;
	u32 suppressed;
	u32 ifindex;
	u32 vlan;
	u8 src[16];
	u8 dst[16];
	u32 rule;
	u32 function;
	u32 unit;
	u32 first;
	u32 last;
	u32 frame_len;
	u16 ethertype;
	u16 sport;
	u16 dport;
	u16 src_zone;
	u16 dst_zone;
	u16 conduit;
	u16 link;
	u8 src_mac[6];
	u8 family;
	u8 proto;
	u8 action;
	u8 reason;
	u8 verdict_flags;
	u8 service;
	u8 flags;
	u8 access;
	u8 object_type;
	u8 denial;
	u8 reserved[2];
};

_Static_assert(sizeof(struct otseg_event) == 112, "no padding");

#endif /* OTSEG_EVENT_H */
