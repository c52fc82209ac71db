/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The services a rule can name, and the words every inspector shares: access
 * classes. One line registers a service for policy, image, datapath and tool.
 *
 * X(ID, "name", carrier, default port, state)
 *
 * carrier: the selector kind(s) it rides on (OTSEG_ON_*); state: OPAQUE passes
 * without a look inside, INSPECTED has an inspector in bpf/proto/, PLANNED is
 * a name the loader accepts, warns about and compiles to a rule that permits
 * nothing. Numbers are part of the image format: append only.
 */
#ifndef OTSEG_SERVICE_H
#define OTSEG_SERVICE_H

#define OTSEG_ON_TCP 0x01
#define OTSEG_ON_UDP 0x02
#define OTSEG_ON_ICMP 0x04
#define OTSEG_ON_ICMPV6 0x08
#define OTSEG_ON_ARP 0x10

enum otseg_service_state {
	OTSEG_SERVICE_OPAQUE,
	OTSEG_SERVICE_INSPECTED,
	OTSEG_SERVICE_PLANNED,
};

/* clang-format off */
#define OTSEG_SERVICE_LIST(X)                                                  \
	X(NONE, "none", 0, 0, PLANNED)                                         \
	X(TCP, "tcp", OTSEG_ON_TCP, 0, OPAQUE)                                 \
	X(UDP, "udp", OTSEG_ON_UDP, 0, OPAQUE)                                 \
	X(ICMP, "icmp", OTSEG_ON_ICMP, 0, OPAQUE)                              \
	X(ICMPV6, "icmpv6", OTSEG_ON_ICMPV6, 0, OPAQUE)                        \
	X(ARP, "arp", OTSEG_ON_ARP, 0, OPAQUE)                                 \
	X(MODBUS, "modbus", OTSEG_ON_TCP, 502, INSPECTED)                      \
	X(S7COMM, "s7comm", OTSEG_ON_TCP, 102, PLANNED)                        \
	X(MQTT, "mqtt", OTSEG_ON_TCP, 1883, PLANNED)
/* clang-format on */

enum otseg_service {
#define X(id, name, carrier, port, state) OTSEG_SVC_##id,
	OTSEG_SERVICE_LIST(X)
#undef X
	OTSEG_SVC_COUNT,
};

/*
 * Access classes, a bit mask. A rule permits a message only if every class
 * bit of the message is in the rule's mask. Ordered from harmless to grave.
 *
 * X(ID, bit, "name", "sentence")
 */
/* clang-format off */
#define OTSEG_ACCESS_LIST(X)                                                            \
	X(SESSION, 0, "session", "opens, keeps or closes a session; touches no process data") \
	X(READ, 1, "read", "reads and cannot change the state of the device")           \
	X(DIAGNOSTIC, 2, "diagnostic", "reads diagnostic state of the device itself")   \
	X(WRITE, 3, "write", "changes process data")                                    \
	X(CONTROL, 4, "control", "changes the operating state: restart, stop, mode, counters") \
	X(PROGRAM, 5, "program", "reads or changes program, configuration or firmware") \
	X(VENDOR, 6, "vendor", "a function whose effect only its vendor documents")
/* clang-format on */

enum otseg_access {
#define X(id, bit, name, sentence) OTSEG_ACCESS_##id = 1 << (bit),
	OTSEG_ACCESS_LIST(X)
#undef X
	OTSEG_ACCESS_ANY = 0xff,
};

#endif /* OTSEG_SERVICE_H */
