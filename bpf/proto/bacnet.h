/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BACnet/IP (Annex J): names and numbers of services, network messages and BVLC functions
 * with their access classes, object types and errors; and from the bytes of one datagram to a
 * struct otseg_msg.
 *
 * "135" is ANSI/ASHRAE 135-2020. Numbers were compared with the value strings of tshark's
 * dissectors bvlc, bacnet and bacapp.
 *
 * Parameters are tagged (135, 20.2). One walk over the tags of a request finds what a rule
 * can name by the place where it stands: a key is the context tag that it is in, 15 for
 * none, << 4 | its own; 0xa0 | its number if it is an application tag outside of all. What a
 * write writes is a list of tags as well, and only stepped over.
 */
#ifndef OTSEG_BACNET_H
#define OTSEG_BACNET_H

#include "pdu.h"

/* Codes: confirmed services are as they are, the others have a hundred of their own. */
#define OTSEG_BACNET_UNCONFIRMED 0x100
#define OTSEG_BACNET_NETWORK 0x200
#define OTSEG_BACNET_BVLC 0x300
#define OTSEG_BACNET_APDU 0x400

/* Keys, see above. */
#define OTSEG_BACNET_NO 0
#define OTSEG_BACNET_TOP(tag) (0xf0 | (tag))
#define OTSEG_BACNET_IN(container, tag) ((container) << 4 | (tag))
#define OTSEG_BACNET_APPLICATION(tag) (0xa0 | (tag))
#define OTSEG_BACNET_OID OTSEG_BACNET_APPLICATION(12)

/* How the parameters of a service are arranged. */
#define OTSEG_BACNET_LIST 0x1 /* object, then a list of its properties, and again */
#define OTSEG_BACNET_PARTS 0x2 /* each property is a message */
#define OTSEG_BACNET_ONE 0x4 /* one object, one property: both must be there */
#define OTSEG_BACNET_KNOWN 0x80

#define OTSEG_BACNET_TELLS (OTSEG_ACCESS_SESSION | OTSEG_ACCESS_READ | OTSEG_ACCESS_WRITE)
#define OTSEG_BACNET_NOTIFIES (OTSEG_BACNET_TELLS | OTSEG_ACCESS_CONTROL)
#define OTSEG_BACNET_WRITES (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_PROGRAM)
#define OTSEG_BACNET_SUBSCRIBES (OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL)
#define OTSEG_BACNET_TRANSFERS (OTSEG_ACCESS_SESSION | OTSEG_ACCESS_CONTROL)

/*
 * Services: Y(X, ID, code, "name", access, arrangement, keys of: object, another object, property, array index,
 * priority; number, and its field). 135, 21: BACnetConfirmedServiceChoice and
 * BACnetUnconfirmedServiceChoice.
 *
 * Notifications are `read` from the side that was asked to notify, `write` from the other: a
 * device may act on what it is told. So are i-am and i-have, from which a device learns where
 * another one is that it reads from. Who was notified acknowledges it: `session`. A write to an
 * object that is configuration or a program is `program` as well. Subscriptions are `read`: what
 * they change is whether the subscriber is told. That is who sends it (135, 13.14), or whom a
 * router says it comes from: then it may be somebody else, whose subscription it renews or
 * cancels, and it is `control` as well. What keeps or ends a transfer or acknowledges in such a
 * name is `control`.
 */
/* clang-format off */
#define OTSEG_BACNET_SERVICES(Y, X) \
	Y(X, ACKNOWLEDGE_ALARM, 0, "acknowledge-alarm", OTSEG_ACCESS_CONTROL, 0, OTSEG_BACNET_TOP(1), 0, 0, 0, \
		0, 0, 0) \
	Y(X, CONFIRMED_COV, 1, "confirmed-cov-notification", OTSEG_BACNET_NOTIFIES, 0, OTSEG_BACNET_TOP(2), 0, 0, \
		0, 0, 0, 0) \
	Y(X, CONFIRMED_EVENT, 2, "confirmed-event-notification", OTSEG_BACNET_NOTIFIES, 0, OTSEG_BACNET_TOP(2), \
		0, 0, 0, 0, 0, 0) \
	Y(X, GET_ALARM_SUMMARY, 3, "get-alarm-summary", OTSEG_ACCESS_READ, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, GET_ENROLLMENT_SUMMARY, 4, "get-enrollment-summary", OTSEG_ACCESS_READ, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, SUBSCRIBE_COV, 5, "subscribe-cov", OTSEG_BACNET_SUBSCRIBES, 0, OTSEG_BACNET_TOP(1), 0, 0, 0, 0, 0, 0) \
	Y(X, ATOMIC_READ_FILE, 6, "atomic-read-file", OTSEG_ACCESS_PROGRAM, 0, OTSEG_BACNET_OID, 0, 0, 0, 0, 0, 0) \
	Y(X, ATOMIC_WRITE_FILE, 7, "atomic-write-file", OTSEG_ACCESS_PROGRAM, 0, OTSEG_BACNET_OID, 0, 0, 0, 0, 0, 0) \
	Y(X, ADD_LIST_ELEMENT, 8, "add-list-element", OTSEG_BACNET_WRITES, OTSEG_BACNET_ONE, \
		OTSEG_BACNET_TOP(0), 0, OTSEG_BACNET_TOP(1), OTSEG_BACNET_TOP(2), 0, 0, 0) \
	Y(X, REMOVE_LIST_ELEMENT, 9, "remove-list-element", OTSEG_BACNET_WRITES, OTSEG_BACNET_ONE, \
		OTSEG_BACNET_TOP(0), 0, OTSEG_BACNET_TOP(1), OTSEG_BACNET_TOP(2), 0, 0, 0) \
	Y(X, CREATE_OBJECT, 10, "create-object", OTSEG_ACCESS_PROGRAM, 0, OTSEG_BACNET_IN(0, 1), 0, 0, 0, 0, 0, 0) \
	Y(X, DELETE_OBJECT, 11, "delete-object", OTSEG_ACCESS_PROGRAM, 0, OTSEG_BACNET_OID, 0, 0, 0, 0, 0, 0) \
	Y(X, READ_PROPERTY, 12, "read-property", OTSEG_ACCESS_READ, OTSEG_BACNET_ONE, OTSEG_BACNET_TOP(0), 0, \
		OTSEG_BACNET_TOP(1), OTSEG_BACNET_TOP(2), 0, 0, 0) \
	Y(X, READ_PROPERTY_CONDITIONAL, 13, "read-property-conditional", OTSEG_ACCESS_READ, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, READ_PROPERTY_MULTIPLE, 14, "read-property-multiple", OTSEG_ACCESS_READ, OTSEG_BACNET_LIST, \
		OTSEG_BACNET_TOP(0), 0, OTSEG_BACNET_IN(1, 0), OTSEG_BACNET_IN(1, 1), 0, 0, 0) \
	Y(X, WRITE_PROPERTY, 15, "write-property", OTSEG_BACNET_WRITES, OTSEG_BACNET_ONE, OTSEG_BACNET_TOP(0), \
		0, OTSEG_BACNET_TOP(1), OTSEG_BACNET_TOP(2), OTSEG_BACNET_TOP(4), 0, 0) \
	Y(X, WRITE_PROPERTY_MULTIPLE, 16, "write-property-multiple", OTSEG_BACNET_WRITES, \
		OTSEG_BACNET_LIST | OTSEG_BACNET_PARTS, OTSEG_BACNET_TOP(0), 0, OTSEG_BACNET_IN(1, 0), \
		OTSEG_BACNET_IN(1, 1), OTSEG_BACNET_IN(1, 3), 0, 0) \
	Y(X, DEVICE_COMMUNICATION_CONTROL, 17, "device-communication-control", OTSEG_ACCESS_CONTROL, 0, 0, 0, \
		0, 0, 0, OTSEG_BACNET_TOP(1), OTSEG_BACNET_FIELD_STATE) \
	Y(X, CONFIRMED_PRIVATE, 18, "confirmed-private-transfer", OTSEG_ACCESS_VENDOR, 0, 0, 0, 0, 0, 0, \
		OTSEG_BACNET_TOP(0), OTSEG_BACNET_FIELD_VENDOR) \
	Y(X, CONFIRMED_TEXT, 19, "confirmed-text-message", OTSEG_ACCESS_WRITE, 0, OTSEG_BACNET_TOP(0), 0, 0, \
		0, 0, 0, 0) \
	Y(X, REINITIALIZE_DEVICE, 20, "reinitialize-device", OTSEG_ACCESS_CONTROL, 0, 0, 0, 0, 0, 0, \
		OTSEG_BACNET_TOP(0), OTSEG_BACNET_FIELD_STATE) \
	Y(X, VT_OPEN, 21, "vt-open", OTSEG_ACCESS_PROGRAM, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, VT_CLOSE, 22, "vt-close", OTSEG_ACCESS_PROGRAM, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, VT_DATA, 23, "vt-data", OTSEG_ACCESS_PROGRAM, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, AUTHENTICATE, 24, "authenticate", OTSEG_ACCESS_PROGRAM, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, REQUEST_KEY, 25, "request-key", OTSEG_ACCESS_PROGRAM, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, READ_RANGE, 26, "read-range", OTSEG_ACCESS_READ, OTSEG_BACNET_ONE, OTSEG_BACNET_TOP(0), 0, \
		OTSEG_BACNET_TOP(1), OTSEG_BACNET_TOP(2), 0, 0, 0) \
	Y(X, LIFE_SAFETY, 27, "life-safety-operation", OTSEG_ACCESS_CONTROL, 0, OTSEG_BACNET_TOP(3), 0, 0, 0, \
		0, OTSEG_BACNET_TOP(2), OTSEG_BACNET_FIELD_STATE) \
	Y(X, SUBSCRIBE_COV_PROPERTY, 28, "subscribe-cov-property", OTSEG_BACNET_SUBSCRIBES, 0, OTSEG_BACNET_TOP(1), \
		0, OTSEG_BACNET_IN(4, 0), OTSEG_BACNET_IN(4, 1), 0, 0, 0) \
	Y(X, GET_EVENT_INFORMATION, 29, "get-event-information", OTSEG_ACCESS_READ, 0, OTSEG_BACNET_TOP(0), 0, \
		0, 0, 0, 0, 0) \
	Y(X, SUBSCRIBE_COV_MULTIPLE, 30, "subscribe-cov-property-multiple", OTSEG_BACNET_SUBSCRIBES, 0, 0, 0, \
		0, 0, 0, 0, 0) \
	Y(X, CONFIRMED_COV_MULTIPLE, 31, "confirmed-cov-notification-multiple", OTSEG_BACNET_NOTIFIES, 0, 0, 0, \
		0, 0, 0, 0, 0) \
	Y(X, CONFIRMED_AUDIT, 32, "confirmed-audit-notification", OTSEG_BACNET_NOTIFIES, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, AUDIT_LOG_QUERY, 33, "audit-log-query", OTSEG_ACCESS_DIAGNOSTIC, 0, OTSEG_BACNET_TOP(0), 0, 0, 0, \
		0, 0, 0) \
	Y(X, I_AM, 0x100, "i-am", OTSEG_BACNET_TELLS, 0, OTSEG_BACNET_OID, 0, 0, 0, 0, 0, 0) \
	Y(X, I_HAVE, 0x101, "i-have", OTSEG_BACNET_TELLS, 0, OTSEG_BACNET_OID, 0, 0, 0, 0, 0, 0) \
	Y(X, COV, 0x102, "unconfirmed-cov-notification", OTSEG_BACNET_TELLS, 0, OTSEG_BACNET_TOP(2), 0, 0, 0, 0, 0, 0) \
	Y(X, EVENT, 0x103, "unconfirmed-event-notification", OTSEG_BACNET_TELLS, 0, OTSEG_BACNET_TOP(2), 0, 0, \
		0, 0, 0, 0) \
	Y(X, PRIVATE, 0x104, "unconfirmed-private-transfer", OTSEG_ACCESS_VENDOR, 0, 0, 0, 0, 0, 0, \
		OTSEG_BACNET_TOP(0), OTSEG_BACNET_FIELD_VENDOR) \
	Y(X, TEXT, 0x105, "unconfirmed-text-message", OTSEG_ACCESS_WRITE, 0, OTSEG_BACNET_TOP(0), 0, 0, 0, 0, 0, 0) \
	Y(X, TIME_SYNCHRONIZATION, 0x106, "time-synchronization", OTSEG_ACCESS_CONTROL, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, WHO_HAS, 0x107, "who-has", OTSEG_ACCESS_READ, 0, OTSEG_BACNET_TOP(2), 0, 0, 0, 0, 0, 0) \
	Y(X, WHO_IS, 0x108, "who-is", OTSEG_ACCESS_READ, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, UTC_TIME_SYNCHRONIZATION, 0x109, "utc-time-synchronization", OTSEG_ACCESS_CONTROL, 0, 0, 0, 0, 0, \
		0, 0, 0) \
	Y(X, WRITE_GROUP, 0x10a, "write-group", OTSEG_ACCESS_WRITE, 0, 0, 0, 0, 0, OTSEG_BACNET_TOP(1), 0, 0) \
	Y(X, COV_MULTIPLE, 0x10b, "unconfirmed-cov-notification-multiple", OTSEG_BACNET_TELLS, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, AUDIT, 0x10c, "unconfirmed-audit-notification", OTSEG_BACNET_TELLS, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, WHO_AM_I, 0x10d, "who-am-i", OTSEG_ACCESS_READ, 0, 0, 0, 0, 0, 0, 0, 0) \
	Y(X, YOU_ARE, 0x10e, "you-are", OTSEG_ACCESS_PROGRAM, 0, OTSEG_BACNET_OID, 0, 0, 0, 0, 0, 0)

/*
 * Messages between routers (135, 6.4), with the least and most bytes behind their type, and the
 * size of what they repeat: Y(X, ID, code, "name", access, least, most, size). Whoever hears one that tells of
 * a network may send what is for it elsewhere, or nowhere: `control`.
 */
#define OTSEG_BACNET_ANY 0xffff
#define OTSEG_BACNET_MESSAGES(Y, X) \
	Y(X, WHO_IS_ROUTER, 0x200, "who-is-router-to-network", OTSEG_ACCESS_READ, 0, 2, 2) \
	Y(X, I_AM_ROUTER, 0x201, "i-am-router-to-network", OTSEG_ACCESS_CONTROL, 2, OTSEG_BACNET_ANY, 2) \
	Y(X, I_COULD_BE_ROUTER, 0x202, "i-could-be-router-to-network", OTSEG_ACCESS_CONTROL, 3, 3, 1) \
	Y(X, REJECT_MESSAGE, 0x203, "reject-message-to-network", OTSEG_ACCESS_CONTROL, 3, 3, 1) \
	Y(X, ROUTER_BUSY, 0x204, "router-busy-to-network", OTSEG_ACCESS_CONTROL, 0, OTSEG_BACNET_ANY, 2) \
	Y(X, ROUTER_AVAILABLE, 0x205, "router-available-to-network", OTSEG_ACCESS_CONTROL, 0, OTSEG_BACNET_ANY, 2) \
	Y(X, INITIALIZE_ROUTING, 0x206, "initialize-routing-table", OTSEG_ACCESS_PROGRAM, 1, OTSEG_BACNET_ANY, 1) \
	Y(X, INITIALIZE_ROUTING_ACK, 0x207, "initialize-routing-table-ack", OTSEG_ACCESS_PROGRAM, 1, \
		OTSEG_BACNET_ANY, 1) \
	Y(X, ESTABLISH_CONNECTION, 0x208, "establish-connection-to-network", OTSEG_ACCESS_CONTROL, 3, 3, 1) \
	Y(X, DISCONNECT_CONNECTION, 0x209, "disconnect-connection-to-network", OTSEG_ACCESS_CONTROL, 2, 2, 2) \
	Y(X, CHALLENGE, 0x20a, "challenge-request", OTSEG_ACCESS_PROGRAM, 1, OTSEG_BACNET_ANY, 1) \
	Y(X, SECURITY_PAYLOAD, 0x20b, "security-payload", OTSEG_ACCESS_PROGRAM, 1, OTSEG_BACNET_ANY, 1) \
	Y(X, SECURITY_RESPONSE, 0x20c, "security-response", OTSEG_ACCESS_PROGRAM, 1, OTSEG_BACNET_ANY, 1) \
	Y(X, REQUEST_KEY_UPDATE, 0x20d, "request-key-update", OTSEG_ACCESS_PROGRAM, 1, OTSEG_BACNET_ANY, 1) \
	Y(X, UPDATE_KEY_SET, 0x20e, "update-key-set", OTSEG_ACCESS_PROGRAM, 1, OTSEG_BACNET_ANY, 1) \
	Y(X, UPDATE_DISTRIBUTION_KEY, 0x20f, "update-distribution-key", OTSEG_ACCESS_PROGRAM, 1, OTSEG_BACNET_ANY, 1) \
	Y(X, REQUEST_MASTER_KEY, 0x210, "request-master-key", OTSEG_ACCESS_PROGRAM, 1, OTSEG_BACNET_ANY, 1) \
	Y(X, SET_MASTER_KEY, 0x211, "set-master-key", OTSEG_ACCESS_PROGRAM, 1, OTSEG_BACNET_ANY, 1) \
	Y(X, WHAT_IS_NETWORK, 0x212, "what-is-network-number", OTSEG_ACCESS_READ, 0, 0, 1) \
	Y(X, NETWORK_IS, 0x213, "network-number-is", OTSEG_ACCESS_CONTROL, 3, 3, 1)

/*
 * Functions of the layer below that carry no NPDU (135, J.2), with the least and most bytes of the whole
 * datagram and the size of what they repeat; the tables are those of who gets broadcasts. The last three are
 * what keeps a segmented transfer or ends it.
 */
#define OTSEG_BACNET_FUNCTIONS_BVLC(Y, X) \
	Y(X, BVLC_RESULT, 0x300, "bvlc-result", OTSEG_ACCESS_SESSION, 6, 6, 1) \
	Y(X, WRITE_BDT, 0x301, "write-broadcast-distribution-table", OTSEG_ACCESS_PROGRAM, 4, OTSEG_BACNET_ANY, 10) \
	Y(X, READ_BDT, 0x302, "read-broadcast-distribution-table", OTSEG_ACCESS_DIAGNOSTIC, 4, 4, 1) \
	Y(X, READ_BDT_ACK, 0x303, "read-broadcast-distribution-table-ack", OTSEG_ACCESS_DIAGNOSTIC, 4, \
		OTSEG_BACNET_ANY, 10) \
	Y(X, REGISTER_FOREIGN, 0x305, "register-foreign-device", OTSEG_ACCESS_CONTROL, 6, 6, 1) \
	Y(X, READ_FDT, 0x306, "read-foreign-device-table", OTSEG_ACCESS_DIAGNOSTIC, 4, 4, 1) \
	Y(X, READ_FDT_ACK, 0x307, "read-foreign-device-table-ack", OTSEG_ACCESS_DIAGNOSTIC, 4, OTSEG_BACNET_ANY, 10) \
	Y(X, DELETE_FDT, 0x308, "delete-foreign-device-table-entry", OTSEG_ACCESS_PROGRAM, 10, 10, 1) \
	Y(X, SECURE_BVLL, 0x30c, "secure-bvll", OTSEG_ACCESS_VENDOR, 6, OTSEG_BACNET_ANY, 1)
#define OTSEG_BACNET_TRANSFER(X) \
	X(SEGMENT_ACK, 0x404, "segment-ack", OTSEG_BACNET_TRANSFERS, 0, 0) \
	X(REJECT, 0x406, "reject", OTSEG_BACNET_TRANSFERS, 0, 0) \
	X(ABORT, 0x407, "abort", OTSEG_BACNET_TRANSFERS, 0, 0)

#define OTSEG_BACNET_AS_FUNCTION(X, id, code, name, access, ...) X(id, code, name, access, 0, 0)
#define OTSEG_BACNET_FUNCTIONS(X) \
	OTSEG_BACNET_SERVICES(OTSEG_BACNET_AS_FUNCTION, X) \
	OTSEG_BACNET_MESSAGES(OTSEG_BACNET_AS_FUNCTION, X) \
	OTSEG_BACNET_FUNCTIONS_BVLC(OTSEG_BACNET_AS_FUNCTION, X) \
	OTSEG_BACNET_TRANSFER(X)

#define OTSEG_BACNET_SUBFUNCTIONS(X)

/*
 * Object types: X(ID, type, "name", highest instance, flags, "sentence"). The type of a rule is
 * BACnet's and 1, because no type is 0; types from 128 on are of vendors, and instances
 * of all of them together are one type whose numbers are whole object identifiers.
 */
#define OTSEG_BACNET_OBJECTS(X) \
	X(ANALOG_INPUT, 1, "analog-input", 0x3fffff, 0, "BACnet object type 0") \
	X(ANALOG_OUTPUT, 2, "analog-output", 0x3fffff, 0, "BACnet object type 1") \
	X(ANALOG_VALUE, 3, "analog-value", 0x3fffff, 0, "BACnet object type 2") \
	X(BINARY_INPUT, 4, "binary-input", 0x3fffff, 0, "BACnet object type 3") \
	X(BINARY_OUTPUT, 5, "binary-output", 0x3fffff, 0, "BACnet object type 4") \
	X(BINARY_VALUE, 6, "binary-value", 0x3fffff, 0, "BACnet object type 5") \
	X(CALENDAR, 7, "calendar", 0x3fffff, 0, "BACnet object type 6") \
	X(COMMAND, 8, "command", 0x3fffff, 0, "BACnet object type 7") \
	X(DEVICE, 9, "device", 0x3fffff, 0, "BACnet object type 8") \
	X(EVENT_ENROLLMENT, 10, "event-enrollment", 0x3fffff, 0, "BACnet object type 9") \
	X(FILE, 11, "file", 0x3fffff, 0, "BACnet object type 10") \
	X(GROUP, 12, "group", 0x3fffff, 0, "BACnet object type 11") \
	X(LOOP, 13, "loop", 0x3fffff, 0, "BACnet object type 12") \
	X(MULTI_STATE_INPUT, 14, "multi-state-input", 0x3fffff, 0, "BACnet object type 13") \
	X(MULTI_STATE_OUTPUT, 15, "multi-state-output", 0x3fffff, 0, "BACnet object type 14") \
	X(NOTIFICATION_CLASS, 16, "notification-class", 0x3fffff, 0, "BACnet object type 15") \
	X(PROGRAM, 17, "program", 0x3fffff, 0, "BACnet object type 16") \
	X(SCHEDULE, 18, "schedule", 0x3fffff, 0, "BACnet object type 17") \
	X(AVERAGING, 19, "averaging", 0x3fffff, 0, "BACnet object type 18") \
	X(MULTI_STATE_VALUE, 20, "multi-state-value", 0x3fffff, 0, "BACnet object type 19") \
	X(TREND_LOG, 21, "trend-log", 0x3fffff, 0, "BACnet object type 20") \
	X(LIFE_SAFETY_POINT, 22, "life-safety-point", 0x3fffff, 0, "BACnet object type 21") \
	X(LIFE_SAFETY_ZONE, 23, "life-safety-zone", 0x3fffff, 0, "BACnet object type 22") \
	X(ACCUMULATOR, 24, "accumulator", 0x3fffff, 0, "BACnet object type 23") \
	X(PULSE_CONVERTER, 25, "pulse-converter", 0x3fffff, 0, "BACnet object type 24") \
	X(EVENT_LOG, 26, "event-log", 0x3fffff, 0, "BACnet object type 25") \
	X(GLOBAL_GROUP, 27, "global-group", 0x3fffff, 0, "BACnet object type 26") \
	X(TREND_LOG_MULTIPLE, 28, "trend-log-multiple", 0x3fffff, 0, "BACnet object type 27") \
	X(LOAD_CONTROL, 29, "load-control", 0x3fffff, 0, "BACnet object type 28") \
	X(STRUCTURED_VIEW, 30, "structured-view", 0x3fffff, 0, "BACnet object type 29") \
	X(ACCESS_DOOR, 31, "access-door", 0x3fffff, 0, "BACnet object type 30") \
	X(TIMER, 32, "timer", 0x3fffff, 0, "BACnet object type 31") \
	X(ACCESS_CREDENTIAL, 33, "access-credential", 0x3fffff, 0, "BACnet object type 32") \
	X(ACCESS_POINT, 34, "access-point", 0x3fffff, 0, "BACnet object type 33") \
	X(ACCESS_RIGHTS, 35, "access-rights", 0x3fffff, 0, "BACnet object type 34") \
	X(ACCESS_USER, 36, "access-user", 0x3fffff, 0, "BACnet object type 35") \
	X(ACCESS_ZONE, 37, "access-zone", 0x3fffff, 0, "BACnet object type 36") \
	X(CREDENTIAL_DATA_INPUT, 38, "credential-data-input", 0x3fffff, 0, "BACnet object type 37") \
	X(NETWORK_SECURITY, 39, "network-security", 0x3fffff, 0, "BACnet object type 38") \
	X(BITSTRING_VALUE, 40, "bitstring-value", 0x3fffff, 0, "BACnet object type 39") \
	X(CHARACTERSTRING_VALUE, 41, "characterstring-value", 0x3fffff, 0, "BACnet object type 40") \
	X(DATE_PATTERN_VALUE, 42, "date-pattern-value", 0x3fffff, 0, "BACnet object type 41") \
	X(DATE_VALUE, 43, "date-value", 0x3fffff, 0, "BACnet object type 42") \
	X(DATETIME_PATTERN_VALUE, 44, "datetime-pattern-value", 0x3fffff, 0, "BACnet object type 43") \
	X(DATETIME_VALUE, 45, "datetime-value", 0x3fffff, 0, "BACnet object type 44") \
	X(INTEGER_VALUE, 46, "integer-value", 0x3fffff, 0, "BACnet object type 45") \
	X(LARGE_ANALOG_VALUE, 47, "large-analog-value", 0x3fffff, 0, "BACnet object type 46") \
	X(OCTETSTRING_VALUE, 48, "octetstring-value", 0x3fffff, 0, "BACnet object type 47") \
	X(POSITIVE_INTEGER_VALUE, 49, "positive-integer-value", 0x3fffff, 0, "BACnet object type 48") \
	X(TIME_PATTERN_VALUE, 50, "time-pattern-value", 0x3fffff, 0, "BACnet object type 49") \
	X(TIME_VALUE, 51, "time-value", 0x3fffff, 0, "BACnet object type 50") \
	X(NOTIFICATION_FORWARDER, 52, "notification-forwarder", 0x3fffff, 0, "BACnet object type 51") \
	X(ALERT_ENROLLMENT, 53, "alert-enrollment", 0x3fffff, 0, "BACnet object type 52") \
	X(CHANNEL, 54, "channel", 0x3fffff, 0, "BACnet object type 53") \
	X(LIGHTING_OUTPUT, 55, "lighting-output", 0x3fffff, 0, "BACnet object type 54") \
	X(BINARY_LIGHTING_OUTPUT, 56, "binary-lighting-output", 0x3fffff, 0, "BACnet object type 55") \
	X(NETWORK_PORT, 57, "network-port", 0x3fffff, 0, "BACnet object type 56") \
	X(ELEVATOR_GROUP, 58, "elevator-group", 0x3fffff, 0, "BACnet object type 57") \
	X(ESCALATOR, 59, "escalator", 0x3fffff, 0, "BACnet object type 58") \
	X(LIFT, 60, "lift", 0x3fffff, 0, "BACnet object type 59") \
	X(STAGING, 61, "staging", 0x3fffff, 0, "BACnet object type 60") \
	X(AUDIT_LOG, 62, "audit-log", 0x3fffff, 0, "BACnet object type 61") \
	X(AUDIT_REPORTER, 63, "audit-reporter", 0x3fffff, 0, "BACnet object type 62") \
	X(COLOR, 64, "color", 0x3fffff, 0, "BACnet object type 63") \
	X(COLOR_TEMPERATURE, 65, "color-temperature", 0x3fffff, 0, "BACnet object type 64") \
	X(PROPRIETARY, 255, "proprietary", 0xffffffff, 0, "of a vendor: object type * 4194304 + instance")

/* Further numbers: X(ID, field, "name", highest, "sentence"). */
#define OTSEG_BACNET_FIELDS(X) \
	X(BVLC, 0, "bvlc", 255, "function of the layer below that carries the message") \
	X(DESTINATION, 1, "destination-address", 0xffffffff, "address in the destination network, its first 4 bytes") \
	X(SOURCE_NETWORK, 2, "source-network", 0xffff, "network that a router says it comes from") \
	X(SOURCE, 3, "source-address", 0xffffffff, "address there, its first 4 bytes") \
	X(HOPS, 4, "hop-count", 255, "routers that it may still pass") \
	X(FORWARDED, 5, "forwarded-from", 0xffffffff, "IP address that a BBMD says it comes from") \
	X(PROPERTY, 6, "property", 0xffffffff, "property, if there is one for all objects") \
	X(INDEX, 7, "array-index", 0xffffffff, "element of an array, 0: its length") \
	X(PRIORITY, 8, "priority", 16, "priority of a write") \
	X(STATE, 9, "state", 255, "state that is asked for, or operation") \
	X(VENDOR, 10, "vendor", 0xffff, "vendor of a private transfer or network message") \
	X(NETWORK, 11, "network-named", 0xffff, "network that a message between routers speaks of, if it is one")

/* X(field, number, "word"); 135, 21 and Annex J */
#define OTSEG_BACNET_FIELD_WORDS(X) \
	X(0, 4, "forwarded-npdu") \
	X(0, 9, "distribute-broadcast-to-network") \
	X(0, 10, "original-unicast-npdu") \
	X(0, 11, "original-broadcast-npdu") \
	X(6, 8, "all") \
	X(6, 11, "apdu-timeout") \
	X(6, 28, "description") \
	X(6, 36, "event-state") \
	X(6, 40, "feedback-value") \
	X(6, 44, "firmware-revision") \
	X(6, 56, "local-date") \
	X(6, 57, "local-time") \
	X(6, 70, "model-name") \
	X(6, 75, "object-identifier") \
	X(6, 76, "object-list") \
	X(6, 77, "object-name") \
	X(6, 79, "object-type") \
	X(6, 80, "optional") \
	X(6, 81, "out-of-service") \
	X(6, 84, "polarity") \
	X(6, 85, "present-value") \
	X(6, 87, "priority-array") \
	X(6, 90, "program-change") \
	X(6, 92, "program-state") \
	X(6, 98, "protocol-version") \
	X(6, 103, "reliability") \
	X(6, 104, "relinquish-default") \
	X(6, 105, "required") \
	X(6, 108, "setpoint") \
	X(6, 111, "status-flags") \
	X(6, 112, "system-status") \
	X(6, 117, "units") \
	X(6, 120, "vendor-identifier") \
	X(6, 121, "vendor-name") \
	X(6, 123, "weekly-schedule")

#define OTSEG_BACNET_TEXTS(X)

/* Error codes; reasons of a reject are 208 and more, those of an abort 224 and more: X(ID, code, "name"). 135, 18. */
#define OTSEG_BACNET_EXCEPTIONS(X) \
	X(E0, 0, "other") \
	X(E1, 1, "authentication-failed") \
	X(E2, 2, "configuration-in-progress") \
	X(E3, 3, "device-busy") \
	X(E4, 4, "dynamic-creation-not-supported") \
	X(E5, 5, "file-access-denied") \
	X(E6, 6, "incompatible-security-levels") \
	X(E7, 7, "inconsistent-parameters") \
	X(E8, 8, "inconsistent-selection-criterion") \
	X(E9, 9, "invalid-data-type") \
	X(E10, 10, "invalid-file-access-method") \
	X(E11, 11, "invalid-file-start-position") \
	X(E12, 12, "invalid-operator-name") \
	X(E13, 13, "invalid-parameter-data-type") \
	X(E14, 14, "invalid-time-stamp") \
	X(E15, 15, "key-generation-error") \
	X(E16, 16, "missing-required-parameter") \
	X(E17, 17, "no-objects-of-specified-type") \
	X(E18, 18, "no-space-for-object") \
	X(E19, 19, "no-space-to-add-list-element") \
	X(E20, 20, "no-space-to-write-property") \
	X(E21, 21, "no-vt-sessions-available") \
	X(E22, 22, "property-is-not-a-list") \
	X(E23, 23, "object-deletion-not-permitted") \
	X(E24, 24, "object-identifier-already-exists") \
	X(E25, 25, "operational-problem") \
	X(E26, 26, "password-failure") \
	X(E27, 27, "read-access-denied") \
	X(E28, 28, "security-not-supported") \
	X(E29, 29, "service-request-denied") \
	X(E30, 30, "timeout") \
	X(E31, 31, "unknown-object") \
	X(E32, 32, "unknown-property") \
	X(E34, 34, "unknown-vt-class") \
	X(E35, 35, "unknown-vt-session") \
	X(E36, 36, "unsupported-object-type") \
	X(E37, 37, "value-out-of-range") \
	X(E38, 38, "vt-session-already-closed") \
	X(E39, 39, "vt-session-termination-failure") \
	X(E40, 40, "write-access-denied") \
	X(E41, 41, "character-set-not-supported") \
	X(E42, 42, "invalid-array-index") \
	X(E43, 43, "cov-subscription-failed") \
	X(E44, 44, "not-cov-property") \
	X(E45, 45, "optional-functionality-not-supported") \
	X(E46, 46, "invalid-configuration-data") \
	X(E47, 47, "datatype-not-supported") \
	X(E48, 48, "duplicate-name") \
	X(E49, 49, "duplicate-object-id") \
	X(E50, 50, "property-is-not-an-array") \
	X(E70, 70, "unknown-device") \
	X(E71, 71, "unknown-route") \
	X(E72, 72, "value-not-initialized") \
	X(E73, 73, "invalid-event-state") \
	X(E74, 74, "no-alarm-configured") \
	X(E75, 75, "log-buffer-full") \
	X(E76, 76, "logged-value-purged") \
	X(E77, 77, "no-property-specified") \
	X(E78, 78, "not-configured-for-triggered-logging") \
	X(E79, 79, "unknown-subscription") \
	X(E80, 80, "parameter-out-of-range") \
	X(E81, 81, "list-element-not-found") \
	X(E82, 82, "busy") \
	X(E83, 83, "communication-disabled") \
	X(E84, 84, "success") \
	X(E85, 85, "access-denied") \
	X(E138, 138, "invalid-value-in-this-state") \
	X(E208, 208, "reject-other") \
	X(E209, 209, "reject-buffer-overflow") \
	X(E210, 210, "reject-inconsistent-parameters") \
	X(E211, 211, "reject-invalid-parameter-data-type") \
	X(E212, 212, "reject-invalid-tag") \
	X(E213, 213, "reject-missing-required-parameter") \
	X(E214, 214, "reject-parameter-out-of-range") \
	X(E215, 215, "reject-too-many-arguments") \
	X(E216, 216, "reject-undefined-enumeration") \
	X(E217, 217, "reject-unrecognized-service") \
	X(E224, 224, "abort-other") \
	X(E225, 225, "abort-buffer-overflow") \
	X(E226, 226, "abort-invalid-apdu-in-this-state") \
	X(E227, 227, "abort-preempted-by-higher-priority-task") \
	X(E228, 228, "abort-segmentation-not-supported") \
	X(E229, 229, "abort-security-error") \
	X(E230, 230, "abort-insufficient-security") \
	X(E231, 231, "abort-window-size-out-of-range") \
	X(E232, 232, "abort-application-exceeded-reply-time") \
	X(E233, 233, "abort-out-of-resources") \
	X(E234, 234, "abort-tsm-timeout") \
	X(E235, 235, "abort-apdu-too-long")
/* clang-format on */

enum otseg_bacnet_function {
#define X(id, code, name, access, object, flags) OTSEG_BACNET_FC_##id = (code),
	OTSEG_BACNET_FUNCTIONS(X)
#undef X
};

enum otseg_bacnet_object {
#define X(id, number, name, max, flags, sentence) OTSEG_BACNET_OBJ_##id = (number),
	OTSEG_BACNET_OBJECTS(X)
#undef X
};

enum otseg_bacnet_field {
#define X(id, number, name, max, sentence) OTSEG_BACNET_FIELD_##id = (number),
	OTSEG_BACNET_FIELDS(X)
#undef X
};

#define OTSEG_BACNET_SHAPE                                                                         \
	.unit = "network", .unit_max = 0xffff, .code_max = 0x4ff, .any_type = "object-type-",      \
	.any_type_max = 128, .any_max = 0x3fffff,                                                  \
	.broadcasts = { { OTSEG_BROADCAST_SOMETIMES, { 0, OTSEG_NONE32 } } }
#define OTSEG_BACNET_PARSE otseg_bacnet_parse

#define OTSEG_BACNET_IP 0x81 /* type of the layer below; BACnet/IPv6 has 0x82 */
#define OTSEG_BACNET_HEADER 4 /* its type, function, length */
#define OTSEG_BACNET_FORWARDED 4
#define OTSEG_BACNET_DISTRIBUTE 9
#define OTSEG_BACNET_UNICAST 10
#define OTSEG_BACNET_BROADCAST 11
#define OTSEG_BACNET_MAX 1497 /* an NPDU of 1,497 bytes less 10, and what is below: 135, table 6-1 */

/* NPDU control, 135, 6.2.2 */
#define OTSEG_BACNET_IS_NETWORK 0x80
#define OTSEG_BACNET_HAS_DESTINATION 0x20
#define OTSEG_BACNET_HAS_SOURCE 0x08
#define OTSEG_BACNET_RESERVED 0x50
#define OTSEG_BACNET_EVERY_NETWORK 0xffff
#define OTSEG_BACNET_ADDRESS_MAX 7

/* The types of an APDU, 135, 20.1 */
enum otseg_bacnet_apdu {
	OTSEG_BACNET_CONFIRMED_REQUEST,
	OTSEG_BACNET_UNCONFIRMED_REQUEST,
	OTSEG_BACNET_SIMPLE_ACK,
	OTSEG_BACNET_COMPLEX_ACK,
	OTSEG_BACNET_SEGMENT_ACK,
	OTSEG_BACNET_ERROR,
	OTSEG_BACNET_REJECT,
	OTSEG_BACNET_ABORT,
};

#define OTSEG_BACNET_SEGMENTED 8
#define OTSEG_BACNET_MORE_FOLLOWS 4

#define OTSEG_BACNET_TAGS 160 /* of one request */

/**
 * struct otseg_bacnet_service - where the parameters of a service stand
 * @access: OTSEG_ACCESS_*
 * @flags: OTSEG_BACNET_*
 * @object: key of an object identifier
 * @object_2: of another one
 * @property: of a property
 * @index: of an array index
 * @priority: of a priority
 * @number: of a further number
 */
struct otseg_bacnet_service {
	u8 access;
	u8 flags;
	u8 object;
	u8 object_2;
	u8 property;
	u8 index;
	u8 priority;
	u8 number;
};

/* By number of a confirmed service, and from the middle on of an unconfirmed one. */
#define OTSEG_BACNET_HALF 64

static const struct otseg_bacnet_service otseg_bacnet_services[2 * OTSEG_BACNET_HALF] = {
/* clang-format off */
#define OTSEG_BACNET_PLACE(code) ((code) / OTSEG_BACNET_UNCONFIRMED * OTSEG_BACNET_HALF + ((code) & 0xff))
#define OTSEG_BACNET_AS_SERVICE(X, id, code, name, access, flags, object, object_2, property, \
				index, priority, number, field) \
	[OTSEG_BACNET_PLACE(code)] = { (access), (flags) | OTSEG_BACNET_KNOWN, (object), (object_2), \
				       (property), (index), (priority), (number) },
	OTSEG_BACNET_SERVICES(OTSEG_BACNET_AS_SERVICE, )
};

/* Field of its further number: the state but for private transfers. */
#define OTSEG_BACNET_AS_FIELD(X, id, code, name, access, flags, object, object_2, property, index, \
			      priority, number, field) \
	_Static_assert(!(number) || (field) == (((code) & 0xff) == 18 || (code) == 0x104 ? \
						OTSEG_BACNET_FIELD_VENDOR : \
						OTSEG_BACNET_FIELD_STATE), "field");
OTSEG_BACNET_SERVICES(OTSEG_BACNET_AS_FIELD, )
/* clang-format on */

struct otseg_bacnet_size {
	u8 access;
	u8 step;
	u16 least;
	u16 most;
};

#define OTSEG_BACNET_SIZES 32

/* Messages between routers by type. */
static const struct otseg_bacnet_size otseg_bacnet_messages[OTSEG_BACNET_SIZES] = {
#define OTSEG_BACNET_AS_SIZE(X, id, code, name, access, least, most, step) \
	[0xff & (code)] = { (access), (step), (least), (most) },
	OTSEG_BACNET_MESSAGES(OTSEG_BACNET_AS_SIZE, )
};

/* Functions of the layer below. */
static const struct otseg_bacnet_size otseg_bacnet_bvlc[OTSEG_BACNET_SIZES] = {
	OTSEG_BACNET_FUNCTIONS_BVLC(OTSEG_BACNET_AS_SIZE, )
};

/* What bacnet_tag() says of a tag. */
#define OTSEG_BACNET_TAG_SIZE 0xffff /* bytes of the tag and, of a primitive one, its contents */
#define OTSEG_BACNET_TAG_HEAD 16 /* bytes of the tag, 3 bits */
#define OTSEG_BACNET_TAG_OPENS 0x80000
#define OTSEG_BACNET_TAG_CLOSES 0x100000
#define OTSEG_BACNET_TAG_CONTEXT 0x200000
#define OTSEG_BACNET_TAG_WRONG 0x400000
#define OTSEG_BACNET_TAG_NUMBER 24

/*
 * The tag at @off (135, 20.2.1): 0 if it is not at hand. Numbers of 15 and more and lengths of 5
 * and more stand in bytes of their own; where they need not, it is refused, because who
 * reads it otherwise would read something else.
 */
OTSEG_GLOBAL u32 bacnet_tag(struct otseg_pdu *pdu, u32 off, u32 have)
{
	u32 number;
	u32 first;
	u32 flags;
	u32 head;
	u32 len;

	if (!pdu || off >= have)
		return 0;
	first = pdu_u8(pdu->bytes, off);
	number = first >> 4;
	flags = first & 8 ? OTSEG_BACNET_TAG_CONTEXT : 0;
	head = 1;
	if (number == 15) {
		if (off + 1 >= have)
			return 0;
		number = pdu_u8(pdu->bytes, off + 1);
		if (number < 15 || number == 255 || !flags)
			return OTSEG_BACNET_TAG_WRONG | 1;
		head = 2;
	}
	len = first & 7;
	if (len > 5) {
		if (!flags)
			return OTSEG_BACNET_TAG_WRONG | 1;
		return (len == 6 ? OTSEG_BACNET_TAG_OPENS : OTSEG_BACNET_TAG_CLOSES) | flags |
		       number << OTSEG_BACNET_TAG_NUMBER | head << OTSEG_BACNET_TAG_HEAD | head;
	}
	if (len == 5) {
		if (off + head >= have)
			return 0;
		len = pdu_u8(pdu->bytes, off + head);
		head++;
		/* no datagram holds one whose length needs four bytes */
		if (len < 5 || len == 255)
			return OTSEG_BACNET_TAG_WRONG | 1;
		if (len == 254) {
			if (off + head + 1 >= have)
				return 0;
			len = pdu_be16(pdu->bytes, off + head);
			head += 2;
			if (len < 254 || len > OTSEG_BACNET_MAX)
				return OTSEG_BACNET_TAG_WRONG | 1;
		}
	}
	/* of an application boolean it is the value; there are 13 application types */
	if (!flags && number > 12)
		return OTSEG_BACNET_TAG_WRONG | 1;
	if (!flags && number == 1)
		len = 0;
	return flags | number << OTSEG_BACNET_TAG_NUMBER | head << OTSEG_BACNET_TAG_HEAD | (head + len);
}

/* What a walk has found so far. */
#define OTSEG_BACNET_SEEN 0xff /* properties */
#define OTSEG_BACNET_HAS_PROPERTY 0x100
#define OTSEG_BACNET_HAS_INDEX 0x200
#define OTSEG_BACNET_HAS_PRIORITY 0x400
#define OTSEG_BACNET_HAS_NUMBER 0x800
#define OTSEG_BACNET_DIFFERS 0x1000 /* properties are not all the same */
#define OTSEG_BACNET_BAD 0x8000 /* it is not acceptable */

/* Object types whose properties are configuration or a program: device, file, program, network port. */
OTSEG_INLINE u32 bacnet_is_setting(u32 type)
{
	return type == OTSEG_BACNET_OBJ_DEVICE || type == OTSEG_BACNET_OBJ_FILE ||
	       type == OTSEG_BACNET_OBJ_PROGRAM || type == OTSEG_BACNET_OBJ_NETWORK_PORT ||
	       type == OTSEG_BACNET_OBJ_NETWORK_SECURITY;
}

/* An object identifier: type of 10 bits, instance of 22 (135, 20.2.14). */
OTSEG_INLINE void bacnet_object(struct otseg_msg *msg, u32 id, u32 is_write)
{
	u32 type = (id >> 22) + 1;
	u32 number = id & 0x3fffff;

	if (type > 128) {
		type = OTSEG_BACNET_OBJ_PROPRIETARY;
		number = id;
	}
	if (is_write && bacnet_is_setting(type))
		msg->access |= OTSEG_ACCESS_PROGRAM;
	msg_object(msg, type, msg->access, number, number, 0);
}

/*
 * A primitive value of @key, in @size bytes at @off. @how: service in bits 0-6, key in bits 8-15, size in
 * bits 16-31. @found: what was found before. Return: what is found with it.
 */
OTSEG_GLOBAL u32 bacnet_value(struct otseg_pdu *pdu, u32 off, u32 how, u32 found,
			      struct otseg_msg *msg)
{
	const struct otseg_bacnet_service *service;
	u32 key = (how >> 8) & 0xff;
	u32 size = how >> 16;
	u32 is_mine;
	u32 value;
	u32 seen;

	if (!pdu || !msg || !key)
		return found;
	service = &otseg_bacnet_services[how & (2 * OTSEG_BACNET_HALF - 1)];
	if (key != service->object && key != service->object_2 && key != service->property &&
	    key != service->index && key != service->priority && key != service->number)
		return found;
	/* numbers are as short as they can be, but some devices write them longer */
	if (!size || size > 4)
		return found | OTSEG_BACNET_BAD;
	value = pdu_u8(pdu->bytes, off);
	if (size > 1)
		value = value << 8 | pdu_u8(pdu->bytes, off + 1);
	if (size > 2)
		value = value << 8 | pdu_u8(pdu->bytes, off + 2);
	if (size > 3)
		value = value << 8 | pdu_u8(pdu->bytes, off + 3);
	seen = found & OTSEG_BACNET_SEEN;
	/* of messages that are parts, whether it belongs to the one that is asked for */
	is_mine = !(service->flags & OTSEG_BACNET_PARTS) || seen == msg->part + 1;
	if (key == service->object || key == service->object_2) {
		if (size != 4)
			return found | OTSEG_BACNET_BAD;
		if (service->flags & OTSEG_BACNET_PARTS) {
			if (seen > msg->part)
				return found;
			msg->n_objects = 0;
		}
		bacnet_object(msg, value, service->access == OTSEG_BACNET_WRITES);
		return found;
	}
	if (key == service->property) {
		if (seen == OTSEG_BACNET_SEEN)
			return found | OTSEG_BACNET_BAD;
		if (service->flags & OTSEG_BACNET_PARTS) {
			if (seen == msg->part + 1)
				msg->flags |= OTSEG_MSG_MORE;
			if (seen != msg->part)
				return found + 1;
		} else if (seen && msg->fields[OTSEG_BACNET_FIELD_PROPERTY] != value) {
			found |= OTSEG_BACNET_DIFFERS;
		}
		msg->fields[OTSEG_BACNET_FIELD_PROPERTY] = value;
		return (found | OTSEG_BACNET_HAS_PROPERTY) + 1;
	}
	if (!is_mine)
		return found;
	if (key == service->index) {
		msg->fields[OTSEG_BACNET_FIELD_INDEX] = value;
		return found | OTSEG_BACNET_HAS_INDEX;
	}
	if (key == service->priority) {
		if (value - 1 > 15)
			return found | OTSEG_BACNET_BAD;
		msg->fields[OTSEG_BACNET_FIELD_PRIORITY] = value;
		return found | OTSEG_BACNET_HAS_PRIORITY;
	}
	if (service->access & OTSEG_ACCESS_VENDOR) {
		if (value > 0xffff)
			return found | OTSEG_BACNET_BAD;
		msg->fields[OTSEG_BACNET_FIELD_VENDOR] = value;
	} else {
		if (value > 0xff)
			return found | OTSEG_BACNET_BAD;
		msg->fields[OTSEG_BACNET_FIELD_STATE] = value;
	}
	return found | OTSEG_BACNET_HAS_NUMBER;
}

/*
 * A tag in its place. @place: depth in bits 0-3, innermost container in bits 4-11, next least
 * number outside of all in bits 12-19, inside of one in bits 20-27, bit 28: the list of an
 * object's properties is due. Return: the place behind it, ~0: it may not stand there.
 */
OTSEG_GLOBAL u32 bacnet_place(u32 place, u32 tag, u32 flags)
{
	u32 depth = place & 15;
	u32 number = tag >> OTSEG_BACNET_TAG_NUMBER;
	u32 is_list = flags & OTSEG_BACNET_LIST;
	u32 top = (place >> 12) & 0xff;
	u32 inner = (place >> 20) & 0xff;
	u32 due = place >> 28 & 1;

	if (tag & OTSEG_BACNET_TAG_CLOSES) {
		if (!depth)
			return ~0u;
		depth--;
		if (!depth)
			inner = 0;
		return (place & 0xff0) | depth | top << 12 | inner << 20 | due << 28;
	}
	if (!depth && is_list) {
		/* by turns an object and its properties */
		if (!(tag & OTSEG_BACNET_TAG_CONTEXT) || number != due ||
		    !(tag & OTSEG_BACNET_TAG_OPENS) != !due)
			return ~0u;
		due ^= 1;
	} else if (!depth && tag & OTSEG_BACNET_TAG_CONTEXT) {
		/* numbers ascend: none comes twice */
		if (number < top)
			return ~0u;
		top = number + 1;
	} else if (depth == 1 && is_list && tag & OTSEG_BACNET_TAG_CONTEXT) {
		/* the same, until the next property begins */
		if (number && number < inner)
			return ~0u;
		inner = number + 1;
	} else if (depth == 1 && is_list) {
		return ~0u;
	}
	if (tag & OTSEG_BACNET_TAG_OPENS) {
		if (depth == 15)
			return ~0u;
		depth++;
		if (depth == 1)
			place = (place & ~0xff0u) | number << 4;
	}
	return (place & 0xff0) | depth | (top & 0xff) << 12 | (inner & 0xff) << 20 | due << 28;
}

/* Key of a tag at @place, and the size of its contents << 16; 0: it has none. */
OTSEG_GLOBAL u32 bacnet_key(u32 place, u32 tag)
{
	u32 number = tag >> OTSEG_BACNET_TAG_NUMBER;
	u32 size = (tag & OTSEG_BACNET_TAG_SIZE) - ((tag >> OTSEG_BACNET_TAG_HEAD) & 7);
	u32 depth = place & 15;

	if (tag & (OTSEG_BACNET_TAG_OPENS | OTSEG_BACNET_TAG_CLOSES) || number > 14)
		return 0;
	size <<= 16;
	if (!(tag & OTSEG_BACNET_TAG_CONTEXT))
		return depth ? 0 : size | OTSEG_BACNET_APPLICATION(number);
	if (!depth)
		return size | OTSEG_BACNET_TOP(number);
	/* 10 and more are the keys of others */
	if (depth > 1 || ((place >> 4) & 0xff) > 9)
		return 0;
	return size | OTSEG_BACNET_IN((place >> 4) & 15, number);
}

/*
 * The numbers of the tags that are open, innermost lowest, behind @tag; ~0: it does not
 * match, ~1: they are too many.
 */
OTSEG_GLOBAL u64 bacnet_open(u64 stack, u32 tag)
{
	u32 number = tag >> OTSEG_BACNET_TAG_NUMBER;

	if (tag & OTSEG_BACNET_TAG_OPENS)
		return stack >> 56 ? ~1ull : stack << 8 | number;
	if (tag & OTSEG_BACNET_TAG_CLOSES)
		return (stack & 0xff) == number ? stack >> 8 : ~0ull;
	return stack;
}

/*
 * Walk over the parameters at @off, to the end of the message. @service: its place in the
 * table.
 */
OTSEG_GLOBAL u32 bacnet_walk(struct otseg_pdu *pdu, u32 off, u32 have, u32 service,
			     struct otseg_msg *msg)
{
	u32 place = 0;
	u32 found = 0;
	u64 stack = 0;
	u32 flags;
	u32 end;
	u32 i;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	end = msg->length;
	flags = otseg_bacnet_services[service & (2 * OTSEG_BACNET_HALF - 1)].flags;
	for (i = 0; i < OTSEG_BACNET_TAGS; i++) {
		u32 tag;
		u32 how;

		if (off >= end)
			break;
		tag = bacnet_tag(pdu, off, have);
		if (tag & OTSEG_BACNET_TAG_WRONG)
			return OTSEG_R_PDU_MALFORMED;
		if (!tag || off + (tag & OTSEG_BACNET_TAG_SIZE) > have) {
			if (tag && off + (tag & OTSEG_BACNET_TAG_SIZE) > end)
				return OTSEG_R_PDU_LENGTH;
			if (msg->flags & OTSEG_MSG_PARTIAL)
				return OTSEG_R_NONE;
			/* the message ends within a tag, or behind the bytes that are looked at */
			if (end <= OTSEG_PDU_MAX)
				return OTSEG_R_PDU_LENGTH;
			if (flags & OTSEG_BACNET_PARTS)
				return OTSEG_R_PDU_NESTING;
			/* of one property, object and property come before a value that is so long */
			if (!(flags & OTSEG_BACNET_ONE))
				msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
			else if (found & OTSEG_BACNET_HAS_PROPERTY && msg->n_objects)
				msg->field_mask |= 1 << OTSEG_BACNET_FIELD_PROPERTY;
			else
				return OTSEG_R_PDU_MALFORMED;
			msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
			return OTSEG_R_NONE;
		}
		how = bacnet_key(place, tag);
		found = bacnet_value(pdu, off + ((tag >> OTSEG_BACNET_TAG_HEAD) & 7),
				     (how & 0xffff0000) | (how & 0xff) << 8 | service, found, msg);
		stack = bacnet_open(stack, tag);
		place = bacnet_place(place, tag, flags);
		if (stack == ~1ull)
			return OTSEG_R_PDU_NESTING;
		if (stack == ~0ull || place == ~0u || found & OTSEG_BACNET_BAD)
			return OTSEG_R_PDU_MALFORMED;
		off += tag & OTSEG_BACNET_TAG_SIZE;
	}
	if (off < end)
		return OTSEG_R_PDU_NESTING;
	/* a tag is left open, an object has no properties, or there is nothing */
	if (off != end || place & 15 || place >> 28 & 1)
		return OTSEG_R_PDU_MALFORMED;
	if (flags & OTSEG_BACNET_LIST && !(found & OTSEG_BACNET_SEEN))
		return OTSEG_R_PDU_MALFORMED;
	if (flags & OTSEG_BACNET_ONE && (!(found & OTSEG_BACNET_HAS_PROPERTY) || !msg->n_objects))
		return OTSEG_R_PDU_MALFORMED;
	if (found & OTSEG_BACNET_HAS_PROPERTY && !(found & OTSEG_BACNET_DIFFERS))
		msg->field_mask |= 1 << OTSEG_BACNET_FIELD_PROPERTY;
	if (found & OTSEG_BACNET_HAS_INDEX &&
	    ((found & OTSEG_BACNET_SEEN) == 1 || flags & OTSEG_BACNET_PARTS))
		msg->field_mask |= 1 << OTSEG_BACNET_FIELD_INDEX;
	if (found & OTSEG_BACNET_HAS_PRIORITY)
		msg->field_mask |= 1 << OTSEG_BACNET_FIELD_PRIORITY;
	if (found & OTSEG_BACNET_HAS_NUMBER)
		msg->field_mask |= msg->access & OTSEG_ACCESS_VENDOR ?
					   1 << OTSEG_BACNET_FIELD_VENDOR :
					   1 << OTSEG_BACNET_FIELD_STATE;
	return OTSEG_R_NONE;
}

/*
 * Whether the side that asks speaks for another one, behind it or whose message it forwards (135, J.2.5
 * and J.4.5): the address is its word.
 */
OTSEG_INLINE u32 bacnet_is_for_another(const struct otseg_msg *msg)
{
	return msg->dir == OTSEG_DIR_REQUEST &&
	       msg->field_mask & (1u << OTSEG_BACNET_FIELD_SOURCE_NETWORK |
				  1u << OTSEG_BACNET_FIELD_FORWARDED);
}

/* A service that is asked for; its parameters are at @off. @code: function, direction in bit 16. */
OTSEG_GLOBAL u32 bacnet_service(struct otseg_pdu *pdu, u32 off, u32 have, u32 code,
				struct otseg_msg *msg)
{
	u32 place = code & OTSEG_BACNET_UNCONFIRMED ? OTSEG_BACNET_HALF : 0;
	u32 dir = code >> 16;
	u32 access;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	code &= 0xffff;
	if ((code & 0xff) < OTSEG_BACNET_HALF)
		place += code & 0xff;
	access = otseg_bacnet_services[place & (2 * OTSEG_BACNET_HALF - 1)].access;
	if ((code & 0xff) >= OTSEG_BACNET_HALF || !access) {
		msg_function(msg, code, 0, OTSEG_ACCESS_VENDOR);
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
		return OTSEG_R_NONE;
	}
	/* who tells: a device what it was asked to, or somebody a device */
	if ((access & OTSEG_BACNET_TELLS) == OTSEG_BACNET_TELLS)
		access = dir == OTSEG_DIR_REQUEST ? OTSEG_ACCESS_WRITE : OTSEG_ACCESS_READ;
	if (access == OTSEG_BACNET_WRITES)
		access = OTSEG_ACCESS_WRITE;
	if (access == OTSEG_BACNET_SUBSCRIBES && !bacnet_is_for_another(msg))
		access = OTSEG_ACCESS_READ;
	msg_function(msg, code, 0, access);
	if (access & ~(u32)(OTSEG_ACCESS_READ | OTSEG_ACCESS_DIAGNOSTIC))
		msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	if ((code == OTSEG_BACNET_FC_TIME_SYNCHRONIZATION ||
	     code == OTSEG_BACNET_FC_UTC_TIME_SYNCHRONIZATION) &&
	    msg->length != off + 10)
		return OTSEG_R_PDU_LENGTH;
	return bacnet_walk(pdu, off, have, place, msg);
}

/* In @state: the invoke ids of the last two answers that came in segments, with a bit that there is one. */
#define OTSEG_BACNET_STATE_ID 0x1ff
#define OTSEG_BACNET_STATE_IDS 0x3ffff

/* Whether a service is one that a device asks of who subscribed to it. */
OTSEG_INLINE u32 bacnet_is_notification(u32 service)
{
	return service == OTSEG_BACNET_FC_CONFIRMED_COV ||
	       service == OTSEG_BACNET_FC_CONFIRMED_EVENT ||
	       service == OTSEG_BACNET_FC_CONFIRMED_COV_MULTIPLE ||
	       service == OTSEG_BACNET_FC_CONFIRMED_AUDIT;
}

/* A confirmed request (135, 20.1.2). @dir: enum otseg_msg_dir. */
OTSEG_INLINE u32 bacnet_confirmed(struct otseg_pdu *pdu, u32 off, u32 have, u32 dir,
				  struct otseg_msg *msg)
{
	u32 segmented;
	u32 sequence;
	u32 service;
	u32 first;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	first = pdu_u8(pdu->bytes, off);
	segmented = first & OTSEG_BACNET_SEGMENTED;
	msg->kind = dir == OTSEG_DIR_REQUEST && !msg->part ? OTSEG_KIND_REQUEST : OTSEG_KIND_NOTICE;
	if (first & 1 || (!segmented && first & OTSEG_BACNET_MORE_FOLLOWS))
		return OTSEG_R_PDU_MALFORMED;
	if (msg->length < off + (segmented ? 6 : 4))
		return OTSEG_R_PDU_LENGTH;
	if (have < off + (segmented ? 6 : 4))
		return OTSEG_R_NONE;
	msg->id = (u16)pdu_u8(pdu->bytes, off + 2);
	msg_number(msg, OTSEG_NUMBER_BE, off + 2, 1);
	sequence = pdu_u8(pdu->bytes, off + 3);
	service = pdu_u8(pdu->bytes, off + (segmented ? 5 : 3));
	if (dir == OTSEG_DIR_RESPONSE && !bacnet_is_notification(service))
		return OTSEG_R_PDU_DIRECTION;
	if (!segmented)
		return bacnet_service(pdu, off + 4, have, dir << 16 | service, msg);
	/* its parameters are not whole in any segment */
	if (msg->part || pdu_u8(pdu->bytes, off + 4) - 1 > 126)
		return OTSEG_R_PDU_MALFORMED;
	if (sequence)
		msg->kind = OTSEG_KIND_NOTICE;
	service &= 0xff;
	first = service < OTSEG_BACNET_HALF ?
			otseg_bacnet_services[service & (OTSEG_BACNET_HALF - 1)].access :
			0;
	msg_function(msg, service, 0, first ? first : OTSEG_ACCESS_VENDOR);
	msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES |
		      (first ? 0 : OTSEG_MSG_UNKNOWN);
	return OTSEG_R_NONE;
}

/* An answer, or what keeps or ends a transfer (135, 20.1.4 to 20.1.9). @type: of the APDU. */
OTSEG_GLOBAL u32 bacnet_answer(struct otseg_pdu *pdu, u32 off, u32 have, u32 type,
			       struct otseg_msg *msg)
{
	u32 service;
	u32 access;
	u32 first;
	u32 body;
	u32 id;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	access = bacnet_is_for_another(msg) ? OTSEG_ACCESS_CONTROL : OTSEG_ACCESS_SESSION;
	first = pdu_u8(pdu->bytes, off) & 15;
	body = msg->length - off;
	/* of the opening side it answers a notification, which is not remembered */
	msg->kind = msg->dir == OTSEG_DIR_REQUEST || type == OTSEG_BACNET_SEGMENT_ACK ?
			    OTSEG_KIND_NOTICE :
			    OTSEG_KIND_ANSWER;
	if (first && type != OTSEG_BACNET_COMPLEX_ACK && type != OTSEG_BACNET_SEGMENT_ACK &&
	    !(type == OTSEG_BACNET_ABORT && first == 1))
		return OTSEG_R_PDU_MALFORMED;
	if (first & (type == OTSEG_BACNET_COMPLEX_ACK ? 3 : 12))
		return OTSEG_R_PDU_MALFORMED;
	if (type == OTSEG_BACNET_COMPLEX_ACK || type == OTSEG_BACNET_ERROR ?
		    body < (first & OTSEG_BACNET_SEGMENTED ? 5u : 3u) :
		    body != (type == OTSEG_BACNET_SEGMENT_ACK ? 4u : 3u))
		return OTSEG_R_PDU_LENGTH;
	if (have < off + 3)
		return OTSEG_R_NONE;
	id = pdu_u8(pdu->bytes, off + 1);
	service = pdu_u8(pdu->bytes, off + 2);
	msg->id = (u16)id;
	if (type == OTSEG_BACNET_SEGMENT_ACK) {
		msg_function(msg, OTSEG_BACNET_FC_SEGMENT_ACK, 0, access);
		return OTSEG_R_NONE;
	}
	if (type == OTSEG_BACNET_REJECT || type == OTSEG_BACNET_ABORT) {
		msg->flags |= OTSEG_MSG_EXCEPTION;
		msg->exception = (u8)((type == OTSEG_BACNET_REJECT ? 0xd0 : 0xe0) | (service & 15));
		if (msg->kind == OTSEG_KIND_NOTICE)
			msg_function(msg, OTSEG_BACNET_APDU | type, 0, access);
		return OTSEG_R_NONE;
	}
	if (type == OTSEG_BACNET_COMPLEX_ACK && first & OTSEG_BACNET_SEGMENTED) {
		u32 sequence = service;
		u32 ids = msg->state & OTSEG_BACNET_STATE_IDS;

		if (have < off + 5)
			return OTSEG_R_NONE;
		service = pdu_u8(pdu->bytes, off + 4);
		id |= 0x100;
		if (!sequence) {
			if ((ids & OTSEG_BACNET_STATE_ID) != id)
				msg->state = (msg->state & ~(u32)OTSEG_BACNET_STATE_IDS) |
					     (ids << 9 & OTSEG_BACNET_STATE_IDS) | id;
		} else if (msg->kind == OTSEG_KIND_ANSWER) {
			/* the first segment was the answer; this one belongs to it */
			if ((ids & OTSEG_BACNET_STATE_ID) != id && ids >> 9 != id &&
			    !(msg->state & OTSEG_STATE_AGAIN))
				return OTSEG_R_PDU_STATE;
			msg->kind = OTSEG_KIND_NOTICE;
			msg_function(msg, OTSEG_BACNET_FC_SEGMENT_ACK, 0, access);
			return OTSEG_R_NONE;
		}
	}
	if (msg->kind == OTSEG_KIND_NOTICE) {
		if (!bacnet_is_notification(service))
			return OTSEG_R_PDU_DIRECTION;
		msg_function(msg, service, 0, access);
	} else {
		msg_function(msg, service, 0, OTSEG_ACCESS_READ);
	}
	if (type != OTSEG_BACNET_ERROR)
		return OTSEG_R_NONE;
	/* class and code, each an enumeration of one byte, but for some services */
	msg->flags |= OTSEG_MSG_EXCEPTION;
	if (have >= off + 7 && pdu_u8(pdu->bytes, off + 3) == 0x91 &&
	    pdu_u8(pdu->bytes, off + 5) == 0x91)
		msg->exception = (u8)pdu_u8(pdu->bytes, off + 6);
	return OTSEG_R_NONE;
}

/* A message between routers (135, 6.4); its type is at @off. */
OTSEG_GLOBAL u32 bacnet_network(struct otseg_pdu *pdu, u32 off, u32 have, struct otseg_msg *msg)
{
	const struct otseg_bacnet_size *size;
	u32 type;
	u32 body;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	if (have <= off)
		return OTSEG_R_NONE;
	type = pdu_u8(pdu->bytes, off);
	size = &otseg_bacnet_messages[type & (OTSEG_BACNET_SIZES - 1)];
	body = msg->length - off - 1;
	if (type >= OTSEG_BACNET_SIZES || !size->access) {
		msg_function(msg, OTSEG_BACNET_NETWORK | type, 0, OTSEG_ACCESS_VENDOR);
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
		if (type < 0x80)
			return OTSEG_R_NONE;
		if (body < 2)
			return OTSEG_R_PDU_LENGTH;
		if (have >= off + 3)
			msg_field(msg, OTSEG_BACNET_FIELD_VENDOR, pdu_be16(pdu->bytes, off + 1));
		return OTSEG_R_NONE;
	}
	msg_function(msg, OTSEG_BACNET_NETWORK | type, 0, size->access);
	if (body < size->least || (size->most != OTSEG_BACNET_ANY && body > size->most) ||
	    (size->step == 2 && body & 1))
		return OTSEG_R_PDU_LENGTH;
	type |= OTSEG_BACNET_NETWORK;
	if (have < off + 3)
		return OTSEG_R_NONE;
	if (type == OTSEG_BACNET_FC_REJECT_MESSAGE) {
		/* reason, network */
		if (have >= off + 4)
			msg_field(msg, OTSEG_BACNET_FIELD_NETWORK, pdu_be16(pdu->bytes, off + 2));
	} else if (type < OTSEG_BACNET_FC_INITIALIZE_ROUTING ? body <= 3 : size->most <= 3) {
		msg_field(msg, OTSEG_BACNET_FIELD_NETWORK, pdu_be16(pdu->bytes, off + 1));
	}
	return OTSEG_R_NONE;
}

/* The first four of @size bytes at @off, as a number. */
OTSEG_GLOBAL u32 bacnet_address(struct otseg_pdu *pdu, u32 off, u32 size)
{
	u32 number;

	if (!pdu)
		return 0;
	number = pdu_u8(pdu->bytes, off);
	if (size > 1)
		number = number << 8 | pdu_u8(pdu->bytes, off + 1);
	if (size > 2)
		number = number << 8 | pdu_u8(pdu->bytes, off + 2);
	if (size > 3)
		number = number << 8 | pdu_u8(pdu->bytes, off + 3);
	return number;
}

/*
 * Network, length and address at @off of an NPDU header (135, 6.2.2), which ends with the message at the
 * latest. @is_source: 1. Return: offset behind it; 0: it is not at hand; else a reason << 16.
 */
OTSEG_GLOBAL u32 bacnet_end(struct otseg_pdu *pdu, u32 off, u32 have, u32 is_source,
			    struct otseg_msg *msg)
{
	u32 network;
	u32 size;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL << 16;
	if (msg->length < off + 3)
		return OTSEG_R_PDU_LENGTH << 16;
	if (have < off + 3)
		return 0;
	network = pdu_be16(pdu->bytes, off);
	size = pdu_u8(pdu->bytes, off + 2);
	if (!network || size > OTSEG_BACNET_ADDRESS_MAX ||
	    (is_source && (!size || network == OTSEG_BACNET_EVERY_NETWORK)) ||
	    (size && network == OTSEG_BACNET_EVERY_NETWORK))
		return OTSEG_R_PDU_MALFORMED << 16;
	if (msg->length < off + 3 + size)
		return OTSEG_R_PDU_LENGTH << 16;
	if (have < off + 3 + size)
		return 0;
	if (is_source) {
		msg_field(msg, OTSEG_BACNET_FIELD_SOURCE_NETWORK, network);
		msg_field(msg, OTSEG_BACNET_FIELD_SOURCE, bacnet_address(pdu, off + 3, size));
	} else {
		msg->unit = network;
		if (size)
			msg_field(msg, OTSEG_BACNET_FIELD_DESTINATION,
				  bacnet_address(pdu, off + 3, size));
		else
			msg->flags |= OTSEG_MSG_BROADCAST;
	}
	return off + 3 + size;
}

/* The header at @off (135, 6.2). Return: offset behind it; 0: not at hand; else a reason << 16. */
OTSEG_GLOBAL u32 bacnet_header(struct otseg_pdu *pdu, u32 off, u32 have, u32 dir,
			       struct otseg_msg *msg)
{
	u32 unit = 0;
	u32 control;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL << 16;
	if (have <= off)
		return 0;
	if (pdu_u8(pdu->bytes, off) != 1)
		return OTSEG_R_PDU_PROTOCOL << 16;
	if (have < off + 2)
		return 0;
	control = pdu_u8(pdu->bytes, off + 1);
	if (control & OTSEG_BACNET_RESERVED)
		return OTSEG_R_PDU_MALFORMED << 16;
	off += 2;
	if (control & OTSEG_BACNET_HAS_DESTINATION) {
		off = bacnet_end(pdu, off, have, 0, msg);
		if (!off || off >> 16)
			return off;
		unit = msg->unit;
	}
	if (control & OTSEG_BACNET_HAS_SOURCE) {
		off = bacnet_end(pdu, off, have, 1, msg);
		if (!off || off >> 16)
			return off;
		/* an answer comes from where the question went */
		if (dir == OTSEG_DIR_RESPONSE && !(msg->flags & OTSEG_MSG_BROADCAST))
			unit = msg->fields[OTSEG_BACNET_FIELD_SOURCE_NETWORK];
	} else if (dir == OTSEG_DIR_RESPONSE && !(msg->flags & OTSEG_MSG_BROADCAST)) {
		unit = 0;
	}
	if (control & OTSEG_BACNET_HAS_DESTINATION) {
		if (msg->length <= off)
			return OTSEG_R_PDU_LENGTH << 16;
		if (have <= off)
			return 0;
		msg_field(msg, OTSEG_BACNET_FIELD_HOPS, pdu_u8(pdu->bytes, off));
		off++;
	}
	if (msg->length <= off)
		return OTSEG_R_PDU_LENGTH << 16;
	msg_unit(msg, unit & 0xffff);
	return off;
}

/* An NPDU at @off (135, 6.2): header, then a message between routers or an APDU. */
OTSEG_INLINE u32 bacnet_npdu(struct otseg_pdu *pdu, u32 off, u32 have, u32 dir,
			     struct otseg_msg *msg)
{
	u32 control;
	u32 type;
	u32 at;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	if (msg->length < off + 3)
		return OTSEG_R_PDU_LENGTH;
	at = bacnet_header(pdu, off, have, dir, msg);
	if (!at || at >> 16)
		return at >> 16;
	control = pdu_u8(pdu->bytes, off + 1);
	if (control & OTSEG_BACNET_IS_NETWORK)
		return bacnet_network(pdu, at, have, msg);
	if (have <= at)
		return OTSEG_R_NONE;
	type = pdu_u8(pdu->bytes, at) >> 4;
	if (type == OTSEG_BACNET_CONFIRMED_REQUEST)
		/* 135, 5.4: what is to be answered is for one device */
		return msg->flags & OTSEG_MSG_BROADCAST ?
			       OTSEG_R_PDU_MALFORMED :
			       bacnet_confirmed(pdu, at, have, dir, msg);
	if (type == OTSEG_BACNET_UNCONFIRMED_REQUEST) {
		if (pdu_u8(pdu->bytes, at) & 15)
			return OTSEG_R_PDU_MALFORMED;
		if (msg->length < at + 2)
			return OTSEG_R_PDU_LENGTH;
		if (have < at + 2)
			return OTSEG_R_NONE;
		return bacnet_service(pdu, at + 2, have,
				      (dir & 1) << 16 | OTSEG_BACNET_UNCONFIRMED |
					      pdu_u8(pdu->bytes, at + 1),
				      msg);
	}
	if (type > OTSEG_BACNET_ABORT)
		return OTSEG_R_PDU_PROTOCOL;
	return bacnet_answer(pdu, at, have, type, msg);
}

/**
 * otseg_bacnet_parse - make a message of the datagram that begins at @pdu
 * @pdu: its bytes
 * @have: their number
 * @dir: enum otseg_msg_dir
 * @msg: its @state and @part are set; filled in as far as @have shows it
 *
 * Either side may tell what nobody asked for; only the side that opened the flow asks what
 * is to be answered, but for notifications. An answer's unit is the network that it comes
 * from.
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_bacnet_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const struct otseg_bacnet_size *size;
	u32 function;
	u32 length;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	msg_begin(msg, dir, OTSEG_SVC_BACNET);
	if (have && pdu->bytes[0] != OTSEG_BACNET_IP)
		return OTSEG_R_PDU_PROTOCOL;
	if (have < 2)
		return OTSEG_R_NONE;
	function = pdu->bytes[1];
	if (function > 12)
		return OTSEG_R_PDU_PROTOCOL;
	if (have < OTSEG_BACNET_HEADER)
		return OTSEG_R_NONE;
	length = pdu_be16(pdu->bytes, 2);
	if (length < OTSEG_BACNET_HEADER || length > OTSEG_BACNET_MAX + 10)
		return OTSEG_R_PDU_LENGTH;
	have = msg_length(msg, length, have);
	msg_field(msg, OTSEG_BACNET_FIELD_BVLC, function);
	if (function == OTSEG_BACNET_DISTRIBUTE || function == OTSEG_BACNET_BROADCAST)
		msg->flags |= OTSEG_MSG_BROADCAST;
	if (function == OTSEG_BACNET_FORWARDED) {
		/* who sent it to the BBMD: address and port */
		if (length < OTSEG_BACNET_HEADER + 6)
			return OTSEG_R_PDU_LENGTH;
		msg->flags |= OTSEG_MSG_BROADCAST;
		if (have >= OTSEG_BACNET_HEADER + 4)
			msg_field(msg, OTSEG_BACNET_FIELD_FORWARDED,
				  pdu_be32(pdu->bytes, OTSEG_BACNET_HEADER));
		return bacnet_npdu(pdu, OTSEG_BACNET_HEADER + 6, have, dir, msg);
	}
	if (function == OTSEG_BACNET_UNICAST || msg->flags & OTSEG_MSG_BROADCAST)
		return bacnet_npdu(pdu, OTSEG_BACNET_HEADER, have, dir, msg);
	size = &otseg_bacnet_bvlc[function & (OTSEG_BACNET_SIZES - 1)];
	msg_unit(msg, 0);
	msg_function(msg, OTSEG_BACNET_BVLC | function, 0, size->access);
	if (size->access & OTSEG_ACCESS_VENDOR)
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
	if (length < size->least || (size->most != OTSEG_BACNET_ANY && length > size->most) ||
	    (size->step == 10 && (length - OTSEG_BACNET_HEADER) % 10))
		return OTSEG_R_PDU_LENGTH;
	return OTSEG_R_NONE;
}

#endif /* OTSEG_BACNET_H */
