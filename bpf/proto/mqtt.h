/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MQTT 3.1, 3.1.1 and 5.0 over TCP: names, numbers and access classes of packets, and from the
 * bytes of one packet to a struct otseg_msg.
 *
 * "v3" is OASIS MQTT Version 3.1.1, "v5" is OASIS MQTT Version 5.0; 3.1 is IBM's and Eurotech's
 * "MQTT V3.1 Protocol Specification" of 2010.
 *
 * The topic is what a rule is about. A packet that speaks of several topics has a part for each:
 * filters of SUBSCRIBE and UNSUBSCRIBE, the will in CONNECT, which is a PUBLISH that waits, and
 * the response topic of a PUBLISH, to which the receiver is asked to publish. All of them must be
 * within the bytes that are looked at; of the payload nothing is. The protocol level is known
 * from CONNECT and kept in the state of the conversation.
 */
#ifndef OTSEG_MQTT_H
#define OTSEG_MQTT_H

#include "pdu.h"

#define MQTT_SESSION OTSEG_ACCESS_SESSION
#define MQTT_READ OTSEG_ACCESS_READ
#define MQTT_WRITE OTSEG_ACCESS_WRITE
/* Whoever joins a group of subscribers takes messages away from its other members. */
#define MQTT_JOIN (OTSEG_ACCESS_READ | OTSEG_ACCESS_CONTROL)
/* A command of Sparkplug: it may restart the node, or change what it does. */
#define MQTT_COMMAND (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL)

/*
 * X(ID, code, "name", access, object type, flags). Codes to 15 are the types of packets (v5,
 * 2.1.2), but that a PUBLISH is two functions: `publish` is what a client sends, `deliver` what
 * it gets.
 */
/* clang-format off */
#define OTSEG_MQTT_FUNCTIONS(X) \
	X(CONNECT, 1, "connect", MQTT_SESSION, 0, 0) \
	X(CONNACK, 2, "connack", MQTT_SESSION, 0, 0) \
	X(PUBLISH, 3, "publish", MQTT_COMMAND, 0, OTSEG_FN_SUB) \
	X(PUBACK, 4, "puback", MQTT_SESSION, 0, 0) \
	X(PUBREC, 5, "pubrec", MQTT_SESSION, 0, 0) \
	X(PUBREL, 6, "pubrel", MQTT_SESSION, 0, 0) \
	X(PUBCOMP, 7, "pubcomp", MQTT_SESSION, 0, 0) \
	X(SUBSCRIBE, 8, "subscribe", MQTT_JOIN, 0, OTSEG_FN_SUB) \
	X(SUBACK, 9, "suback", MQTT_SESSION, 0, 0) \
	X(UNSUBSCRIBE, 10, "unsubscribe", MQTT_READ, 0, 0) \
	X(UNSUBACK, 11, "unsuback", MQTT_SESSION, 0, 0) \
	X(PINGREQ, 12, "pingreq", MQTT_SESSION, 0, 0) \
	X(PINGRESP, 13, "pingresp", MQTT_SESSION, 0, 0) \
	X(DISCONNECT, 14, "disconnect", MQTT_SESSION, 0, 0) \
	X(AUTH, 15, "auth", MQTT_SESSION, 0, 0) \
	X(WILL, 16, "will", MQTT_COMMAND, 0, OTSEG_FN_SUB) \
	X(DELIVER, 17, "deliver", MQTT_READ, 0, OTSEG_FN_SUB) \
	X(RESPONSE_TOPIC, 18, "response-topic", MQTT_COMMAND, 0, OTSEG_FN_SUB)
/* clang-format on */

enum otseg_mqtt_function {
#define X(id, code, name, access, object, flags) OTSEG_MQTT_FC_##id = (code),
	OTSEG_MQTT_FUNCTIONS(X)
#undef X
};

/*
 * What a topic is about, by Sparkplug 3.0, chapter 4: spBv1.0/group/TYPE/node; else plain.
 * X(ID, function, number, "name", access): commands are for the plant.
 */
/* clang-format off */
#define OTSEG_MQTT_TYPES(X, function, access, command) \
	X(PLAIN, function, 0, "plain", access) \
	X(NBIRTH, function, 1, "nbirth", access) \
	X(NDEATH, function, 2, "ndeath", access) \
	X(DBIRTH, function, 3, "dbirth", access) \
	X(DDEATH, function, 4, "ddeath", access) \
	X(NDATA, function, 5, "ndata", access) \
	X(DDATA, function, 6, "ddata", access) \
	X(NCMD, function, 7, "ncmd", command) \
	X(DCMD, function, 8, "dcmd", command)
#define OTSEG_MQTT_SUBFUNCTIONS(X) \
	OTSEG_MQTT_TYPES(X, OTSEG_MQTT_FC_PUBLISH, MQTT_WRITE, MQTT_COMMAND) \
	OTSEG_MQTT_TYPES(X, OTSEG_MQTT_FC_WILL, MQTT_WRITE, MQTT_COMMAND) \
	OTSEG_MQTT_TYPES(X, OTSEG_MQTT_FC_DELIVER, MQTT_READ, MQTT_READ) \
	OTSEG_MQTT_TYPES(X, OTSEG_MQTT_FC_RESPONSE_TOPIC, MQTT_WRITE, MQTT_COMMAND) \
	X(SUBSCRIBE_OWN, OTSEG_MQTT_FC_SUBSCRIBE, 0, "own", MQTT_READ) \
	X(SUBSCRIBE_SHARED, OTSEG_MQTT_FC_SUBSCRIBE, 1, "shared", MQTT_JOIN) \
	X(PUBLISH_ALIAS, OTSEG_MQTT_FC_PUBLISH, OTSEG_MQTT_TYPE_ALIAS, "by-alias", MQTT_COMMAND) \
	X(DELIVER_ALIAS, OTSEG_MQTT_FC_DELIVER, OTSEG_MQTT_TYPE_ALIAS, "by-alias", MQTT_READ) \
	X(PUBLISH_RESERVED, OTSEG_MQTT_FC_PUBLISH, OTSEG_MQTT_TYPE_RESERVED, "reserved", MQTT_COMMAND) \
	X(WILL_RESERVED, OTSEG_MQTT_FC_WILL, OTSEG_MQTT_TYPE_RESERVED, "reserved", MQTT_COMMAND) \
	X(RESPONSE_TOPIC_RESERVED, OTSEG_MQTT_FC_RESPONSE_TOPIC, OTSEG_MQTT_TYPE_RESERVED, "reserved", \
		MQTT_COMMAND)
/* clang-format on */

enum otseg_mqtt_type {
#define X(id, function, number, name, access) OTSEG_MQTT_TYPE_##id = (number),
	OTSEG_MQTT_TYPES(X, 0, 0, 0)
#undef X
		OTSEG_MQTT_TYPE_ALIAS, /* not to be told: the topic is one that was agreed on before */
	OTSEG_MQTT_TYPE_RESERVED, /* the broker's own, which may do anything with it */
};

#define OTSEG_MQTT_OBJECTS(X)

/* clang-format off */
#define OTSEG_MQTT_FIELDS(X) \
	X(LEVEL, 0, "level", 5, \
	  "protocol level of the connection: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0") \
	X(QOS, 1, "qos", 2, "quality of service, of a subscription the highest") \
	X(RETAIN, 2, "retain", 1, "1: the broker keeps the message for later subscribers") \
	X(DUP, 3, "dup", 1, "1: it was sent before") \
	X(PASSWORD, 4, "password", 1, "1: the client sends a password") \
	X(BRIDGE, 5, "bridge", 1, "1: the client is another broker")
#define OTSEG_MQTT_FIELD_WORDS(X)
#define OTSEG_MQTT_TEXTS(X) \
	X(TOPIC, 0, "topic", \
	  "name of a topic, or filter of topics; of a shared one without $share/group/") \
	X(CLIENT, 1, "client-id", "what the client calls itself")

/* Return codes of CONNACK in v3 (3.2.2.3), and reason codes of v5 (2.4). */
#define OTSEG_MQTT_EXCEPTIONS(X) \
	X(LEVEL, 1, "unacceptable-level") X(ID, 2, "identifier-rejected") \
	X(UNAVAILABLE, 3, "unavailable") X(CREDENTIALS, 4, "bad-credentials") \
	X(UNAUTHORIZED, 5, "unauthorized") X(UNSPECIFIED, 0x80, "unspecified-error") \
	X(MALFORMED, 0x81, "malformed-packet") X(PROTOCOL, 0x82, "protocol-error") \
	X(IMPLEMENTATION, 0x83, "implementation-specific-error") \
	X(VERSION, 0x84, "unsupported-version") X(CLIENT, 0x85, "client-id-not-valid") \
	X(PASSWORD, 0x86, "bad-user-or-password") X(NOT_AUTHORIZED, 0x87, "not-authorized") \
	X(SERVER_UNAVAILABLE, 0x88, "server-unavailable") X(BUSY, 0x89, "server-busy") \
	X(BANNED, 0x8a, "banned") X(SHUTTING_DOWN, 0x8b, "server-shutting-down") \
	X(METHOD, 0x8c, "bad-authentication-method") X(KEEP_ALIVE, 0x8d, "keep-alive-timeout") \
	X(TAKEN_OVER, 0x8e, "session-taken-over") X(FILTER, 0x8f, "topic-filter-invalid") \
	X(NAME, 0x90, "topic-name-invalid") X(ID_USED, 0x91, "packet-id-in-use") \
	X(NO_ID, 0x92, "packet-id-not-found") X(RECEIVE_MAX, 0x93, "receive-maximum-exceeded") \
	X(ALIAS, 0x94, "topic-alias-invalid") X(TOO_LARGE, 0x95, "packet-too-large") \
	X(RATE, 0x96, "message-rate-too-high") X(QUOTA, 0x97, "quota-exceeded") \
	X(ADMINISTRATIVE, 0x98, "administrative-action") X(FORMAT, 0x99, "payload-format-invalid") \
	X(RETAIN, 0x9a, "retain-not-supported") X(QOS, 0x9b, "qos-not-supported") \
	X(ANOTHER, 0x9c, "use-another-server") X(MOVED, 0x9d, "server-moved") \
	X(SHARED, 0x9e, "shared-not-supported") X(CONNECTIONS, 0x9f, "connection-rate-exceeded") \
	X(TIME, 0xa0, "maximum-connect-time") X(IDENTIFIERS, 0xa1, "identifiers-not-supported") \
	X(WILDCARDS, 0xa2, "wildcards-not-supported")
/* clang-format on */

#define OTSEG_MQTT_SHAPE .code_max = 18, .sub_max = 10

enum otseg_mqtt_field {
#define X(id, number, name, max, sentence) OTSEG_MQTT_FIELD_##id = (number),
	OTSEG_MQTT_FIELDS(X)
#undef X
};

enum otseg_mqtt_text {
#define X(id, number, name, sentence) OTSEG_MQTT_TEXT_##id = (number),
	OTSEG_MQTT_TEXTS(X)
#undef X
};

/* What is kept of the conversation: the level in bits 0-2, 0: no CONNECT yet. */
#define MQTT_STATE_LEVEL 0x7
#define MQTT_STATE_ACCEPTED 0x8 /* CONNACK was seen */
#define MQTT_STATE_BRIDGE 0x10

#define MQTT_5 5

/* In place of an offset. */
#define MQTT_STOP 0x20000000u
#define MQTT_FAR (MQTT_STOP + 0) /* it lies past the bytes at hand */
#define MQTT_LONG (MQTT_STOP + 1) /* it lies past the end of the packet */
#define MQTT_BAD (MQTT_STOP + 2)

#define MQTT_ENTRIES (OTSEG_PDU_MAX / 2) /* properties or filters that can be at hand, at most */

/**
 * struct mqtt_walk - where in a packet we are
 * @off: offset, or MQTT_STOP and above
 * @end: of the packet
 * @have: bytes at hand of it
 * @kind: packet type, 16: properties of the will
 * @topic: offset of the response topic among the properties, 0: there is none
 * @has_alias: a topic alias is among them
 * @options: of the filter at @topic
 * @count: filters
 */
struct mqtt_walk {
	u32 off;
	u32 end;
	u32 have;
	u32 kind;
	u32 topic;
	u32 has_alias;
	u32 options;
	u32 count;
};

/* Whether @n bytes at @off can be read: @off, or why not. */
OTSEG_INLINE u32 mqtt_see(u32 off, u32 n, u32 have, u32 end)
{
	if (off >= MQTT_STOP)
		return off;
	if (off + n > end)
		return MQTT_LONG;
	return off + n > have ? MQTT_FAR : off;
}

OTSEG_INLINE u32 mqtt_pass(u32 off, u32 n, u32 end)
{
	if (off >= MQTT_STOP)
		return off;
	return off > end || n > end - off ? MQTT_LONG : off + n;
}

/* v5, 1.5.4, 1.5.6: two bytes of length and as many bytes. Return: where it ends. */
OTSEG_INLINE u32 mqtt_string(const u8 *buf, u32 off, u32 have, u32 end)
{
	off = mqtt_see(off, 2, have, end);
	if (off >= MQTT_STOP)
		return off;
	return mqtt_pass(off + 2, pdu_be16(buf, off), end);
}

/* v5, 1.5.5: a number of one to four bytes, as short as can be. Return: where it ends. */
OTSEG_INLINE u32 mqtt_number(const u8 *buf, u32 off, u32 have, u32 end, u32 *number)
{
	u32 i;

	*number = 0;
	for (i = 0; i < 4; i++) {
		u32 byte;

		if (mqtt_see(off, 1, have, end) >= MQTT_STOP)
			return mqtt_see(off, 1, have, end);
		byte = pdu_u8(buf, off++);
		*number |= (byte & 127) << 7 * i;
		if (byte < 128)
			return i && !byte ? MQTT_BAD : off;
	}
	return MQTT_BAD;
}

/* The level that was agreed on, 0: none yet. */
OTSEG_INLINE u32 mqtt_level(const struct otseg_msg *msg)
{
	u32 level = msg->state & MQTT_STATE_LEVEL;

	return level <= MQTT_5 ? level : 0;
}

/* What stops a walk, as a reason; what is only not at hand yet is none. */
OTSEG_INLINE u32 mqtt_stopped(u32 off, const struct otseg_msg *msg)
{
	if (off == MQTT_LONG)
		return OTSEG_R_PDU_LENGTH;
	if (off == MQTT_BAD)
		return OTSEG_R_PDU_MALFORMED;
	if (off == MQTT_FAR && !(msg->flags & OTSEG_MSG_PARTIAL))
		return OTSEG_R_PDU_NESTING;
	return OTSEG_R_NONE;
}

/* How a property goes on after its identifier. */
enum mqtt_shape {
	MQTT_U8 = 1,
	MQTT_U16,
	MQTT_NUMBER,
	MQTT_U32,
	MQTT_STRING,
	MQTT_PAIR,
};

#define MQTT_OF(type) (1u << (type))
#define MQTT_ANSWERS 0x00000af0u /* 4-7, 9, 11 */

#define MQTT_RESPONSE_TOPIC 8
#define MQTT_SUBSCRIPTION 11
#define MQTT_ALIAS 35
#define MQTT_USER 38

/* The properties and the packets that may have them (v5, 2.2.2.2), by identifier. */
static const struct {
	u32 packets;
	u32 shape;
} otseg_mqtt_properties[64] = {
	[1] = { MQTT_OF(3) | MQTT_OF(16), MQTT_U8 }, /* format of the payload */
	[2] = { MQTT_OF(3) | MQTT_OF(16), MQTT_U32 }, /* expiry */
	[3] = { MQTT_OF(3) | MQTT_OF(16), MQTT_STRING }, /* content type */
	[MQTT_RESPONSE_TOPIC] = { MQTT_OF(3) | MQTT_OF(16), MQTT_STRING },
	[9] = { MQTT_OF(3) | MQTT_OF(16), MQTT_STRING }, /* correlation */
	[MQTT_SUBSCRIPTION] = { MQTT_OF(3) | MQTT_OF(8), MQTT_NUMBER },
	[17] = { MQTT_OF(1) | MQTT_OF(2) | MQTT_OF(14), MQTT_U32 }, /* expiry of the session */
	[18] = { MQTT_OF(2), MQTT_STRING }, /* assigned client id */
	[19] = { MQTT_OF(2), MQTT_U16 }, /* keep alive */
	[21] = { MQTT_OF(1) | MQTT_OF(2) | MQTT_OF(15), MQTT_STRING }, /* authentication */
	[22] = { MQTT_OF(1) | MQTT_OF(2) | MQTT_OF(15), MQTT_STRING },
	[23] = { MQTT_OF(1), MQTT_U8 }, /* problem information wanted */
	[24] = { MQTT_OF(16), MQTT_U32 }, /* delay */
	[25] = { MQTT_OF(1), MQTT_U8 }, /* response information wanted */
	[26] = { MQTT_OF(2), MQTT_STRING }, /* response information */
	[28] = { MQTT_OF(2) | MQTT_OF(14), MQTT_STRING }, /* another server */
	[31] = { MQTT_OF(2) | MQTT_OF(14) | MQTT_OF(15) | MQTT_ANSWERS, MQTT_STRING }, /* reason */
	[33] = { MQTT_OF(1) | MQTT_OF(2), MQTT_U16 }, /* receive maximum */
	[34] = { MQTT_OF(1) | MQTT_OF(2), MQTT_U16 }, /* topic alias maximum */
	[MQTT_ALIAS] = { MQTT_OF(3), MQTT_U16 },
	[36] = { MQTT_OF(2), MQTT_U8 }, /* maximum QoS */
	[37] = { MQTT_OF(2), MQTT_U8 }, /* retain available */
	[MQTT_USER] = { 0x0001cffe, MQTT_PAIR }, /* all but PINGREQ, PINGRESP; see below */
	[39] = { MQTT_OF(1) | MQTT_OF(2), MQTT_U32 }, /* maximum packet size */
	[40] = { MQTT_OF(2), MQTT_U8 }, /* wildcards, identifiers, shared ones available */
	[41] = { MQTT_OF(2), MQTT_U8 },
	[42] = { MQTT_OF(2), MQTT_U8 },
};

/*
 * One property at @walk->off, whose identifier is @id. Sets @walk->off. By itself, because
 * kernels before 6.15 follow each way through it again in each round of the walk.
 */
OTSEG_GLOBAL u32 otseg_mqtt_property(struct otseg_pdu *pdu, u32 id, u32 limit, struct mqtt_walk *walk)
{
	const u8 *buf;
	u32 number;
	u32 off;

	if (!pdu || !walk)
		return 0;
	buf = pdu->bytes;
	off = walk->off + 1;
	switch (otseg_mqtt_properties[id & 63].shape) {
	case MQTT_U8:
		off = mqtt_pass(off, 1, limit);
		break;
	case MQTT_U16:
		if (id == MQTT_ALIAS)
			walk->has_alias = 1;
		off = mqtt_pass(off, 2, limit);
		break;
	case MQTT_U32:
		off = mqtt_pass(off, 4, limit);
		break;
	case MQTT_NUMBER:
		off = mqtt_number(buf, off, walk->have, limit, &number);
		break;
	case MQTT_STRING:
		if (id == MQTT_RESPONSE_TOPIC)
			walk->topic = off;
		off = mqtt_string(buf, off, walk->have, limit);
		break;
	case MQTT_PAIR:
		off = mqtt_string(buf, off, walk->have, limit);
		off = mqtt_string(buf, off, walk->have, limit);
		break;
	default:
		off = MQTT_BAD;
	}
	walk->off = off;
	return 0;
}

/*
 * The properties at @walk->off (v5, 2.2.2), which is then behind them. One that is unknown, of
 * another packet or there twice is refused.
 */
OTSEG_GLOBAL u32 otseg_mqtt_properties_walk(struct otseg_pdu *pdu, struct mqtt_walk *walk)
{
	u64 before = 0;
	u32 len, limit;
	u32 i;

	if (!pdu || !walk)
		return 0;
	if (walk->off >= MQTT_STOP)
		return 0;
	walk->off = mqtt_number(pdu->bytes, walk->off, walk->have, walk->end, &len);
	limit = mqtt_pass(walk->off, len, walk->end);
	if (limit >= MQTT_STOP) {
		walk->off = limit;
		return 0;
	}
	otseg_for(i, MQTT_ENTRIES) {
		u32 id;

		if (walk->off >= limit)
			break;
		if (walk->off >= walk->have) {
			walk->off = MQTT_FAR;
			break;
		}
		id = pdu_u8(pdu->bytes, walk->off);
		if (id > 63 || !(otseg_mqtt_properties[id & 63].packets >> (walk->kind & 31) & 1) ||
		    (before >> (id & 63) & 1 && id != MQTT_USER &&
		     (id != MQTT_SUBSCRIPTION || walk->kind != OTSEG_MQTT_FC_PUBLISH))) {
			walk->off = MQTT_BAD;
			break;
		}
		before |= 1ull << (id & 63);
		otseg_mqtt_property(pdu, id, limit, walk);
	}
	/* a string that ends behind the properties is malformed, not long */
	if (walk->off < MQTT_STOP && walk->off != limit)
		walk->off = MQTT_FAR;
	return 0;
}

#define MQTT_TOPIC_BAD 0xffffffffu

/**
 * struct mqtt_scan - what is known of a topic whose bytes are looked at one by one
 * @is_filter: it may have wildcards
 * @before: the byte before
 * @wild: the wildcard before
 * @more: bytes of the character that are to come
 * @lowest: lowest value of the next one of them
 * @highest: highest
 * @level: levels that ended
 * @from: offset of the third one
 * @to: where that ends
 */
struct mqtt_scan {
	u32 is_filter;
	u32 before;
	u32 wild;
	u32 more;
	u32 lowest;
	u32 highest;
	u32 level;
	u32 from;
	u32 to;
};

/* The next byte of a topic, at @off. Return: whether it may be there. */
OTSEG_INLINE u32 mqtt_byte(struct mqtt_scan *scan, u32 byte, u32 off)
{
	u32 wild = otseg_read(scan->wild);
	u32 more = otseg_read(scan->more);
	u32 level;

	if (more) {
		if (byte < otseg_read(scan->lowest) || byte > otseg_read(scan->highest))
			return 0;
		otseg_write(scan->lowest, 0x80);
		otseg_write(scan->highest, 0xbf);
		otseg_write(scan->more, more - 1);
	} else if (byte >= 0x80) {
		if (byte < 0xc2 || byte > 0xf4)
			return 0;
		otseg_write(scan->more, 1 + (byte >= 0xe0) + (byte >= 0xf0));
		otseg_write(scan->lowest, byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80);
		otseg_write(scan->highest, byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf);
	}
	if (!byte || wild == '#' || (wild && byte != '/'))
		return 0;
	otseg_write(scan->wild, 0);
	if (byte == '+' || byte == '#') {
		if (!otseg_read(scan->is_filter) || otseg_read(scan->before) != '/')
			return 0;
		otseg_write(scan->wild, byte);
	}
	if (byte == '/') {
		level = otseg_read(scan->level) + 1;
		otseg_write(scan->level, level);
		if (level == 2)
			otseg_write(scan->from, off + 1);
		if (level == 3)
			otseg_write(scan->to, off);
	}
	otseg_write(scan->before, byte);
	return 1;
}

#define MQTT_RUN 32

/*
 * The next MQTT_RUN bytes of a topic, those at @off, or @len if that is less. What is known is kept
 * in memory, where the verifier does not follow it. Return: whether they may be there.
 */
OTSEG_GLOBAL u32 otseg_mqtt_run(struct mqtt_scan *scan, struct otseg_pdu *pdu, u32 off, u32 len)
{
	u32 i;

	if (!scan || !pdu)
		return 0;
	for (i = 0; i < MQTT_RUN && i < len; i++) {
		if (!mqtt_byte(scan, pdu_u8(pdu->bytes, off + i), off + i))
			return 0;
	}
	return 1;
}

/*
 * Whether the @len bytes at @off, all at hand, are the name of a topic (v5, 4.7), or with
 * @is_filter a filter, in which "+" stands for a level and "#" for all that follow. They are
 * UTF-8 as v5, 1.5.4 wants it. Return: where its third level begins, and its length << 16;
 * 0: it has none; MQTT_TOPIC_BAD.
 */
OTSEG_GLOBAL u32 otseg_mqtt_topic(struct otseg_pdu *pdu, u32 off, u32 len, u32 is_filter)
{
	struct mqtt_scan scan = {
		.is_filter = is_filter,
		.before = '/',
		.lowest = 0x80,
		.highest = 0xbf,
	};
	u32 i;

	if (!pdu || !len || len > OTSEG_PDU_MAX)
		return MQTT_TOPIC_BAD;
	if (!otseg_mqtt_run(&scan, pdu, off, len))
		return MQTT_TOPIC_BAD;
	if (otseg_unlikely(len > MQTT_RUN)) {
		otseg_for(i, (len - 1) / MQTT_RUN) {
			u32 at = (i + 1) * MQTT_RUN;

			if (!otseg_mqtt_run(&scan, pdu, off + at, len - at))
				return MQTT_TOPIC_BAD;
		}
	}
	if (scan.more)
		return MQTT_TOPIC_BAD;
	if (scan.level < 2)
		return 0;
	if (scan.level == 2)
		scan.to = off + len;
	return (scan.from & 0xffff) | (scan.to - scan.from) << 16;
}

#define MQTT_WORD(a, b, c, d) ((u32)(a) << 24 | (u32)(b) << 16 | (u32)(c) << 8 | (u32)(d))

/*
 * Of the filter of a shared subscription, "$share/group/filter" (v5, 4.8.2), the length of what
 * stands before its own filter; 0: it is not shared; MQTT_TOPIC_BAD.
 */
OTSEG_GLOBAL u32 otseg_mqtt_shared(struct otseg_pdu *pdu, u32 off, u32 len)
{
	u32 i;

	if (!pdu || len < 7 || pdu_be32(pdu->bytes, off) != MQTT_WORD('$', 's', 'h', 'a') ||
	    pdu_be24(pdu->bytes, off + 4) != MQTT_WORD(0, 'r', 'e', '/'))
		return 0;
	otseg_for(i, OTSEG_PDU_MAX) {
		u32 byte;

		if (7 + i >= len)
			break;
		byte = pdu_u8(pdu->bytes, off + 7 + i);
		if (byte == '+' || byte == '#')
			break;
		if (byte == '/')
			return i ? 8 + i : MQTT_TOPIC_BAD;
	}
	return MQTT_TOPIC_BAD;
}

/*
 * Whether a filter at @off, which is one, can take something from other clients: those of shared
 * subscriptions, and what brokers have beside the standard ($queue/ and $exclusive/ of EMQX).
 * "$SYS" is what brokers tell of themselves (v5, 4.7.2).
 */
OTSEG_INLINE u32 mqtt_is_shared(struct otseg_pdu *pdu, u32 off, u32 len)
{
	if (pdu_u8(pdu->bytes, off) != '$')
		return 0;
	return len < 4 || pdu_be32(pdu->bytes, off) != MQTT_WORD('$', 'S', 'Y', 'S') ||
	       (len > 4 && pdu_u8(pdu->bytes, off + 4) != '/');
}

#define MQTT_LETTERS(a, b, c, d, e, f)                                             \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | (u64)(e) << 32 | \
	 (u64)(f) << 40)

/* What the topic at @off is about; @third is what otseg_mqtt_topic() says of it. */
OTSEG_GLOBAL u32 otseg_mqtt_type(struct otseg_pdu *pdu, u32 off, u32 len, u32 third)
{
	u32 from = third & 0xffff;
	u64 letters = 0;
	u32 i;

	if (!pdu || !third || len < 8 || third >> 16 > 6)
		return OTSEG_MQTT_TYPE_PLAIN;
	if (pdu_be32(pdu->bytes, off) != MQTT_WORD('s', 'p', 'B', 'v') ||
	    pdu_be32(pdu->bytes, off + 4) != MQTT_WORD('1', '.', '0', '/'))
		return OTSEG_MQTT_TYPE_PLAIN;
	for (i = 0; i < 6; i++) {
		if (i < third >> 16)
			letters |= (u64)pdu_u8(pdu->bytes, from + i) << 8 * i;
	}
	switch (letters) {
	case MQTT_LETTERS('N', 'B', 'I', 'R', 'T', 'H'):
		return OTSEG_MQTT_TYPE_NBIRTH;
	case MQTT_LETTERS('N', 'D', 'E', 'A', 'T', 'H'):
		return OTSEG_MQTT_TYPE_NDEATH;
	case MQTT_LETTERS('D', 'B', 'I', 'R', 'T', 'H'):
		return OTSEG_MQTT_TYPE_DBIRTH;
	case MQTT_LETTERS('D', 'D', 'E', 'A', 'T', 'H'):
		return OTSEG_MQTT_TYPE_DDEATH;
	case MQTT_LETTERS('N', 'D', 'A', 'T', 'A', 0):
		return OTSEG_MQTT_TYPE_NDATA;
	case MQTT_LETTERS('D', 'D', 'A', 'T', 'A', 0):
		return OTSEG_MQTT_TYPE_DDATA;
	case MQTT_LETTERS('N', 'C', 'M', 'D', 0, 0):
		return OTSEG_MQTT_TYPE_NCMD;
	case MQTT_LETTERS('D', 'C', 'M', 'D', 0, 0):
		return OTSEG_MQTT_TYPE_DCMD;
	}
	return OTSEG_MQTT_TYPE_PLAIN;
}

/* The function that publishes to the topic whose @len bytes are at @off, all at hand. */
OTSEG_NOINLINE u32 mqtt_publishes(struct otseg_pdu *pdu, u32 off, u32 len, u32 function,
				  struct otseg_msg *msg)
{
	u32 third = otseg_mqtt_topic(pdu, off, len, 0);
	u32 type, access;

	if (third == MQTT_TOPIC_BAD)
		return OTSEG_R_PDU_MALFORMED;
	type = otseg_mqtt_type(pdu, off, len, third);
	/* v5, 4.7.2: for what brokers like; EMQX publishes to what follows $delayed/N/ */
	if (function != OTSEG_MQTT_FC_DELIVER && pdu_u8(pdu->bytes, off) == '$')
		type = OTSEG_MQTT_TYPE_RESERVED;
	access = type >= OTSEG_MQTT_TYPE_NCMD ? MQTT_COMMAND : MQTT_WRITE;
	msg_function(msg, function, type, function == OTSEG_MQTT_FC_DELIVER ? MQTT_READ : access);
	msg_text(msg, OTSEG_MQTT_TEXT_TOPIC, off, len);
	return OTSEG_R_NONE;
}

/*
 * CONNECT (v3, 3.1; v5, 3.1) from the protocol's name on. Part 1 is the will, 2 its response
 * topic.
 */
OTSEG_NOINLINE u32 mqtt_connect(struct otseg_pdu *pdu, struct mqtt_walk *walk,
				struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 end = walk->end, have = walk->have, off = walk->off;
	u32 flags, level, is_old, id, topic, will, len;

	if (!msg->part)
		msg_function(msg, OTSEG_MQTT_FC_CONNECT, 0, MQTT_SESSION);
	if (mqtt_see(off, 2, have, end) >= MQTT_STOP)
		return mqtt_stopped(mqtt_see(off, 2, have, end), msg);
	/* "MQTT" with levels 4 and 5, "MQIsdp" with 3 */
	is_old = pdu_be16(buf, off) == 6;
	if (!is_old && pdu_be16(buf, off) != 4)
		return OTSEG_R_PDU_PROTOCOL;
	if (mqtt_see(off, is_old ? 12 : 10, have, end) >= MQTT_STOP)
		return mqtt_stopped(mqtt_see(off, is_old ? 12 : 10, have, end), msg);
	if (is_old ? pdu_be32(buf, off + 2) != MQTT_WORD('M', 'Q', 'I', 's') ||
			     pdu_be16(buf, off + 6) != MQTT_WORD(0, 0, 'd', 'p') :
		     pdu_be32(buf, off + 2) != MQTT_WORD('M', 'Q', 'T', 'T'))
		return OTSEG_R_PDU_PROTOCOL;
	off += is_old ? 8 : 6;
	/* Mosquitto's bridges set the highest bit */
	level = pdu_u8(buf, off) & 127;
	msg_field(msg, OTSEG_MQTT_FIELD_BRIDGE, pdu_u8(buf, off) >> 7);
	if (is_old ? level != 3 : level != 4 && level != MQTT_5)
		return OTSEG_R_PDU_PROTOCOL;
	msg_field(msg, OTSEG_MQTT_FIELD_LEVEL, level);
	flags = pdu_u8(buf, off + 1);
	/* reserved; QoS 3; a will's without one; in v3 a password without a user */
	if (flags & 1 || (flags >> 3 & 3) == 3 || (!(flags & 4) && flags & 0x38) ||
	    ((flags & 0xc0) == 0x40 && level != MQTT_5))
		return OTSEG_R_PDU_MALFORMED;
	msg_field(msg, OTSEG_MQTT_FIELD_PASSWORD, flags >> 6 & 1);
	walk->off = off + 4;
	if (level == MQTT_5)
		otseg_mqtt_properties_walk(pdu, walk);
	id = walk->off;
	walk->off = mqtt_string(buf, id, have, end);
	if (walk->off < MQTT_STOP && walk->off > have)
		walk->off = MQTT_FAR;
	if (walk->off >= MQTT_STOP)
		return mqtt_stopped(walk->off, msg);
	if (!msg->part)
		msg_text(msg, OTSEG_MQTT_TEXT_CLIENT, id + 2, walk->off - id - 2);
	if (flags & 4) {
		walk->kind = OTSEG_MQTT_FC_WILL;
		walk->topic = 0;
		if (level == MQTT_5)
			otseg_mqtt_properties_walk(pdu, walk);
		topic = walk->off;
		will = mqtt_string(buf, topic, have, end);
		if (will < MQTT_STOP && will > have)
			will = MQTT_FAR;
		if (will >= MQTT_STOP)
			return mqtt_stopped(will, msg);
		if (msg->part < 1 + !!walk->topic)
			msg->flags |= OTSEG_MSG_MORE;
		if (msg->part) {
			u32 function = OTSEG_MQTT_FC_WILL;
			u32 reason;

			len = will - topic - 2;
			if (msg->part > 1) {
				function = OTSEG_MQTT_FC_RESPONSE_TOPIC;
				topic = walk->topic;
				len = mqtt_string(buf, topic, have, end) - topic - 2;
			}
			reason = mqtt_publishes(pdu, topic + 2, len, function, msg);
			if (reason)
				return reason;
			msg_field(msg, OTSEG_MQTT_FIELD_QOS, flags >> 3 & 3);
			msg_field(msg, OTSEG_MQTT_FIELD_RETAIN, flags >> 5 & 1);
		}
		walk->off = mqtt_string(buf, will, have, end);
	}
	off = walk->off;
	/* nothing of what follows decides, so it need not be at hand */
	if (flags & 0x80)
		off = mqtt_string(buf, off, have, end);
	if (flags & 0x40)
		off = mqtt_string(buf, off, have, end);
	if (off == MQTT_BAD || off == MQTT_LONG || (off < MQTT_STOP && off != end))
		return off == MQTT_BAD ? OTSEG_R_PDU_MALFORMED : OTSEG_R_PDU_LENGTH;
	if (!(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state = (msg->state & OTSEG_STATE_AGAIN) | level |
			     (msg->fields[OTSEG_MQTT_FIELD_BRIDGE] ? MQTT_STATE_BRIDGE : 0);
	return OTSEG_R_NONE;
}

/* PUBLISH (v3, 3.3; v5, 3.3). Part 1 is its response topic. */
OTSEG_NOINLINE u32 mqtt_publish(struct otseg_pdu *pdu, struct mqtt_walk *walk, u32 flags,
				struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 is_sent = msg->dir == OTSEG_DIR_REQUEST;
	u32 function = is_sent ? OTSEG_MQTT_FC_PUBLISH : OTSEG_MQTT_FC_DELIVER;
	u32 off = walk->off, have = walk->have, end = walk->end;
	u32 qos = flags >> 1 & 3;
	u32 topic = off;
	u32 len;

	msg_field(msg, OTSEG_MQTT_FIELD_QOS, qos);
	msg_field(msg, OTSEG_MQTT_FIELD_RETAIN, flags & 1);
	msg_field(msg, OTSEG_MQTT_FIELD_DUP, flags >> 3);
	off = mqtt_string(buf, topic, have, end);
	if (off < MQTT_STOP && off > have)
		off = MQTT_FAR;
	if (off >= MQTT_STOP)
		return mqtt_stopped(off, msg);
	len = off - topic - 2;
	if (qos) {
		off = mqtt_see(off, 2, have, end);
		if (off >= MQTT_STOP)
			return mqtt_stopped(off, msg);
		if (!pdu_be16(buf, off))
			return OTSEG_R_PDU_MALFORMED;
		off += 2;
	}
	walk->off = off;
	if (mqtt_level(msg) == MQTT_5)
		otseg_mqtt_properties_walk(pdu, walk);
	if (walk->off >= MQTT_STOP && (walk->off != MQTT_FAR || function == OTSEG_MQTT_FC_PUBLISH ||
				       !len || msg->flags & OTSEG_MSG_PARTIAL))
		return mqtt_stopped(walk->off, msg);
	if (msg->part) {
		/* where the receiver is to publish its answer (v5, 3.3.2.3.5) */
		topic = walk->topic;
		off = mqtt_string(buf, topic, have, end);
		if (!topic || off >= MQTT_STOP || off > have)
			return OTSEG_R_PDU_NESTING;
		return mqtt_publishes(pdu, topic + 2, off - topic - 2,
				      OTSEG_MQTT_FC_RESPONSE_TOPIC, msg);
	}
	if (walk->topic && function == OTSEG_MQTT_FC_PUBLISH) {
		if (mqtt_string(buf, walk->topic, have, end) > have)
			return mqtt_stopped(MQTT_FAR, msg);
		msg->flags |= OTSEG_MSG_MORE;
	} else if (walk->off < MQTT_STOP) {
		msg_free(msg, walk->off, end - walk->off); /* what is published */
	}
	if (len)
		return mqtt_publishes(pdu, topic + 2, len, function, msg);
	/* only an alias tells the topic: no rule that names topics covers it (v5, 3.3.2.3.4) */
	if (!walk->has_alias)
		return OTSEG_R_PDU_MALFORMED;
	msg_function(msg, function, OTSEG_MQTT_TYPE_ALIAS,
		     function == OTSEG_MQTT_FC_DELIVER ? MQTT_READ : MQTT_COMMAND);
	msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	return OTSEG_R_NONE;
}

#define MQTT_NO_OPTIONS 0x100

/*
 * The filters at @walk->off, each with a byte of options, of which those in @forbidden are not
 * used, unless that is MQTT_NO_OPTIONS. Sets @walk->topic to number @part, and @walk->count.
 */
OTSEG_GLOBAL u32 otseg_mqtt_filters(struct otseg_pdu *pdu, struct mqtt_walk *walk, u32 part,
				    u32 forbidden)
{
	u32 off, have, end;
	u32 count = 0;
	u32 i;

	if (!pdu || !walk)
		return 0;
	off = walk->off;
	have = walk->have;
	end = walk->end;
	walk->topic = 0;
	otseg_for(i, MQTT_ENTRIES) {
		u32 from = off;
		u32 options = 0;

		if (off >= end)
			break;
		off = mqtt_string(pdu->bytes, off, have, end);
		if (forbidden != MQTT_NO_OPTIONS) {
			off = mqtt_see(off, 1, have, end);
			if (off >= MQTT_STOP)
				break;
			options = pdu_u8(pdu->bytes, off++);
			if (options & forbidden || (options & 3) == 3 || (options >> 4 & 3) == 3) {
				off = MQTT_BAD;
				break;
			}
		} else if (off < MQTT_STOP && off > have) {
			off = MQTT_FAR;
		}
		if (off >= MQTT_STOP)
			break;
		if (count == part) {
			walk->topic = from;
			walk->options = options;
		}
		count++;
	}
	if (off < end)
		off = MQTT_FAR;
	walk->off = off;
	walk->count = count;
	return 0;
}

/* SUBSCRIBE (v3, 3.8; v5, 3.8) and UNSUBSCRIBE (3.10): a part for each filter. */
OTSEG_NOINLINE u32 mqtt_subscribe(struct otseg_pdu *pdu, struct mqtt_walk *walk, u32 function,
				  struct otseg_msg *msg)
{
	u32 is_5 = mqtt_level(msg) == MQTT_5;
	u32 off = mqtt_see(walk->off, 2, walk->have, walk->end);
	u32 len, shared, reason;

	if (off >= MQTT_STOP)
		return mqtt_stopped(off, msg);
	if (!pdu_be16(pdu->bytes, off))
		return OTSEG_R_PDU_MALFORMED;
	walk->off = off + 2;
	if (is_5)
		otseg_mqtt_properties_walk(pdu, walk);
	if (walk->off >= MQTT_STOP)
		return mqtt_stopped(walk->off, msg);
	if (walk->off >= walk->end)
		return OTSEG_R_PDU_MALFORMED;
	otseg_mqtt_filters(pdu, walk, msg->part,
			   function == OTSEG_MQTT_FC_UNSUBSCRIBE ? MQTT_NO_OPTIONS :
			   is_5					 ? 0xc0 :
								   0xfc);
	reason = mqtt_stopped(walk->off, msg);
	if (reason || !walk->topic)
		return reason;
	if (walk->count > msg->part + 1)
		msg->flags |= OTSEG_MSG_MORE;
	off = walk->topic + 2;
	len = pdu_be16(pdu->bytes, walk->topic);
	shared = otseg_mqtt_shared(pdu, off, len);
	if (shared > len || otseg_mqtt_topic(pdu, off + shared, len - shared, 1) == MQTT_TOPIC_BAD)
		return OTSEG_R_PDU_MALFORMED;
	if (function == OTSEG_MQTT_FC_SUBSCRIBE) {
		u32 is_shared = mqtt_is_shared(pdu, off, len);

		msg_function(msg, function, is_shared, is_shared ? MQTT_JOIN : MQTT_READ);
		msg_field(msg, OTSEG_MQTT_FIELD_QOS, walk->options & 3);
	} else {
		msg_function(msg, function, 0, MQTT_READ);
	}
	msg_text(msg, OTSEG_MQTT_TEXT_TOPIC, off + shared, len - shared);
	return OTSEG_R_NONE;
}

/* An error of the other side. */
OTSEG_INLINE void mqtt_reason(struct otseg_msg *msg, u32 reason, u32 lowest)
{
	if (reason < lowest)
		return;
	msg->flags |= OTSEG_MSG_EXCEPTION;
	msg->exception = (u8)reason;
}

/*
 * What keeps a session (v3, 3.2, 3.4-3.7, 3.9, 3.11-3.14; v5 likewise and 3.15): a packet id or
 * not, a reason or not, properties in v5, and then nothing, or a reason for each filter.
 */
OTSEG_NOINLINE u32 mqtt_session(struct otseg_pdu *pdu, struct mqtt_walk *walk,
				struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 is_5 = mqtt_level(msg) == MQTT_5;
	u32 type = walk->kind;
	u32 end = walk->end, have = walk->have, off = walk->off;
	u32 is_list = type == OTSEG_MQTT_FC_SUBACK || (type == OTSEG_MQTT_FC_UNSUBACK && is_5);
	u32 has_id = type < OTSEG_MQTT_FC_PINGREQ && type != OTSEG_MQTT_FC_CONNACK;

	msg_function(msg, type, 0, MQTT_SESSION);
	if (type == OTSEG_MQTT_FC_CONNACK) {
		if (end - off < 2 || (!is_5 && end - off != 2))
			return OTSEG_R_PDU_LENGTH;
		if (have > off && pdu_u8(buf, off) > 1)
			return OTSEG_R_PDU_MALFORMED;
		off++;
		if (have > off && !is_5 && pdu_u8(buf, off) > 5)
			return OTSEG_R_PDU_MALFORMED;
		if (have > off)
			mqtt_reason(msg, pdu_u8(buf, off), is_5 ? 128 : 1);
		off++;
	} else if (type == OTSEG_MQTT_FC_PINGREQ || type == OTSEG_MQTT_FC_PINGRESP) {
		return off == end ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	}
	if (has_id) {
		if (end - off < 2)
			return OTSEG_R_PDU_LENGTH;
		if (have >= off + 2 && !pdu_be16(buf, off))
			return OTSEG_R_PDU_MALFORMED;
		off += 2;
	}
	if (!is_5)
		return (off == end) == !is_list ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	if (!is_list && type != OTSEG_MQTT_FC_CONNACK) {
		/* a reason and properties of which the last ones may be left out */
		if (off == end)
			return OTSEG_R_NONE;
		if (have > off)
			mqtt_reason(msg, pdu_u8(buf, off), 128);
		if (++off == end)
			return OTSEG_R_NONE;
	}
	walk->off = off;
	otseg_mqtt_properties_walk(pdu, walk);
	/* they touch nothing, so they need not be at hand */
	if (walk->off == MQTT_FAR)
		return OTSEG_R_NONE;
	if (walk->off >= MQTT_STOP)
		return mqtt_stopped(walk->off, msg);
	return (walk->off == end) == !is_list ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
}

/* Types that each side may send, by number. */
#define MQTT_OF_CLIENT 0xd5faU
#define MQTT_OF_BROKER 0xeafcU

/* Whether a packet of this type and these flags may come now (v5, 2.1.3, 3.1, 4.13). */
OTSEG_INLINE u32 mqtt_expected(u32 type, u32 flags, u32 dir, const struct otseg_msg *msg)
{
	u32 state = msg->state;
	u32 level = mqtt_level(msg);
	u32 fixed = type == OTSEG_MQTT_FC_PUBREL || type == OTSEG_MQTT_FC_SUBSCRIBE ||
				    type == OTSEG_MQTT_FC_UNSUBSCRIBE ?
			    2 :
			    0;

	/* in 3.1 those may be sent again, and say so */
	if (level == 3 && fixed)
		flags &= 7;
	if (!type)
		return OTSEG_R_PDU_MALFORMED;
	if (type == OTSEG_MQTT_FC_PUBLISH ? (flags & 6) == 6 || (flags & 14) == 8 : flags != fixed)
		return OTSEG_R_PDU_MALFORMED;
	if (!((dir == OTSEG_DIR_REQUEST ? MQTT_OF_CLIENT : MQTT_OF_BROKER) >> type & 1))
		return OTSEG_R_PDU_DIRECTION;
	if (type == OTSEG_MQTT_FC_CONNECT)
		return !level || state & OTSEG_STATE_AGAIN ? OTSEG_R_NONE : OTSEG_R_PDU_STATE;
	if (!level)
		return OTSEG_R_PDU_STATE;
	if (level != MQTT_5 && (type == OTSEG_MQTT_FC_AUTH ||
				(type == OTSEG_MQTT_FC_DISCONNECT && dir != OTSEG_DIR_REQUEST)))
		return OTSEG_R_PDU_DIRECTION;
	if (dir == OTSEG_DIR_REQUEST)
		return OTSEG_R_NONE;
	if (type == OTSEG_MQTT_FC_CONNACK)
		return state & MQTT_STATE_ACCEPTED ? OTSEG_R_PDU_STATE : OTSEG_R_NONE;
	return state & MQTT_STATE_ACCEPTED || type == OTSEG_MQTT_FC_AUTH ? OTSEG_R_NONE :
									   OTSEG_R_PDU_STATE;
}

OTSEG_INLINE u32 mqtt_packet(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	struct mqtt_walk walk = {};
	u32 type, flags, rest, reason;

	if (!have)
		return OTSEG_R_NONE;
	type = buf[0] >> 4;
	flags = buf[0] & 15;
	if (!msg->part) {
		reason = mqtt_expected(type, flags, dir, msg);
		if (reason)
			return reason;
	}
	walk.off = mqtt_number(buf, 1, have, OTSEG_PDU_MAX, &rest);
	if (walk.off >= MQTT_STOP)
		return walk.off == MQTT_FAR ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
	walk.end = walk.off + rest;
	walk.have = msg_length(msg, walk.end, have);
	walk.kind = type;
	if (type == OTSEG_MQTT_FC_CONNECT)
		return mqtt_connect(pdu, &walk, msg);
	msg_field(msg, OTSEG_MQTT_FIELD_LEVEL, mqtt_level(msg));
	msg_field(msg, OTSEG_MQTT_FIELD_BRIDGE, !!(msg->state & MQTT_STATE_BRIDGE));
	switch (type) {
	case OTSEG_MQTT_FC_PUBLISH:
		return mqtt_publish(pdu, &walk, flags, msg);
	case OTSEG_MQTT_FC_SUBSCRIBE:
	case OTSEG_MQTT_FC_UNSUBSCRIBE:
		return mqtt_subscribe(pdu, &walk, type, msg);
	}
	reason = mqtt_session(pdu, &walk, msg);
	if (type == OTSEG_MQTT_FC_CONNACK && !(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state |= MQTT_STATE_ACCEPTED;
	return reason;
}

/**
 * otseg_mqtt_parse - make a message of the packet that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than the packet has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: filled in as far as @have shows it
 *
 * All are notices: acknowledgements touch nothing, and a broker sends what it has when it has it.
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_mqtt_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 state, reason;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	if (have > OTSEG_PDU_MAX)
		have = OTSEG_PDU_MAX;
	state = msg->state;
	msg_begin(msg, dir, OTSEG_SVC_MQTT);
	reason = mqtt_packet(pdu, have, dir, msg);
	/* the first part was all that the conversation had to know */
	if (msg->part)
		msg->state = state;
	return reason;
}

#define OTSEG_MQTT_PARSE otseg_mqtt_parse

#endif /* OTSEG_MQTT_H */
