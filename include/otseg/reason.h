/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one list of reasons: why a frame passed or was dropped. Enum, names,
 * sentences, sysfs files, counters and documentation all come from it.
 *
 * X(ID, "name", class, "sentence")
 *
 * Classes, which tell the reader whose matter it is:
 *   PASS     the frame goes on
 *   DENY     policy refuses it: look at the policy
 *   INVALID  the frame contradicts the network or a protocol: look at the sender
 *   FAULT    the firewall could not decide, so it did not pass: look at the firewall
 * A conduit in monitor mode lets frames pass whatever the reason, and counts them.
 *
 * Numbers are ABI (netlink, pinned maps): append only, never renumber.
 */
#ifndef OTSEG_REASON_H
#define OTSEG_REASON_H

enum otseg_reason_class {
	OTSEG_REASON_PASS,
	OTSEG_REASON_DENY,
	OTSEG_REASON_INVALID,
	OTSEG_REASON_FAULT,
};

/* clang-format off */
#define OTSEG_REASON_LIST(X)                                                                       \
	X(NONE, "none", FAULT, "no verdict was reached")                                           \
	/* frames that go on */                                                                    \
	X(RULE, "rule", PASS, "a rule of the conduit allows it")                                   \
	X(FLOW, "flow", PASS, "it belongs to a flow that a rule allowed")                          \
	X(RELATED, "related", PASS, "an ICMP error about an allowed flow")                         \
	X(LINK_ARP, "link-arp", PASS, "address resolution on the interface's own link")            \
	X(LINK_ND, "link-nd", PASS, "neighbour discovery on the interface's own link")             \
	/* the firewall itself */                                                                  \
	X(NO_POLICY, "no-policy", FAULT, "no policy is active")                                    \
	X(UNKNOWN_LINK, "unknown-link", INVALID, "no zone lives behind this interface and VLAN")   \
	X(INTERNAL, "internal", FAULT, "a bound of the datapath was hit")                          \
	X(UNGUARDED, "unguarded", FAULT, "it reached the host without a verdict")                  \
	/* link layer */                                                                           \
	X(ETH_HEADER, "eth-header", INVALID, "the Ethernet header is cut short")                   \
	X(VLAN_DEPTH, "vlan-depth", INVALID, "more than two VLAN tags")                            \
	X(ETHERTYPE, "ethertype", DENY, "this link-level protocol is not governed by any rule")    \
	X(ARP_INVALID, "arp-invalid", INVALID, "the ARP message contradicts its frame or its zone")\
	X(MAC_SPOOFED, "mac-spoofed", INVALID, "the source MAC is not one of the zone's")          \
	/* network layer */                                                                        \
	X(IP_HEADER, "ip-header", INVALID, "the IP header is malformed or cut short")              \
	X(IP_OPTIONS, "ip-options", INVALID, "IPv4 options or a refused IPv6 extension header")    \
	X(IP_FRAGMENT, "ip-fragment", INVALID, "IP fragments are refused")                         \
	X(IP_PROTOCOL, "ip-protocol", DENY, "this IP protocol is not governed by any rule")        \
	X(SPOOFED, "spoofed", INVALID, "the source address does not live behind this interface")   \
	X(NO_ZONE, "no-zone", DENY, "the destination address belongs to no zone")                  \
	X(NO_CONDUIT, "no-conduit", DENY, "no conduit leads from this zone to that one")           \
	X(CONDUIT_DISABLED, "conduit-disabled", DENY, "the conduit that would allow it is disabled")\
	X(NO_RULE, "no-rule", DENY, "no rule of the conduit allows it")                            \
	X(NO_INSPECTOR, "no-inspector", DENY, "the rule's service has no inspector: it permits nothing") \
	X(RATE_LIMIT, "rate-limit", DENY, "the rule's rate is used up")                            \
	/* transport layer */                                                                      \
	X(L4_HEADER, "l4-header", INVALID, "the transport header is malformed or cut short")       \
	X(L4_CHECKSUM, "l4-checksum", INVALID, "the transport checksum is wrong")                  \
	X(TCP_FLAGS, "tcp-flags", INVALID, "this combination of TCP flags does not exist")         \
	X(TCP_NO_FLOW, "tcp-no-flow", DENY, "a TCP segment of a connection whose start was not seen") \
	X(TCP_STATE, "tcp-state", INVALID, "the TCP segment does not fit the connection's state")  \
	X(TCP_WINDOW, "tcp-window", INVALID, "the TCP sequence or acknowledgement is out of window")\
	X(TCP_SYN_DATA, "tcp-syn-data", INVALID, "data in a SYN segment")                          \
	X(TCP_URGENT, "tcp-urgent", INVALID, "urgent data in an inspected stream")                 \
	X(ICMP_TYPE, "icmp-type", DENY, "this ICMP type is not allowed")                           \
	X(ICMP_UNRELATED, "icmp-unrelated", INVALID, "an ICMP error that quotes no allowed flow")  \
	X(ND_INVALID, "nd-invalid", INVALID, "the neighbour discovery message is not of this link")\
	X(FLOW_BUDGET, "flow-budget", DENY, "the conduit's flow budget is used up")                \
	X(FLOW_TABLE, "flow-table", FAULT, "no free place in the flow table")                      \
	/* inspected streams */                                                                    \
	X(STREAM_GAP, "stream-gap", INVALID, "the segment begins past the inspected position")     \
	X(STREAM_OVERLAP, "stream-overlap", INVALID, "the segment cannot be placed on a PDU boundary") \
	X(STREAM_HOLD, "stream-hold", FAULT, "earlier split data is not yet acknowledged")         \
	X(STREAM_BUDGET, "stream-budget", FAULT, "no free place for the state of a split PDU")     \
	X(STREAM_BUSY, "stream-busy", FAULT, "two processors held the same stream at once")        \
	X(SESSION_BUDGET, "session-budget", FAULT, "no free place for an inspected flow, or its conduit has no more") \
	X(PDU_COUNT, "pdu-count", INVALID, "more PDUs in one segment than the inspector takes")    \
	/* inspected messages */                                                                   \
	X(PDU_PROTOCOL, "pdu-protocol", INVALID, "the bytes are not the protocol that the rule names") \
	X(PDU_LENGTH, "pdu-length", INVALID, "declared and implied length of the PDU differ")      \
	X(PDU_MALFORMED, "pdu-malformed", INVALID, "a field of the PDU is outside its range")      \
	X(PDU_UNSOLICITED, "pdu-unsolicited", INVALID, "a response without a matching request")    \
	X(PDU_DIRECTION, "pdu-direction", INVALID, "a request from the side that may only answer") \
	X(FUNCTION_UNKNOWN, "function-unknown", DENY, "the function is unknown and no rule names it")\
	X(UNIT, "unit", DENY, "the addressed unit is not allowed")                                 \
	X(ACCESS, "access", DENY, "this class of access is not allowed")                           \
	X(FUNCTION, "function", DENY, "this function is not allowed")                              \
	X(OBJECT, "object", DENY, "an addressed object is not allowed")                            \
	X(VALUE, "value", DENY, "a written value is not allowed")                                  \
	X(PDU_EFFORT, "pdu-effort", FAULT, "judging it would take more steps than a frame is given") \
	/* wires */                                                                                \
	X(WIRE_DOWN, "wire-down", FAULT, "the other end of the wire is missing or has no carrier") \
	X(OFF_WIRE, "off-wire", DENY, "the destination does not live behind the other end of the wire") \
	/* conduits */                                                                             \
	X(CONDUIT_RATE, "conduit-rate", DENY, "the conduit's rate is used up")                     \
	/* inspected messages, continued */                                                        \
	X(FIELD, "field", DENY, "a field of the message is not allowed")                           \
	X(PDU_CHECKSUM, "pdu-checksum", INVALID, "the checksum within the PDU is wrong")           \
	X(PDU_STATE, "pdu-state", INVALID, "the message does not fit what the conversation has agreed on") \
	X(PDU_NESTING, "pdu-nesting", INVALID, "the PDU nests or repeats more than the inspector takes") \
	/* connections */                                                                          \
	X(FLOW_CUT, "flow-cut", DENY, "its connection was cut, because the policy refused part of it")
/* clang-format on */

enum otseg_reason {
#define X(id, name, class, sentence) OTSEG_R_##id,
	OTSEG_REASON_LIST(X)
#undef X
	OTSEG_R_COUNT,
};

/* Counter space reserved for reasons; the list above may grow up to it. */
#define OTSEG_R_MAX 128

#endif /* OTSEG_REASON_H */
