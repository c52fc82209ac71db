/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What decoding makes of a frame, and what the engine decides about it. Plain
 * structs: no bytes of the frame live here, and no policy.
 */
#ifndef OTSEG_PACKET_H
#define OTSEG_PACKET_H

#include "../../include/otseg/image.h"

/* TCP header flags (RFC 9293 section 3.1). */
#define OTSEG_TCP_FIN 0x01
#define OTSEG_TCP_SYN 0x02
#define OTSEG_TCP_RST 0x04
#define OTSEG_TCP_PSH 0x08
#define OTSEG_TCP_ACK 0x10
#define OTSEG_TCP_URG 0x20

#define OTSEG_ETH_ARP 0x0806
#define OTSEG_ETH_IPV4 0x0800
#define OTSEG_ETH_IPV6 0x86dd

#define OTSEG_FAMILY_LINK 2 /* a frame without an IP address: its ends are MAC addresses */

#define OTSEG_PROTO_ICMP 1
#define OTSEG_PROTO_TCP 6
#define OTSEG_PROTO_UDP 17
#define OTSEG_PROTO_ICMPV6 58

/**
 * struct otseg_addr - an IPv4 or IPv6 address
 * @w: network-order words; an IPv4 address is in @w[0], the rest zero
 */
struct otseg_addr {
	u32 w[4];
};

/**
 * struct otseg_packet - a decoded frame
 * @src: source address (ARP: the sender's protocol address; OTSEG_FAMILY_LINK: MAC address,
 *	then in words of their own interface and VLAN)
 * @dst: destination address (ARP: the target's; OTSEG_FAMILY_LINK: MAC address)
 * @selector: OTSEG_SEL() of carrier and destination port, type/code, operation or ethertype
 * @vlan: outer | inner << 16, priority tags removed; as in struct otseg_img_link
 * @frame_len: bytes of the frame, Ethernet header included
 * @seq: TCP sequence number
 * @ack: TCP acknowledgement number
 * @src_mac: Ethernet source
 * @dst_mac: Ethernet destination
 * @ethertype: after the VLAN tags, host order; OTSEG_LLC_STP for a frame that has none
 * @l3_off: offset of the ARP, IPv4 or IPv6 header
 * @l4_off: offset of the transport header
 * @payload_off: offset of the transport payload, or of what follows the ethertype
 * @payload_len: its bytes by the IP length, not by the frame's padding; of what is not IP,
 *	to the end of the frame
 * @sport: source port, host order; ICMP echo: identifier; OTSEG_FAMILY_LINK: ethertype
 * @dport: destination port, host order; ICMP echo: identifier
 * @window: TCP window, unscaled
 * @family: 4, 6, OTSEG_FAMILY_LINK, or 0 for ARP
 * @proto: IP protocol
 * @tcp_flags: OTSEG_TCP_*
 * @window_scale: of a SYN, or OTSEG_NO_SCALE
 * @fault: enum otseg_reason: what is wrong beyond the addresses, NONE if nothing
 */
struct otseg_packet {
	struct otseg_addr src;
	struct otseg_addr dst;
	u32 selector;
	u32 vlan;
	u32 frame_len;
	u32 seq;
	u32 ack;
	u8 src_mac[6];
	u8 dst_mac[6];
	u16 ethertype;
	u16 l3_off;
	u16 l4_off;
	u16 payload_off;
	u16 payload_len;
	u16 sport;
	u16 dport;
	u16 window;
	u8 family;
	u8 proto;
	u8 tcp_flags;
	u8 window_scale;
	u8 fault;
};

#define OTSEG_NO_SCALE 0xff /* no window scale option (RFC 7323) */

static inline u32 otseg_mac_equals(const u8 *x, const u8 *y)
{
	u32 differ = 0;
	u32 i;

	for (i = 0; i < 6; i++)
		differ |= x[i] ^ y[i];
	return !differ;
}

enum otseg_action {
	OTSEG_ACTION_DROP,
	OTSEG_ACTION_PASS,
};

#define OTSEG_V_MONITORED 0x1 /* would have been dropped for @reason; passes */
#define OTSEG_V_REPLY 0x2 /* travels against the direction its flow was opened in */
#define OTSEG_V_OPENED 0x4 /* opened a flow */
#define OTSEG_V_WIRE 0x8 /* what passes leaves by the other end of the wire, not to the host */
#define OTSEG_V_ROUTE 0x10 /* what passes leaves by the interface that its route names */
#define OTSEG_V_ADOPTED 0x20 /* would take up a connection whose beginning was not seen */

/* Who is told of a frame that is dropped, by what it becomes: denial.h. */
enum otseg_denial {
	OTSEG_DENIAL_NONE, /* nobody */
	OTSEG_DENIAL_RESET, /* the sender: a reset in the other side's name */
	OTSEG_DENIAL_PEER, /* the other side of its connection: a reset in the sender's name */
	OTSEG_DENIAL_EXCEPTION, /* the sender: an exception of its protocol, and the end of the stream */
};

/**
 * struct otseg_verdict - the engine's decision and how it came about
 * @rule: index of the rule that allowed it, OTSEG_NONE32: none
 * @src_zone: zone of the source, OTSEG_NONE16: none
 * @dst_zone: zone of the destination, OTSEG_NONE16: none
 * @conduit: the conduit that answers for it, OTSEG_NONE16: none
 * @link: link of the image that it came in by, OTSEG_NONE16: none
 * @action: enum otseg_action
 * @reason: enum otseg_reason
 * @flags: OTSEG_V_*
 * @service: enum otseg_service, where a rule or flow is known
 * @n_messages: inspected messages in it
 * @denial: enum otseg_denial
 * @reserved: zero
 */
struct otseg_verdict {
	u32 rule;
	u16 src_zone;
	u16 dst_zone;
	u16 conduit;
	u16 link;
	u8 action;
	u8 reason;
	u8 flags;
	u8 service;
	u8 n_messages;
	u8 denial;
	u8 reserved[2];
};

/* A verdict of which nothing is known yet. */
static inline void otseg_verdict_clear(struct otseg_verdict *v)
{
	__builtin_memset(v, 0, sizeof(*v));
	v->rule = OTSEG_NONE32;
	v->src_zone = OTSEG_NONE16;
	v->dst_zone = OTSEG_NONE16;
	v->conduit = OTSEG_NONE16;
	v->link = OTSEG_NONE16;
}

/**
 * struct otseg_path - what the policy has for a way from one zone to another
 * @src_class: endpoint class of the source; OTSEG_NONE32: it has no address, only a zone
 * @dst_class: endpoint class of the destination, likewise
 * @leaf: leaf of the image
 * @rule: first rule of the leaf that is in force, OTSEG_NONE32: none
 * @conduit: conduit of @rule; without a rule the one that answers
 * @service: enum otseg_service of the leaf
 * @inspected: its messages are looked at
 */
struct otseg_path {
	u32 src_class;
	u32 dst_class;
	u32 leaf;
	u32 rule;
	u16 conduit;
	u8 service;
	u8 inspected;
};

#endif /* OTSEG_PACKET_H */
