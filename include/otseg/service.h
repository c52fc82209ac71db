/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The services a rule can name, and the words every inspector shares: access
 * classes. One line registers a service for policy, image, datapath and tool.
 *
 * X(ID, "name", FAMILY, carriers, TCP port, UDP port, ethertype, state)
 *
 * FAMILY: the service whose inspector it shares: those of one family can be told
 * apart only by looking inside, so their rules may meet on one port. Carriers: the
 * selector kinds it rides on (OTSEG_ON_*), with the well-known port or ethertype of
 * each, 0: none. State: OPAQUE passes without a look inside, INSPECTED has an
 * inspector in bpf/proto/, PLANNED is a name the loader accepts, warns about and
 * compiles to a rule that permits nothing. Numbers are part of the image format:
 * append only.
 */
#ifndef OTSEG_SERVICE_H
#define OTSEG_SERVICE_H

#define OTSEG_ON_TCP 0x01
#define OTSEG_ON_UDP 0x02
#define OTSEG_ON_ICMP 0x04
#define OTSEG_ON_ICMPV6 0x08
#define OTSEG_ON_ARP 0x10
#define OTSEG_ON_LINK 0x20 /* an ethertype of its own, between interfaces */

#define OTSEG_ON_IP (OTSEG_ON_TCP | OTSEG_ON_UDP)

enum otseg_service_state {
	OTSEG_SERVICE_OPAQUE,
	OTSEG_SERVICE_INSPECTED,
	OTSEG_SERVICE_PLANNED,
};

/* clang-format off */
#define OTSEG_SERVICE_LIST(X)                                                            \
	X(NONE, "none", NONE, 0, 0, 0, 0, PLANNED)                                       \
	X(TCP, "tcp", TCP, OTSEG_ON_TCP, 0, 0, 0, OPAQUE)                                \
	X(UDP, "udp", UDP, OTSEG_ON_UDP, 0, 0, 0, OPAQUE)                                \
	X(ICMP, "icmp", ICMP, OTSEG_ON_ICMP, 0, 0, 0, OPAQUE)                            \
	X(ICMPV6, "icmpv6", ICMPV6, OTSEG_ON_ICMPV6, 0, 0, 0, OPAQUE)                    \
	X(ARP, "arp", ARP, OTSEG_ON_ARP, 0, 0, 0, OPAQUE)                                \
	X(MODBUS, "modbus", MODBUS, OTSEG_ON_IP, 502, 502, 0, INSPECTED)                 \
	X(S7COMM, "s7comm", S7COMM, OTSEG_ON_TCP, 102, 0, 0, INSPECTED)                  \
	X(MQTT, "mqtt", MQTT, OTSEG_ON_TCP, 1883, 0, 0, INSPECTED)                         \
	X(S7PLUS, "s7comm-plus", S7COMM, OTSEG_ON_TCP, 102, 0, 0, INSPECTED)             \
	X(MMS, "mms", S7COMM, OTSEG_ON_TCP, 102, 0, 0, INSPECTED)                          \
	X(DNP3, "dnp3", DNP3, OTSEG_ON_IP, 20000, 20000, 0, INSPECTED)                     \
	X(ENIP, "enip", ENIP, OTSEG_ON_IP, 44818, 44818, 0, INSPECTED)                     \
	X(ENIP_IO, "enip-io", ENIP_IO, OTSEG_ON_UDP, 0, 2222, 0, INSPECTED)                \
	X(IEC104, "iec104", IEC104, OTSEG_ON_TCP, 2404, 0, 0, INSPECTED)                 \
	X(OPCUA, "opcua", OPCUA, OTSEG_ON_TCP, 4840, 0, 0, INSPECTED)                      \
	X(BACNET, "bacnet", BACNET, OTSEG_ON_UDP, 0, 47808, 0, INSPECTED)                \
	X(GOOSE, "goose", GOOSE, OTSEG_ON_LINK, 0, 0, 0x88b8, INSPECTED)                   \
	X(SV, "sv", SV, OTSEG_ON_LINK, 0, 0, 0x88ba, INSPECTED)                            \
	X(PROFINET, "profinet", PROFINET, OTSEG_ON_LINK, 0, 0, 0x8892, INSPECTED)          \
	X(PROFINET_CM, "profinet-cm", PROFINET_CM, OTSEG_ON_UDP, 0, 34964, 0, INSPECTED)   \
	X(ETHERCAT, "ethercat", ETHERCAT, OTSEG_ON_LINK | OTSEG_ON_UDP, 0, 34980, 0x88a4, INSPECTED) \
	X(HARTIP, "hart-ip", HARTIP, OTSEG_ON_IP, 5094, 5094, 0, INSPECTED)                \
	X(FINS, "fins", FINS, OTSEG_ON_IP, 9600, 9600, 0, INSPECTED)                       \
	X(MELSEC, "melsec", MELSEC, OTSEG_ON_IP, 5007, 5006, 0, INSPECTED)                 \
	X(C37118, "c37.118", C37118, OTSEG_ON_IP, 4712, 4713, 0, INSPECTED)                \
	/* what is encrypted, or carries others: only by its name */                     \
	X(MODBUS_TLS, "modbus-tls", MODBUS_TLS, OTSEG_ON_TCP, 802, 0, 0, OPAQUE)         \
	X(ENIP_TLS, "enip-tls", ENIP_TLS, OTSEG_ON_IP, 2221, 2221, 0, OPAQUE)            \
	X(MQTT_TLS, "mqtt-tls", MQTT_TLS, OTSEG_ON_TCP, 8883, 0, 0, OPAQUE)              \
	X(DNP3_TLS, "dnp3-tls", DNP3_TLS, OTSEG_ON_IP, 19999, 19999, 0, OPAQUE)          \
	X(IEC104_TLS, "iec104-tls", IEC104_TLS, OTSEG_ON_TCP, 19998, 0, 0, OPAQUE)       \
	X(OPCUA_TLS, "opcua-tls", OPCUA_TLS, OTSEG_ON_TCP, 4843, 0, 0, OPAQUE)           \
	X(MMS_TLS, "mms-tls", MMS_TLS, OTSEG_ON_TCP, 3782, 0, 0, OPAQUE)                 \
	X(LLDP, "lldp", LLDP, OTSEG_ON_LINK, 0, 0, 0x88cc, OPAQUE)                       \
	X(PTP, "ptp", PTP, OTSEG_ON_LINK, 0, 0, 0x88f7, OPAQUE)                          \
	X(PTP_EVENT, "ptp-event", PTP_EVENT, OTSEG_ON_UDP, 0, 319, 0, OPAQUE)            \
	X(PTP_GENERAL, "ptp-general", PTP_GENERAL, OTSEG_ON_UDP, 0, 320, 0, OPAQUE)      \
	X(STP, "stp", STP, OTSEG_ON_LINK, 0, 0, OTSEG_LLC_STP, OPAQUE)                   \
	X(HSR, "hsr", HSR, OTSEG_ON_LINK, 0, 0, 0x892f, OPAQUE)                          \
	X(PRP, "prp", PRP, OTSEG_ON_LINK, 0, 0, 0x88fb, OPAQUE)                          \
	X(ETHERTYPE, "ethertype", ETHERTYPE, OTSEG_ON_LINK, 0, 0, 0, OPAQUE)             \
	/* names for later */                                                            \
	X(ADS, "ads", ADS, OTSEG_ON_TCP, 48898, 0, 0, PLANNED)
/* clang-format on */

/*
 * Services of which a device may answer a datagram from another port than it was asked on.
 *
 * X(ID)
 */
#define OTSEG_ELSEWHERE_LIST(X) X(PROFINET_CM) X(HARTIP)

/*
 * In place of an ethertype, which is 0x600 at least: IEEE 802.3 frames with an LLC
 * header whose two service access points are 0x42, the spanning tree's (IEEE 802.1D).
 */
#define OTSEG_LLC_STP 0x42

enum otseg_service {
#define X(id, name, family, on, tcp, udp, ether, state) OTSEG_SVC_##id,
	OTSEG_SERVICE_LIST(X)
#undef X
	OTSEG_SVC_COUNT,
};

/**
 * otseg_service_is_elsewhere - whether a service is one of OTSEG_ELSEWHERE_LIST
 * @service: enum otseg_service
 *
 * Return: 1 if it is, else 0.
 */
static inline unsigned int otseg_service_is_elsewhere(unsigned int service)
{
	switch (service) {
#define X(id) case OTSEG_SVC_##id:
		OTSEG_ELSEWHERE_LIST(X)
#undef X
		return 1;
	default:
		return 0;
	}
}

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

/* In the lists of functions. */
#define OTSEG_FN_SUB 0x1 /* sub-functions follow: the name alone means all of them */
#define OTSEG_FN_OPAQUE 0x2 /* body and length are known to its vendor only */

/* In the lists of object types. */
#define OTSEG_OBJ_PAIR 0x1 /* a number is two halves of 16 bits, written upper/lower */

#endif /* OTSEG_SERVICE_H */
