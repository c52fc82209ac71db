/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * OPC UA over TCP ("opc.tcp"): names, numbers and access classes of message types and
 * services, and from the bytes of one chunk to a struct otseg_msg.
 *
 * "Part 6" is OPC 10000-6 (mappings), "Part 4" OPC 10000-4 (services), release 1.05. The
 * numbers of services are the NodeIds of the binary encodings of their request types (Part 6,
 * annex A; NodeIds.csv); Wireshark's packet-opcua has the same.
 *
 * Everything is little-endian. A chunk has its length in its header. A service's request may
 * be split into several chunks, of which only the first one tells the service: the request id of
 * an open one is kept in the state of the conversation, and what carries this very id is
 * the rest of what was judged already. Chunks of two requests do not mix.
 *
 * What can be known of security: the policy is readable at OpenSecureChannel, always. The mode
 * stands behind it, and with a policy other than None that part is encrypted. Afterwards a chunk
 * is either readable (mode sign) or not. What the client sends does not prove which: it knows
 * the keys, and can try until a ciphertext looks like a harmless request. The other side's
 * first answer does. Until then only requests which open a session or ask for servers and end
 * points are taken for readable, if their whole header is plausible.
 */
#ifndef OTSEG_OPCUA_H
#define OTSEG_OPCUA_H

#include "pdu.h"

/*
 * Object types are namespaces: type N is namespace N, which only the server can tell more
 * of. Namespace 0, that of the standard itself, is 255, because 0 is no type.
 */
#define OTSEG_OPCUA_NAMESPACE_0 255

/* clang-format off */
#define OTSEG_OPCUA_OBJECTS(X) \
	X(NAMESPACE_0, OTSEG_OPCUA_NAMESPACE_0, "namespace-0", 0xffffffff, 0, \
	  "nodes of the standard's own namespace: the server, its state and methods")
/* clang-format on */

#define OPCUA_READ OTSEG_ACCESS_READ
#define OPCUA_SESSION OTSEG_ACCESS_SESSION
#define OPCUA_PROGRAM OTSEG_ACCESS_PROGRAM
/* A method does what its node stands for: set-points, restart, firmware. */
#define OPCUA_CALL (OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_PROGRAM)
/* Turns the roles of the two sides round: only a rule that names it permits it. */
#define OPCUA_REVERSE (OTSEG_ACCESS_CONTROL | OTSEG_ACCESS_VENDOR)
/* Not to be read, so it may be anything. */
#define OPCUA_ANYTHING (OPCUA_READ | OPCUA_CALL | OTSEG_ACCESS_VENDOR)

/*
 * What an array of operations of a request is made of, one step for each part, lowest nibble
 * first: where the nodes are that it addresses.
 */
enum otseg_opcua_step {
	OPCUA_END,
	OPCUA_NODE, /* a NodeId that is addressed */
	OPCUA_NODE_AGAIN, /* a NodeId that is not: a type of references */
	OPCUA_1, /* so many bytes */
	OPCUA_4,
	OPCUA_8,
	OPCUA_STRING, /* or ByteString */
	OPCUA_NAME, /* QualifiedName */
	OPCUA_VALUE, /* DataValue */
	OPCUA_VALUES, /* array of Variant */
	OPCUA_EXTENSION, /* ExtensionObject */
};

#define OPCUA_STEPS(a, b, c, d, e)                                                  \
	((u64)OPCUA_##a | (u64)OPCUA_##b << 4 | (u64)OPCUA_##c << 8 | (u64)OPCUA_##d << 12 | \
	 (u64)OPCUA_##e << 16)

#define OTSEG_OPCUA_FN_READABLE 0x10 /* needs no session: Part 4, 5.5 and 5.7.2 */
#define OTSEG_OPCUA_FN_NODES 0x20 /* addresses nodes */

/*
 * X(ID, code, "name", access, object type, flags). Codes below 256 are ours: message types that are
 * no service, and what cannot be told. Clauses of Part 4 are in the documentation.
 */
/* clang-format off */
#define OTSEG_OPCUA_FUNCTIONS(X) \
	X(HELLO, 1, "hello", OPCUA_SESSION, 0, 0) \
	X(REVERSE_HELLO, 2, "reverse-hello", OPCUA_REVERSE, 0, 0) \
	X(ERROR, 3, "error", OPCUA_SESSION, 0, 0) \
	X(CONTINUATION, 4, "continuation", OPCUA_SESSION, 0, 0) \
	X(ABORT, 5, "abort", OPCUA_SESSION, 0, 0) \
	X(ENCRYPTED, 6, "encrypted", OPCUA_ANYTHING, 0, OTSEG_FN_OPAQUE) \
	X(FIND_SERVERS, 422, "find-servers", OPCUA_READ, 0, OTSEG_OPCUA_FN_READABLE) \
	X(GET_ENDPOINTS, 428, "get-endpoints", OPCUA_SESSION, 0, OTSEG_OPCUA_FN_READABLE) \
	X(REGISTER_SERVER, 437, "register-server", OPCUA_PROGRAM, 0, 0) \
	X(OPEN_SECURE_CHANNEL, 446, "open-secure-channel", OPCUA_SESSION, 0, 0) \
	X(CLOSE_SECURE_CHANNEL, 452, "close-secure-channel", OPCUA_SESSION, 0, 0) \
	X(CREATE_SESSION, 461, "create-session", OPCUA_SESSION, 0, OTSEG_OPCUA_FN_READABLE) \
	X(ACTIVATE_SESSION, 467, "activate-session", OPCUA_SESSION, 0, 0) \
	X(CLOSE_SESSION, 473, "close-session", OPCUA_SESSION, 0, 0) \
	X(CANCEL, 479, "cancel", OPCUA_SESSION, 0, 0) \
	X(ADD_NODES, 488, "add-nodes", OPCUA_PROGRAM, 0, OTSEG_OPCUA_FN_NODES) \
	X(ADD_REFERENCES, 494, "add-references", OPCUA_PROGRAM, 0, OTSEG_OPCUA_FN_NODES) \
	X(DELETE_NODES, 500, "delete-nodes", OPCUA_PROGRAM, 0, OTSEG_OPCUA_FN_NODES) \
	X(DELETE_REFERENCES, 506, "delete-references", OPCUA_PROGRAM, 0, OTSEG_OPCUA_FN_NODES) \
	X(BROWSE, 527, "browse", OPCUA_READ, 0, OTSEG_OPCUA_FN_NODES) \
	X(BROWSE_NEXT, 533, "browse-next", OPCUA_READ, 0, 0) \
	X(TRANSLATE_BROWSE_PATHS, 554, "translate-browse-paths", OPCUA_READ, 0, \
	  OTSEG_OPCUA_FN_NODES) \
	X(REGISTER_NODES, 560, "register-nodes", OPCUA_READ | OTSEG_ACCESS_CONTROL, 0, \
	  OTSEG_OPCUA_FN_NODES) \
	X(UNREGISTER_NODES, 566, "unregister-nodes", OPCUA_READ, 0, OTSEG_OPCUA_FN_NODES) \
	X(QUERY_FIRST, 615, "query-first", OPCUA_READ, 0, OTSEG_OPCUA_FN_NODES) \
	X(QUERY_NEXT, 621, "query-next", OPCUA_READ, 0, 0) \
	X(READ, 631, "read", OPCUA_READ, 0, OTSEG_OPCUA_FN_NODES) \
	X(HISTORY_READ, 664, "history-read", OPCUA_READ, 0, OTSEG_OPCUA_FN_NODES) \
	X(WRITE, 673, "write", OTSEG_ACCESS_WRITE, 0, OTSEG_OPCUA_FN_NODES) \
	X(HISTORY_UPDATE, 700, "history-update", OTSEG_ACCESS_WRITE | OTSEG_ACCESS_CONTROL, 0, \
	  OTSEG_OPCUA_FN_NODES) \
	X(CALL, 712, "call", OPCUA_CALL, 0, OTSEG_OPCUA_FN_NODES) \
	X(CREATE_MONITORED_ITEMS, 751, "create-monitored-items", OPCUA_READ, 0, \
	  OTSEG_OPCUA_FN_NODES) \
	X(MODIFY_MONITORED_ITEMS, 763, "modify-monitored-items", OPCUA_READ, 0, 0) \
	X(SET_MONITORING_MODE, 769, "set-monitoring-mode", OPCUA_READ, 0, 0) \
	X(SET_TRIGGERING, 775, "set-triggering", OPCUA_READ, 0, 0) \
	X(DELETE_MONITORED_ITEMS, 781, "delete-monitored-items", OPCUA_READ, 0, 0) \
	X(CREATE_SUBSCRIPTION, 787, "create-subscription", OPCUA_READ, 0, 0) \
	X(MODIFY_SUBSCRIPTION, 793, "modify-subscription", OPCUA_READ, 0, 0) \
	X(SET_PUBLISHING_MODE, 799, "set-publishing-mode", OPCUA_READ, 0, 0) \
	X(PUBLISH, 826, "publish", OPCUA_READ, 0, 0) \
	X(REPUBLISH, 832, "republish", OPCUA_READ, 0, 0) \
	X(TRANSFER_SUBSCRIPTIONS, 841, "transfer-subscriptions", \
	  OPCUA_READ | OTSEG_ACCESS_CONTROL, 0, 0) \
	X(DELETE_SUBSCRIPTIONS, 847, "delete-subscriptions", OPCUA_READ, 0, 0) \
	X(FIND_SERVERS_ON_NETWORK, 12208, "find-servers-on-network", OPCUA_READ, 0, \
	  OTSEG_OPCUA_FN_READABLE) \
	X(REGISTER_SERVER_2, 12211, "register-server-2", OPCUA_PROGRAM, 0, 0)
/* clang-format on */

enum otseg_opcua_function {
#define X(id, code, name, access, object, flags) OTSEG_OPCUA_FC_##id = (code),
	OTSEG_OPCUA_FUNCTIONS(X)
#undef X
};

#define OTSEG_OPCUA_SUBFUNCTIONS(X)

/*
 * Security policies, as they stand in a message: X(Y, ID, number, "word", "end of the URI").
 * Part 7, 6.6; the ECC ones since 1.05.
 */
/* clang-format off */
#define OTSEG_OPCUA_POLICIES(X, Y) \
	X(Y, NONE, 0, "none", "None") \
	X(Y, BASIC128RSA15, 1, "basic128rsa15", "Basic128Rsa15") \
	X(Y, BASIC256, 2, "basic256", "Basic256") \
	X(Y, BASIC256SHA256, 3, "basic256sha256", "Basic256Sha256") \
	X(Y, AES128, 4, "aes128-sha256-rsaoaep", "Aes128_Sha256_RsaOaep") \
	X(Y, AES256, 5, "aes256-sha256-rsapss", "Aes256_Sha256_RsaPss") \
	X(Y, NISTP256, 6, "ecc-nistp256", "ECC_nistP256") \
	X(Y, NISTP384, 7, "ecc-nistp384", "ECC_nistP384") \
	X(Y, BRAINPOOLP256R1, 8, "ecc-brainpoolp256r1", "ECC_brainpoolP256r1") \
	X(Y, BRAINPOOLP384R1, 9, "ecc-brainpoolp384r1", "ECC_brainpoolP384r1") \
	X(Y, CURVE25519, 10, "ecc-curve25519", "ECC_curve25519") \
	X(Y, CURVE448, 11, "ecc-curve448", "ECC_curve448")
/* clang-format on */

enum otseg_opcua_policy {
#define X(y, id, number, word, uri) OTSEG_OPCUA_POLICY_##id = (number),
	OTSEG_OPCUA_POLICIES(X, 0)
#undef X
	OTSEG_OPCUA_POLICY_OTHER = 15,
};

/* Part 4, 7.20, but for 0, which is "invalid" there: not known yet. */
enum otseg_opcua_mode {
	OTSEG_OPCUA_MODE_UNKNOWN,
	OTSEG_OPCUA_MODE_NONE,
	OTSEG_OPCUA_MODE_SIGN,
	OTSEG_OPCUA_MODE_SIGN_AND_ENCRYPT,
};

/* clang-format off */
#define OTSEG_OPCUA_FIELDS(X) \
	X(MESSAGE, 0, "message", 7, "type of the message") \
	X(CHUNK, 1, "chunk", 2, "whether the message ends with this chunk") \
	X(POLICY, 2, "security-policy", 15, "what the secure channel was opened with") \
	X(MODE, 3, "security-mode", 3, \
	  "what the channel's messages are protected by, once it is known") \
	X(REVERSE, 4, "reverse", 1, "1: the side that opened the connection is the server") \
	X(NAMESPACE, 5, "node-namespace", 0xffff, \
	  "namespace of the node that the text node names") \
	X(STATUS, 6, "status", 0xffffffff, "result of an answer, or the error")

#define OTSEG_OPCUA_POLICY_WORD(X, id, number, word, uri) \
	X(OTSEG_OPCUA_FIELD_POLICY, number, word)
#define OTSEG_OPCUA_FIELD_WORDS(X) \
	X(OTSEG_OPCUA_FIELD_MESSAGE, 1, "hello") \
	X(OTSEG_OPCUA_FIELD_MESSAGE, 2, "acknowledge") \
	X(OTSEG_OPCUA_FIELD_MESSAGE, 3, "error") \
	X(OTSEG_OPCUA_FIELD_MESSAGE, 4, "reverse-hello") \
	X(OTSEG_OPCUA_FIELD_MESSAGE, 5, "open") \
	X(OTSEG_OPCUA_FIELD_MESSAGE, 6, "close") \
	X(OTSEG_OPCUA_FIELD_MESSAGE, 7, "message") \
	X(OTSEG_OPCUA_FIELD_CHUNK, 0, "final") \
	X(OTSEG_OPCUA_FIELD_CHUNK, 1, "intermediate") \
	X(OTSEG_OPCUA_FIELD_CHUNK, 2, "abort") \
	OTSEG_OPCUA_POLICIES(OTSEG_OPCUA_POLICY_WORD, X) \
	X(OTSEG_OPCUA_FIELD_POLICY, 15, "other") \
	X(OTSEG_OPCUA_FIELD_MODE, 1, "none") \
	X(OTSEG_OPCUA_FIELD_MODE, 2, "sign") \
	X(OTSEG_OPCUA_FIELD_MODE, 3, "sign-and-encrypt")

#define OTSEG_OPCUA_TEXTS(X) \
	X(ENDPOINT, 0, "endpoint-url", "what the client wants to be connected to") \
	X(NODE, 1, "node", "identifier of a node that has a string for it")

/* Bits 16-23 of the status codes that a whole service can fail with (Part 6, annex A.2). */
#define OTSEG_OPCUA_EXCEPTIONS(X) \
	X(UNEXPECTED, 0x01, "unexpected-error") X(INTERNAL, 0x02, "internal-error") \
	X(MEMORY, 0x03, "out-of-memory") X(RESOURCE, 0x04, "resource-unavailable") \
	X(COMMUNICATION, 0x05, "communication-error") X(ENCODING, 0x06, "encoding-error") \
	X(DECODING, 0x07, "decoding-error") X(LIMITS, 0x08, "encoding-limits-exceeded") \
	X(TIMEOUT, 0x0a, "timeout") X(UNSUPPORTED, 0x0b, "service-unsupported") \
	X(SHUTDOWN, 0x0c, "shutdown") X(NOT_CONNECTED, 0x0d, "server-not-connected") \
	X(HALTED, 0x0e, "server-halted") X(NOTHING, 0x0f, "nothing-to-do") \
	X(TOO_MANY, 0x10, "too-many-operations") X(CERTIFICATE, 0x12, "certificate-invalid") \
	X(SECURITY, 0x13, "security-checks-failed") X(USER, 0x1f, "user-access-denied") \
	X(TOKEN, 0x20, "identity-token-invalid") X(REJECTED, 0x21, "identity-token-rejected") \
	X(CHANNEL, 0x22, "secure-channel-id-invalid") X(SESSION, 0x25, "session-id-invalid") \
	X(CLOSED, 0x26, "session-closed") X(INACTIVE, 0x27, "session-not-activated") \
	X(NO_SUBSCRIPTION, 0x79, "no-subscription") \
	X(PUBLISHES, 0x78, "too-many-publish-requests") \
	X(POLICY, 0x55, "security-policy-rejected") X(MODE, 0x54, "security-mode-rejected") \
	X(MESSAGE_TYPE, 0x7e, "message-type-invalid") X(ENDPOINT, 0x83, "endpoint-url-invalid")
/* clang-format on */

#define OTSEG_OPCUA_SHAPE                                                   \
	.code_max = 0xffff, .any_type = "namespace-", .any_type_max = 254, \
	.any_max = 0xffffffff

enum otseg_opcua_field {
#define X(id, number, name, max, sentence) OTSEG_OPCUA_FIELD_##id = (number),
	OTSEG_OPCUA_FIELDS(X)
#undef X
};

enum otseg_opcua_text {
#define X(id, number, name, sentence) OTSEG_OPCUA_TEXT_##id = (number),
	OTSEG_OPCUA_TEXTS(X)
#undef X
};

enum otseg_opcua_message {
	OPCUA_HEL = 1,
	OPCUA_ACK,
	OPCUA_ERR,
	OPCUA_RHE,
	OPCUA_OPN,
	OPCUA_CLO,
	OPCUA_MSG,
};

#define OPCUA_AT_CHUNK 3
#define OPCUA_AT_SIZE 4
#define OPCUA_AT_BODY 8
#define OPCUA_AT_POLICY 12 /* of OPN */
#define OPCUA_AT_REQUEST 20 /* of CLO and MSG */
#define OPCUA_AT_TYPE 24
#define OPCUA_AT_HEADER 28
#define OPCUA_SIZE_MAX 0x1000000 /* of a chunk: ours; both sides agree on less (7.1.2.3) */
#define OPCUA_URL_MAX 4096 /* Part 6, 7.1.2.3 */
#define OPCUA_BUFFER_MIN 1024 /* Part 6, 7.1.2.3: 8192, with ECC 1024 */
#define OPCUA_TYPE_FAULT 397 /* ServiceFault */

/* What is kept of the conversation. */
#define OPCUA_STATE_HELLO 0x1
#define OPCUA_STATE_REVERSE 0x2
#define OPCUA_STATE_ASKED 0x4 /* the client has asked for a secure channel */
#define OPCUA_STATE_OPEN 0x8 /* and it is there */
#define OPCUA_STATE_POLICY 4 /* shift; 4 bits */
#define OPCUA_STATE_MODE 8 /* shift; 2 bits */
#define OPCUA_STATE_ANSWER 0x400u /* an answer goes on */
#define OPCUA_STATE_REQUEST 11 /* shift; 19 bits: id of the request that goes on, 0: none */
#define OPCUA_REQUEST_MAX 0x7ffffu

/* In place of an offset. */
#define OPCUA_STOP 0x10000000u
#define OPCUA_FAR (OPCUA_STOP + 0) /* it lies past the bytes at hand */
#define OPCUA_OPAQUE (OPCUA_STOP + 1) /* it is not taken apart */
#define OPCUA_LONG (OPCUA_STOP + 2) /* it lies past the end of the body */
#define OPCUA_BAD (OPCUA_STOP + 3)

#define OPCUA_OPERATIONS 512 /* steps: what OTSEG_PDU_MAX bytes can hold, about */
#define OPCUA_NAMES 32 /* nodes with a string in one request, each of which is a part */

/* @n bytes at @off. */
OTSEG_INLINE u32 opcua_pass(u32 off, u32 n, u32 end)
{
	if (off >= OPCUA_STOP)
		return off;
	return off > end || n > end - off ? OPCUA_LONG : off + n;
}

/* Whether @n bytes at @off can be read: @off, or why not. */
OTSEG_INLINE u32 opcua_see(u32 off, u32 n, u32 have, u32 end)
{
	if (off >= OPCUA_STOP)
		return off;
	if (off + n > end)
		return OPCUA_LONG;
	return off + n > have ? OPCUA_FAR : off;
}

/* Part 6, 5.2.2.4: a string or a ByteString; -1 is none. Return: where it ends. */
OTSEG_INLINE u32 opcua_string(const u8 *buf, u32 off, u32 have, u32 end)
{
	u32 len;

	off = opcua_see(off, 4, have, end);
	if (off >= OPCUA_STOP)
		return off;
	len = pdu_le32(buf, off);
	return opcua_pass(off + 4, len == 0xffffffff ? 0 : len, end);
}

/*
 * Part 6, 5.2.2.9: a NodeId; an ExpandedNodeId (5.2.2.10) if @is_expanded. Return: where it ends.
 */
OTSEG_INLINE u32 opcua_node(const u8 *buf, u32 off, u32 have, u32 end, u32 is_expanded)
{
	u32 form;
	u32 flags;

	off = opcua_see(off, 1, have, end);
	if (off >= OPCUA_STOP)
		return off;
	form = pdu_u8(buf, off);
	flags = form & 0xc0;
	if (flags && !is_expanded)
		return OPCUA_BAD;
	form &= 0x3f;
	if (form > 5)
		return OPCUA_BAD;
	if (form == 3 || form == 5)
		off = opcua_string(buf, off + 3, have, end);
	else
		off = opcua_pass(off, form == 4 ? 19 : form == 2 ? 7 : 2 + 2 * form, end);
	if (flags & 0x80)
		off = opcua_string(buf, off, have, end);
	if (flags & 0x40)
		off = opcua_pass(off, 4, end);
	return off;
}

/* Part 6, 5.2.2.15: an ExtensionObject. */
OTSEG_INLINE u32 opcua_extension(const u8 *buf, u32 off, u32 have, u32 end)
{
	u32 form;

	off = opcua_see(opcua_node(buf, off, have, end, 0), 1, have, end);
	if (off >= OPCUA_STOP)
		return off;
	form = pdu_u8(buf, off);
	if (form > 2)
		return OPCUA_BAD;
	return form ? opcua_string(buf, off + 1, have, end) : off + 1;
}

/* Bytes of a value of the built-in types whose length is fixed, by their number (Part 6, 5.1.2). */
static const u8 otseg_opcua_fixed[64] = {
	[1] = 1,
	[2] = 1,
	[3] = 1,
	[4] = 2,
	[5] = 2,
	[6] = 4,
	[7] = 4,
	[8] = 8,
	[9] = 8,
	[10] = 4,
	[11] = 8,
	[13] = 8,
	[14] = 16,
	[19] = 4,
};

/*
 * Part 6, 5.2.2.16: a Variant. Arrays of what has no fixed length, and values within values, are
 * not taken apart. Return: where it ends.
 */
OTSEG_GLOBAL u32 otseg_opcua_variant(struct otseg_pdu *pdu, u32 off, u32 have, u32 end)
{
	const u8 *buf;
	u32 form, type, size, count;

	if (!pdu)
		return OPCUA_BAD;
	buf = pdu->bytes;
	off = opcua_see(off, 1, have, end);
	if (off >= OPCUA_STOP)
		return off;
	form = pdu_u8(buf, off);
	type = form & 0x3f;
	off++;
	size = otseg_opcua_fixed[type];
	if (!type)
		return form ? OPCUA_BAD : off;
	if (form & 0x80) {
		off = opcua_see(off, 4, have, end);
		if (off >= OPCUA_STOP)
			return off;
		count = pdu_le32(buf, off);
		off += 4;
		if (count == 0xffffffff)
			count = 0;
		if (!size && count)
			return OPCUA_OPAQUE;
		if (count > OPCUA_SIZE_MAX)
			return OPCUA_LONG;
		off = opcua_pass(off, count * size, end);
		if (!(form & 0x40))
			return off;
		off = opcua_see(off, 4, have, end);
		if (off >= OPCUA_STOP)
			return off;
		count = pdu_le32(buf, off);
		if (count > OPCUA_SIZE_MAX)
			return OPCUA_LONG;
		return opcua_pass(off + 4, count * 4, end);
	}
	if (form & 0x40)
		return OPCUA_BAD;
	if (size)
		return opcua_pass(off, size, end);
	switch (type) {
	case 12: /* String, ByteString, XmlElement */
	case 15:
	case 16:
		return opcua_string(buf, off, have, end);
	case 17: /* NodeId, ExpandedNodeId */
	case 18:
		return opcua_node(buf, off, have, end, type == 18);
	case 20: /* QualifiedName */
		return opcua_string(buf, opcua_pass(off, 2, end), have, end);
	case 21: /* LocalizedText */
		off = opcua_see(off, 1, have, end);
		if (off >= OPCUA_STOP)
			return off;
		form = pdu_u8(buf, off++);
		if (form > 3)
			return OPCUA_BAD;
		if (form & 1)
			off = opcua_string(buf, off, have, end);
		return form & 2 ? opcua_string(buf, off, have, end) : off;
	case 22:
		return opcua_extension(buf, off, have, end);
	}
	return type > 25 ? OPCUA_BAD : OPCUA_OPAQUE;
}

/* Part 6, 5.2.2.17: a DataValue. */
OTSEG_INLINE u32 opcua_value(struct otseg_pdu *pdu, u32 off, u32 have, u32 end)
{
	u32 mask;

	off = opcua_see(off, 1, have, end);
	if (off >= OPCUA_STOP)
		return off;
	mask = pdu_u8(pdu->bytes, off++);
	if (mask & 0xc0)
		return OPCUA_BAD;
	if (mask & 1)
		off = otseg_opcua_variant(pdu, off, have, end);
	/* status, two times, two fractions */
	return opcua_pass(off,
			  (mask >> 1 & 1) * 4 + ((mask >> 2 & 1) + (mask >> 3 & 1)) * 8 +
				  ((mask >> 4 & 1) + (mask >> 5 & 1)) * 2,
			  end);
}

/* An array of Variant: the arguments of a method. */
OTSEG_INLINE u32 opcua_values(struct otseg_pdu *pdu, u32 off, u32 have, u32 end)
{
	u32 count;
	u32 i;

	off = opcua_see(off, 4, have, end);
	if (off >= OPCUA_STOP)
		return off;
	count = pdu_le32(pdu->bytes, off);
	off += 4;
	if (count == 0xffffffff)
		return off;
	for (i = 0; i < 8; i++) {
		if (i == count)
			return off;
		off = otseg_opcua_variant(pdu, off, have, end);
	}
	return i == count ? off : off >= OPCUA_STOP ? off : OPCUA_OPAQUE;
}

/* One step of enum otseg_opcua_step at @off. Return: where it ends. */
OTSEG_GLOBAL u32 otseg_opcua_step(struct otseg_pdu *pdu, u32 off, u32 have, u32 end, u32 step)
{
	const u8 *buf;

	if (!pdu)
		return OPCUA_BAD;
	buf = pdu->bytes;
	switch (step) {
	case OPCUA_NODE:
	case OPCUA_NODE_AGAIN:
		return opcua_node(buf, off, have, end, 0);
	case OPCUA_1:
		return opcua_pass(off, 1, end);
	case OPCUA_4:
		return opcua_pass(off, 4, end);
	case OPCUA_8:
		return opcua_pass(off, 8, end);
	case OPCUA_STRING:
		return opcua_string(buf, off, have, end);
	case OPCUA_NAME:
		return opcua_string(buf, opcua_pass(off, 2, end), have, end);
	case OPCUA_VALUE:
		return opcua_value(pdu, off, have, end);
	case OPCUA_VALUES:
		return opcua_values(pdu, off, have, end);
	case OPCUA_EXTENSION:
		return opcua_extension(buf, off, have, end);
	}
	return OPCUA_BAD;
}

/* Part 4, 7.33: the header of every request. Return: where it ends. */
OTSEG_GLOBAL u32 otseg_opcua_header(struct otseg_pdu *pdu, u32 have, u32 end, u32 off)
{
	if (!pdu)
		return OPCUA_BAD;
	off = opcua_node(pdu->bytes, off, have, end, 0); /* authentication token */
	off = opcua_pass(off, 8 + 4 + 4, end); /* time, handle, wanted diagnostics */
	off = opcua_string(pdu->bytes, off, have, end); /* audit entry */
	off = opcua_pass(off, 4, end); /* time-out */
	return opcua_extension(pdu->bytes, off, have, end);
}

#define OPCUA_KNOWN 0x80000000u

/*
 * What is known of a service, by the id of its request: access in bits 0-7, flags in 8-15,
 * OPCUA_KNOWN. 0: nothing.
 */
OTSEG_GLOBAL u32 otseg_opcua_service(u32 id)
{
	if (id < 256)
		return 0;
	switch (id) {
/* clang-format off */
#define X(id, code, name, access, object, flags) \
	case (code): \
		return OPCUA_KNOWN | (u32)(access) | (u32)(flags) << 8;
/* clang-format on */
		OTSEG_OPCUA_FUNCTIONS(X)
#undef X
	}
	return 0;
}

/* The request that @id is the answer to, 0: it is the answer to none that is known. */
OTSEG_GLOBAL u32 otseg_opcua_asked(u32 id)
{
	u32 by = id > 12000 ? 1 : 3;

	if (id == OTSEG_OPCUA_FC_OPEN_SECURE_CHANNEL + 3 ||
	    id == OTSEG_OPCUA_FC_CLOSE_SECURE_CHANNEL + 3)
		return 0;
	return id > 256 && otseg_opcua_service(id - by) ? id - by : 0;
}

/* Steps from the end of the header to the count of operations, and of one operation. */
OTSEG_INLINE u64 opcua_steps(u32 function, u32 *lead)
{
	*lead = 0;
	switch (function) {
	case OTSEG_OPCUA_FC_READ: /* Part 4, 5.11.2: age, times; ReadValueId */
		*lead = 12;
		return OPCUA_STEPS(NODE, 4, STRING, NAME, END);
	case OTSEG_OPCUA_FC_WRITE: /* 5.11.4 */
		return OPCUA_STEPS(NODE, 4, STRING, VALUE, END);
	case OTSEG_OPCUA_FC_CALL: /* 5.12.2: object, method, arguments */
		return OPCUA_STEPS(NODE, NODE, VALUES, END, END);
	case OTSEG_OPCUA_FC_BROWSE: /* 5.9.2 */
		return OPCUA_STEPS(NODE, 4, NODE_AGAIN, 1, 4) | (u64)OPCUA_4 << 20;
	case OTSEG_OPCUA_FC_REGISTER_NODES: /* 5.9.5, 5.9.6 */
	case OTSEG_OPCUA_FC_UNREGISTER_NODES:
		return OPCUA_STEPS(NODE, END, END, END, END);
	case OTSEG_OPCUA_FC_DELETE_NODES: /* 5.8.4 */
		return OPCUA_STEPS(NODE, 1, END, END, END);
	case OTSEG_OPCUA_FC_CREATE_MONITORED_ITEMS: /* 5.13.2: subscription, times; ReadValueId */
		*lead = 8;
		return OPCUA_STEPS(NODE, 4, STRING, NAME, 4) |
		       OPCUA_STEPS(4, 8, EXTENSION, 4, 1) << 20;
	case OTSEG_OPCUA_FC_HISTORY_READ: /* 5.11.3: details come first */
		return OPCUA_STEPS(NODE, STRING, NAME, STRING, END);
	}
	return 0;
}

/**
 * struct opcua_walk - what a walk through the operations of a request finds
 * @steps: of one operation
 * @end: end of the body
 * @off: where the operations begin: their count; where the walk ended
 * @names: nodes with a string
 * @others: nodes with a GUID or an opaque identifier
 * @name: offset of the wanted string's NodeId
 */
struct opcua_walk {
	u64 steps;
	u32 end;
	u32 off;
	u32 names;
	u32 others;
	u32 name;
};

/* The addressed NodeId at @off: an object of the message, or a name. */
OTSEG_INLINE void opcua_addressed(const u8 *buf, u32 off, struct opcua_walk *walk,
				  struct otseg_msg *msg)
{
	u32 form = pdu_u8(buf, off);
	u32 space = 0;
	u32 id;

	if (form == 3) {
		if (walk->names == msg->part)
			walk->name = off;
		walk->names++;
		return;
	}
	if (form > 3) {
		walk->others++;
		return;
	}
	if (form == 0) {
		id = pdu_u8(buf, off + 1);
	} else if (form == 1) {
		space = pdu_u8(buf, off + 1);
		id = pdu_le16(buf, off + 2);
	} else {
		space = pdu_le16(buf, off + 1);
		id = pdu_le32(buf, off + 3);
	}
	if (space >= OTSEG_OPCUA_NAMESPACE_0) {
		walk->others++;
		return;
	}
	msg_object(msg, space ? space : OTSEG_OPCUA_NAMESPACE_0, msg->access, id, id, 0);
}

/* Goes through all operations, as far as they can be seen. */
OTSEG_GLOBAL u32 otseg_opcua_walk(struct otseg_pdu *pdu, u32 have, struct opcua_walk *walk,
				  struct otseg_msg *msg)
{
	u32 count, off, end;
	u64 steps;
	u32 i;

	if (!pdu || !walk || !msg)
		return OTSEG_R_INTERNAL;
	end = walk->end;
	off = opcua_see(walk->off, 4, have, end);
	walk->off = off;
	if (off >= OPCUA_STOP)
		return OTSEG_R_NONE;
	count = pdu_le32(pdu->bytes, off);
	off += 4;
	if (count == 0xffffffff)
		count = 0;
	steps = walk->steps;
	otseg_for(i, OPCUA_OPERATIONS) {
		u32 step = steps & 15;
		u32 from = off;

		if (!count)
			break;
		off = otseg_opcua_step(pdu, off, have, end, step);
		if (off >= OPCUA_STOP) {
			/* a last value that is not taken apart hides no node */
			if (count > 1 || off != OPCUA_OPAQUE)
				walk->others++;
			break;
		}
		if (step == OPCUA_NODE) {
			if (off > have) {
				off = OPCUA_FAR;
				break;
			}
			opcua_addressed(pdu->bytes, from, walk, msg);
		}
		steps >>= 4;
		if (!steps) {
			steps = walk->steps;
			count--;
		}
	}
	if (count && off < OPCUA_STOP)
		off = OPCUA_FAR;
	walk->off = off;
	return OTSEG_R_NONE;
}

/* How a walk ended, in a message that is whole or so long that the rest is not seen. */
OTSEG_INLINE u32 opcua_walked(const u8 *buf, struct opcua_walk *walk, u32 is_final,
			      struct otseg_msg *msg)
{
	u32 off = walk->off;

	if (off == OPCUA_BAD)
		return OTSEG_R_PDU_MALFORMED;
	if (!is_final) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return OTSEG_R_NONE;
	}
	if (off == OPCUA_LONG || (off < OPCUA_STOP && off != walk->end))
		return OTSEG_R_PDU_LENGTH;
	if (msg->flags & OTSEG_MSG_PARTIAL)
		return OTSEG_R_NONE;
	if (off == OPCUA_FAR || walk->others)
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	if (!walk->names)
		return OTSEG_R_NONE;
	/* a rule can name nodes by number or by string, not both in one message */
	msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
	if (off == OPCUA_FAR || walk->others || msg->n_objects || walk->names > OPCUA_NAMES ||
	    msg->part >= walk->names)
		return OTSEG_R_NONE;
	msg_field(msg, OTSEG_OPCUA_FIELD_NAMESPACE, pdu_le16(buf, walk->name + 1));
	off = pdu_le32(buf, walk->name + 3);
	msg_text(msg, OTSEG_OPCUA_TEXT_NODE, walk->name + 7, off == 0xffffffff ? 0 : off);
	if (msg->part + 1 < walk->names)
		msg->flags |= OTSEG_MSG_MORE;
	return OTSEG_R_NONE;
}

/* The body of a request that addresses nodes; its header ends at @off. */
OTSEG_NOINLINE u32 opcua_nodes(struct otseg_pdu *pdu, u32 have, u32 off, u32 end,
			       struct otseg_msg *msg)
{
	u32 function = msg->function >> 16;
	struct opcua_walk walk = { .end = end };
	u32 lead, reason;

	walk.steps = opcua_steps(function, &lead);
	if (!walk.steps) {
		msg->flags |= OTSEG_MSG_OPAQUE_OBJECTS;
		return OTSEG_R_NONE;
	}
	if (function == OTSEG_OPCUA_FC_HISTORY_READ) {
		off = otseg_opcua_step(pdu, off, have, end, OPCUA_EXTENSION);
		off = opcua_pass(off, 5, end);
	} else if (function == OTSEG_OPCUA_FC_BROWSE) {
		/* a view: its node, time and version; at most so many references */
		u32 view = opcua_see(off, 2, have, end);

		off = otseg_opcua_step(pdu, off, have, end, OPCUA_NODE);
		if (view < OPCUA_STOP && off < OPCUA_STOP && off <= have &&
		    pdu_le16(pdu->bytes, view))
			opcua_addressed(pdu->bytes, view, &walk, msg);
		off = opcua_pass(off, 8 + 4 + 4, end);
	}
	walk.off = opcua_pass(off, lead, end);
	reason = otseg_opcua_walk(pdu, have, &walk, msg);
	if (reason)
		return reason;
	return opcua_walked(pdu->bytes, &walk, msg->fields[OTSEG_OPCUA_FIELD_CHUNK] == 0, msg);
}

/* Bytes of the signature behind a body (Part 7): of HMAC with SHA-1 or SHA-256. */
OTSEG_INLINE u32 opcua_signature(u32 policy)
{
	return policy == OTSEG_OPCUA_POLICY_BASIC128RSA15 || policy == OTSEG_OPCUA_POLICY_BASIC256 ?
		       20 :
		       32;
}

/* A message that cannot be read. */
OTSEG_INLINE u32 opcua_encrypted(struct otseg_msg *msg)
{
	msg_function(msg, OTSEG_OPCUA_FC_ENCRYPTED, 0, OPCUA_ANYTHING);
	msg_field(msg, OTSEG_OPCUA_FIELD_MODE, OTSEG_OPCUA_MODE_SIGN_AND_ENCRYPT);
	msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_OBJECTS | OTSEG_MSG_OPAQUE_VALUES;
	msg->kind = OTSEG_KIND_NOTICE;
	if (!(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state |= OTSEG_OPCUA_MODE_SIGN_AND_ENCRYPT << OPCUA_STATE_MODE;
	return OTSEG_R_NONE;
}

/* What pairs an answer with its request: all of the request id. */
OTSEG_INLINE void opcua_pair(struct otseg_msg *msg, u32 id, u32 kind)
{
	msg->kind = (u8)kind;
	msg->id = (u16)id;
	msg->answer = (u16)(id >> 16);
}

#define OPCUA_URI_LEN 43
#define OPCUA_URI_END 32

/* What the URIs of all policies begin with (Part 7, 6.6). */
static const struct {
	char text[OPCUA_URI_LEN + 1];
} otseg_opcua_uri = { "http://opcfoundation.org/UA/SecurityPolicy#" };

static const struct {
	u32 len;
	char end[OPCUA_URI_END];
} otseg_opcua_policies[16] = {
#define X(y, id, number, word, uri) [number] = { sizeof(uri) - 1, uri },
	OTSEG_OPCUA_POLICIES(X, 0)
#undef X
};

/* The policy whose URI of @len bytes is at OPCUA_AT_POLICY + 4, all of it at hand. */
OTSEG_GLOBAL u32 otseg_opcua_policy(struct otseg_pdu *pdu, u32 len)
{
	u32 policy = OTSEG_OPCUA_POLICY_OTHER;
	u32 differ = 0;
	u32 p, i;

	if (!pdu || len <= OPCUA_URI_LEN || len >= OPCUA_URI_LEN + OPCUA_URI_END)
		return policy;
	len -= OPCUA_URI_LEN;
	for (i = 0; i < OPCUA_URI_LEN; i++)
		differ |= pdu->bytes[OPCUA_AT_POLICY + 4 + i] ^ (u8)otseg_opcua_uri.text[i];
	if (differ)
		return policy;
	otseg_for(p, 12) {
		differ = len ^ otseg_opcua_policies[p & 15].len;
		otseg_for(i, len)
			differ |= pdu->bytes[OPCUA_AT_POLICY + 4 + OPCUA_URI_LEN +
					     (i & (OPCUA_URI_END - 1))] ^
				  (u8)otseg_opcua_policies[p & 15].end[i & (OPCUA_URI_END - 1)];
		if (!differ)
			policy = p;
	}
	return policy;
}

/* Part 6, 7.1.2.3: Hello. */
OTSEG_INLINE u32 opcua_hello(const u8 *buf, u32 have, u32 is_server, struct otseg_msg *msg)
{
	u32 len;

	if (is_server)
		return OTSEG_R_PDU_DIRECTION;
	if (msg->length < 32 || msg->length > 32 + OPCUA_URL_MAX)
		return OTSEG_R_PDU_LENGTH;
	msg_function(msg, OTSEG_OPCUA_FC_HELLO, 0, OPCUA_SESSION);
	opcua_pair(msg, 0, OTSEG_KIND_REQUEST);
	if (msg->state & OPCUA_STATE_HELLO && !(msg->state & OTSEG_STATE_AGAIN))
		return OTSEG_R_PDU_STATE;
	if (have < 32)
		return OTSEG_R_NONE;
	if (pdu_le32(buf, 12) < OPCUA_BUFFER_MIN || pdu_le32(buf, 16) < OPCUA_BUFFER_MIN)
		return OTSEG_R_PDU_MALFORMED;
	len = pdu_le32(buf, 28);
	if (len == 0xffffffff)
		len = 0;
	if (len != msg->length - 32)
		return OTSEG_R_PDU_LENGTH;
	if (msg->flags & OTSEG_MSG_PARTIAL)
		return OTSEG_R_NONE;
	/* a rule may want to know it */
	if (have < msg->length)
		return OTSEG_R_PDU_NESTING;
	msg_text(msg, OTSEG_OPCUA_TEXT_ENDPOINT, 32, len);
	msg->state |= OPCUA_STATE_HELLO;
	return OTSEG_R_NONE;
}

/* Part 6, 7.1.2.4: Acknowledge. */
OTSEG_INLINE u32 opcua_acknowledge(const u8 *buf, u32 have, u32 is_server, struct otseg_msg *msg)
{
	if (!is_server)
		return OTSEG_R_PDU_DIRECTION;
	if (msg->length != 28)
		return OTSEG_R_PDU_LENGTH;
	msg_function(msg, OTSEG_OPCUA_FC_HELLO, 0, OPCUA_SESSION);
	opcua_pair(msg, 0, OTSEG_KIND_ANSWER);
	if (have >= 20 &&
	    (pdu_le32(buf, 12) < OPCUA_BUFFER_MIN || pdu_le32(buf, 16) < OPCUA_BUFFER_MIN))
		return OTSEG_R_PDU_MALFORMED;
	return OTSEG_R_NONE;
}

OTSEG_INLINE void opcua_status(struct otseg_msg *msg, u32 status)
{
	msg_field(msg, OTSEG_OPCUA_FIELD_STATUS, status);
	if (!(status >> 31))
		return;
	msg->flags |= OTSEG_MSG_EXCEPTION;
	msg->exception = (u8)(status >> 24 & 0xf ? 0xff : status >> 16);
}

/* Part 6, 7.1.2.5: Error. The client has none, but for one that was called by its server. */
OTSEG_INLINE u32 opcua_error(const u8 *buf, u32 have, u32 is_server, struct otseg_msg *msg)
{
	if (!is_server && !(msg->state & OPCUA_STATE_REVERSE))
		return OTSEG_R_PDU_DIRECTION;
	if (msg->length < 16 || msg->length > 16 + OPCUA_URL_MAX)
		return OTSEG_R_PDU_LENGTH;
	msg_function(msg, OTSEG_OPCUA_FC_ERROR, 0, OPCUA_SESSION);
	if (have < 16)
		return OTSEG_R_NONE;
	opcua_status(msg, pdu_le32(buf, 8));
	return opcua_string(buf, 12, have, msg->length) == msg->length ? OTSEG_R_NONE :
									 OTSEG_R_PDU_LENGTH;
}

/* Part 6, 7.1.2.6: ReverseHello. From now on the side that opened the connection is the server. */
OTSEG_INLINE u32 opcua_reverse_hello(const u8 *buf, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 url, end;

	if (dir != OTSEG_DIR_REQUEST)
		return OTSEG_R_PDU_DIRECTION;
	if (msg->length < 16 || msg->length > 16 + 2 * OPCUA_URL_MAX)
		return OTSEG_R_PDU_LENGTH;
	msg_function(msg, OTSEG_OPCUA_FC_REVERSE_HELLO, 0, OPCUA_REVERSE);
	msg->flags |= OTSEG_MSG_UNKNOWN;
	if (msg->state & (OPCUA_STATE_HELLO | OPCUA_STATE_REVERSE) &&
	    !(msg->state & OTSEG_STATE_AGAIN))
		return OTSEG_R_PDU_STATE;
	url = opcua_string(buf, OPCUA_AT_BODY, have, msg->length);
	end = opcua_string(buf, url, have, msg->length);
	if (end == OPCUA_FAR)
		return msg->flags & OTSEG_MSG_PARTIAL ? OTSEG_R_NONE : OTSEG_R_PDU_NESTING;
	if (end != msg->length)
		return OTSEG_R_PDU_LENGTH;
	if (have >= end)
		msg_text(msg, OTSEG_OPCUA_TEXT_ENDPOINT, url + 4, end - url - 4);
	if (!(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state |= OPCUA_STATE_REVERSE;
	return OTSEG_R_NONE;
}

/* OpenSecureChannel (Part 4, 5.6.2) without security; its type is at @off. */
OTSEG_INLINE u32 opcua_open_plain(struct otseg_pdu *pdu, u32 have, u32 off, u32 is_server,
				  struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 end = msg->length;
	u32 mode = 0;
	u32 type;

	off = opcua_see(off, 4, have, end);
	if (off == OPCUA_LONG)
		return OTSEG_R_PDU_LENGTH;
	if (off >= OPCUA_STOP)
		return msg->flags & OTSEG_MSG_PARTIAL ? OTSEG_R_NONE : OTSEG_R_PDU_NESTING;
	type = pdu_le32(buf, off);
	off += 4;
	if (is_server) {
		if (type == (1 | OPCUA_TYPE_FAULT << 16)) {
			msg->flags |= OTSEG_MSG_EXCEPTION;
			return OTSEG_R_NONE;
		}
		if (type != (1 | (OTSEG_OPCUA_FC_OPEN_SECURE_CHANNEL + 3) << 16))
			return OTSEG_R_PDU_MALFORMED;
		if (!(msg->flags & OTSEG_MSG_PARTIAL))
			msg->state |= OPCUA_STATE_OPEN;
		return OTSEG_R_NONE;
	}
	if (type != (1 | OTSEG_OPCUA_FC_OPEN_SECURE_CHANNEL << 16))
		return OTSEG_R_PDU_MALFORMED;
	/* version, kind of request, mode; nonce; lifetime */
	off = opcua_see(otseg_opcua_header(pdu, have, end, off), 12, have, end);
	if (off < OPCUA_STOP) {
		mode = pdu_le32(buf, off + 8);
		if (pdu_le32(buf, off + 4) > 1 || mode != OTSEG_OPCUA_MODE_NONE)
			return OTSEG_R_PDU_MALFORMED;
		off = opcua_pass(opcua_string(buf, off + 12, have, end), 4, end);
	}
	if (off == OPCUA_FAR)
		return msg->flags & OTSEG_MSG_PARTIAL ? OTSEG_R_NONE : OTSEG_R_PDU_NESTING;
	if (off == OPCUA_BAD)
		return OTSEG_R_PDU_MALFORMED;
	if (off != end)
		return OTSEG_R_PDU_LENGTH;
	msg_field(msg, OTSEG_OPCUA_FIELD_MODE, mode);
	if (!(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state |= OPCUA_STATE_ASKED | OTSEG_OPCUA_MODE_NONE << OPCUA_STATE_MODE;
	return OTSEG_R_NONE;
}

/* Part 6, 6.7.2.3 and 6.7.4: the secure channel is opened, or its keys are renewed. */
OTSEG_NOINLINE u32 opcua_open(struct otseg_pdu *pdu, u32 have, u32 is_server, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 state = msg->state;
	u32 len, off, policy;

	/* a policy of one character, empty certificate and thumbprint, sequence header, a type */
	if (msg->length < OPCUA_AT_POLICY + 4 + 1 + 8 + 8 + 4)
		return OTSEG_R_PDU_LENGTH;
	msg_function(msg, OTSEG_OPCUA_FC_OPEN_SECURE_CHANNEL, 0, OPCUA_SESSION);
	opcua_pair(msg, 0, is_server ? OTSEG_KIND_ANSWER : OTSEG_KIND_REQUEST);
	if (!(state & OTSEG_STATE_AGAIN) &&
	    !(state & (is_server ? OPCUA_STATE_ASKED : OPCUA_STATE_HELLO)))
		return OTSEG_R_PDU_STATE;
	if (have < OPCUA_AT_POLICY + 4)
		return OTSEG_R_NONE;
	len = pdu_le32(buf, OPCUA_AT_POLICY);
	if (len - 1 > 254)
		return OTSEG_R_PDU_MALFORMED;
	off = OPCUA_AT_POLICY + 4 + len;
	if (off > msg->length)
		return OTSEG_R_PDU_LENGTH;
	if (have < off)
		return OTSEG_R_NONE;
	policy = otseg_opcua_policy(pdu, len);
	msg_field(msg, OTSEG_OPCUA_FIELD_POLICY, policy);
	if (state & OPCUA_STATE_ASKED && !(state & OTSEG_STATE_AGAIN) &&
	    policy != (state >> OPCUA_STATE_POLICY & 15))
		return OTSEG_R_PDU_STATE;
	off = opcua_string(buf, off, have, msg->length); /* certificate */
	if (policy != OTSEG_OPCUA_POLICY_NONE) {
		/* the thumbprint is SHA-1's; what follows is encrypted (Part 6, 6.7.2.3) */
		if (off == OPCUA_LONG)
			return OTSEG_R_PDU_LENGTH;
		off = opcua_see(off, 4, have, msg->length);
		if (off < OPCUA_STOP && pdu_le32(buf, off) != 20)
			return OTSEG_R_PDU_MALFORMED;
		if (off == OPCUA_LONG || (off < OPCUA_STOP && off + 24 >= msg->length))
			return OTSEG_R_PDU_LENGTH;
		if (!(msg->flags & OTSEG_MSG_PARTIAL))
			msg->state |= is_server ? OPCUA_STATE_OPEN :
						  OPCUA_STATE_ASKED | policy << OPCUA_STATE_POLICY;
		return OTSEG_R_NONE;
	}
	off = opcua_string(buf, off, have, msg->length);
	off = opcua_pass(off, 4, msg->length); /* sequence number */
	len = opcua_see(off, 4, have, msg->length);
	if (len < OPCUA_STOP)
		opcua_pair(msg, pdu_le32(buf, len), msg->kind);
	return opcua_open_plain(pdu, have, opcua_pass(off, 4, msg->length), is_server, msg);
}

/* CloseSecureChannel (Part 4, 5.6.3); nobody answers. */
OTSEG_INLINE u32 opcua_close(struct otseg_pdu *pdu, u32 have, u32 is_server, struct otseg_msg *msg)
{
	u32 policy = msg->state >> OPCUA_STATE_POLICY & 15;
	u32 mode = msg->state >> OPCUA_STATE_MODE & 3;
	u32 end = msg->length;
	u32 off;

	if (is_server)
		return OTSEG_R_PDU_DIRECTION;
	msg_function(msg, OTSEG_OPCUA_FC_CLOSE_SECURE_CHANNEL, 0, OPCUA_SESSION);
	if (mode == OTSEG_OPCUA_MODE_SIGN)
		end -= opcua_signature(policy);
	if (end > OPCUA_SIZE_MAX || end < OPCUA_AT_HEADER)
		return OTSEG_R_PDU_LENGTH;
	if (mode != OTSEG_OPCUA_MODE_NONE && mode != OTSEG_OPCUA_MODE_SIGN)
		return OTSEG_R_NONE;
	if (have < OPCUA_AT_HEADER)
		return OTSEG_R_NONE;
	if (pdu_le32(pdu->bytes, OPCUA_AT_TYPE) != (1 | OTSEG_OPCUA_FC_CLOSE_SECURE_CHANNEL << 16))
		return OTSEG_R_PDU_MALFORMED;
	off = otseg_opcua_header(pdu, have, end, OPCUA_AT_HEADER);
	if (off == OPCUA_FAR)
		return OTSEG_R_NONE;
	if (off == OPCUA_BAD)
		return OTSEG_R_PDU_MALFORMED;
	return off == end ? OTSEG_R_NONE : OTSEG_R_PDU_LENGTH;
}

/* Part 6, 6.7.3: the sender gives up a message; a status and a reason. */
OTSEG_INLINE u32 opcua_abort(const u8 *buf, u32 have, u32 end, u32 is_server, struct otseg_msg *msg)
{
	u32 id = pdu_le32(buf, OPCUA_AT_REQUEST);
	u32 open = msg->state >> OPCUA_STATE_REQUEST & OPCUA_REQUEST_MAX;
	u32 off = opcua_string(buf, OPCUA_AT_TYPE + 4, have, end);

	if (off != end && off != OPCUA_FAR)
		return OTSEG_R_PDU_LENGTH;
	if (have >= OPCUA_AT_TYPE + 4)
		opcua_status(msg, pdu_le32(buf, OPCUA_AT_TYPE));
	if (is_server && !(msg->state & OPCUA_STATE_ANSWER)) {
		/* instead of an answer */
		opcua_pair(msg, id, OTSEG_KIND_ANSWER);
		return OTSEG_R_NONE;
	}
	msg_function(msg, OTSEG_OPCUA_FC_ABORT, 0, OPCUA_SESSION);
	if (!is_server && open && open != id && !(msg->state & OTSEG_STATE_AGAIN))
		return OTSEG_R_PDU_STATE;
	if (!(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state &= is_server ? ~OPCUA_STATE_ANSWER :
					  ~(OPCUA_REQUEST_MAX << OPCUA_STATE_REQUEST);
	return OTSEG_R_NONE;
}

/* Whether this chunk is another one of a message that was judged; 0: it begins one. */
OTSEG_INLINE u32 opcua_goes_on(const u8 *buf, u32 have, u32 is_server, const struct otseg_msg *msg)
{
	if (msg->state & OTSEG_STATE_AGAIN)
		return (have > OPCUA_AT_TYPE && pdu_u8(buf, OPCUA_AT_TYPE) != 1) ||
		       (have > OPCUA_AT_TYPE + 1 && pdu_u8(buf, OPCUA_AT_TYPE + 1));
	if (is_server)
		return msg->state & OPCUA_STATE_ANSWER;
	return msg->state >> OPCUA_STATE_REQUEST & OPCUA_REQUEST_MAX;
}

OTSEG_INLINE u32 opcua_continuation(const u8 *buf, u32 is_final, u32 is_server,
				    struct otseg_msg *msg)
{
	u32 open = msg->state >> OPCUA_STATE_REQUEST & OPCUA_REQUEST_MAX;

	msg_function(msg, OTSEG_OPCUA_FC_CONTINUATION, 0, OPCUA_SESSION);
	if (msg->state & OTSEG_STATE_AGAIN)
		return OTSEG_R_NONE;
	if (!is_server && pdu_le32(buf, OPCUA_AT_REQUEST) != open)
		return OTSEG_R_PDU_STATE;
	if (is_final && !(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state &= is_server ? ~OPCUA_STATE_ANSWER :
					  ~(OPCUA_REQUEST_MAX << OPCUA_STATE_REQUEST);
	return OTSEG_R_NONE;
}

/* Part 4, 7.34: the first chunk of an answer, of which type and result are looked at. */
OTSEG_NOINLINE u32 opcua_answer(struct otseg_pdu *pdu, u32 have, u32 end, u32 mode,
				struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 type = pdu_le16(buf, OPCUA_AT_TYPE + 2);
	u32 asked = otseg_opcua_asked(type);
	u32 service = otseg_opcua_service(asked);

	if (mode == OTSEG_OPCUA_MODE_UNKNOWN) {
		u32 time;

		if (type != OPCUA_TYPE_FAULT && !(service >> 8 & OTSEG_OPCUA_FN_READABLE))
			return opcua_encrypted(msg);
		if (have < OPCUA_AT_HEADER + 8)
			return OTSEG_R_NONE;
		/* 100 ns since 1601: within 200 years from 1950 on, or none */
		time = pdu_le16(buf, OPCUA_AT_HEADER + 6);
		if (time - 0x180 > 0x100 &&
		    (pdu_le32(buf, OPCUA_AT_HEADER) | pdu_le32(buf, OPCUA_AT_HEADER + 4)))
			return opcua_encrypted(msg);
		msg_field(msg, OTSEG_OPCUA_FIELD_MODE, OTSEG_OPCUA_MODE_SIGN);
		if (!(msg->flags & OTSEG_MSG_PARTIAL))
			msg->state |= OTSEG_OPCUA_MODE_SIGN << OPCUA_STATE_MODE;
	}
	if (end < OPCUA_AT_HEADER + 16)
		return OTSEG_R_PDU_LENGTH;
	opcua_pair(msg, pdu_le32(buf, OPCUA_AT_REQUEST), OTSEG_KIND_ANSWER);
	if (have >= OPCUA_AT_HEADER + 16)
		opcua_status(msg, pdu_le32(buf, OPCUA_AT_HEADER + 12));
	if (msg->fields[OTSEG_OPCUA_FIELD_CHUNK] && !(msg->flags & OTSEG_MSG_PARTIAL))
		msg->state |= OPCUA_STATE_ANSWER;
	if (type == OPCUA_TYPE_FAULT)
		return OTSEG_R_NONE;
	if (service) {
		msg_function(msg, asked, 0, service & 0xff);
		return OTSEG_R_NONE;
	}
	/* of a service that is unknown; but no request, and nothing of the channel itself */
	return otseg_opcua_service(type) ? OTSEG_R_PDU_DIRECTION : OTSEG_R_NONE;
}

/* Numbers, clock, handle and signature are others in each request, and none is looked at. */
OTSEG_INLINE void opcua_recurs(const u8 *buf, u32 have, u32 end, struct otseg_msg *msg)
{
	u32 off = opcua_node(buf, OPCUA_AT_HEADER, have, end, 0);

	if (off >= OPCUA_STOP)
		return;
	msg_number(msg, OTSEG_NUMBER_LE, OPCUA_AT_REQUEST, 4);
	msg->recur.is_wide = 1;
	msg_free(msg, OPCUA_AT_REQUEST - 4, 4);
	msg_free(msg, off, 8 + 4);
	msg_free(msg, end, msg->length - end);
}

/* Part 4, 7.33: the first chunk of a request. */
OTSEG_INLINE u32 opcua_request(struct otseg_pdu *pdu, u32 have, u32 end, u32 mode,
			       struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 id = pdu_le32(buf, OPCUA_AT_REQUEST);
	u32 type = pdu_le16(buf, OPCUA_AT_TYPE + 2);
	u32 is_final = msg->fields[OTSEG_OPCUA_FIELD_CHUNK] == 0;
	u32 service = otseg_opcua_service(type);
	u32 off = otseg_opcua_header(pdu, have, end, OPCUA_AT_HEADER);

	if (mode == OTSEG_OPCUA_MODE_UNKNOWN) {
		if (!(service >> 8 & OTSEG_OPCUA_FN_READABLE) || !is_final)
			return opcua_encrypted(msg);
		if (off == OPCUA_FAR && msg->flags & OTSEG_MSG_PARTIAL)
			return OTSEG_R_NONE;
		/* there is no session yet, so no token */
		if (off >= OPCUA_STOP || pdu_le16(buf, OPCUA_AT_HEADER))
			return opcua_encrypted(msg);
	}
	if (type == OPCUA_TYPE_FAULT || otseg_opcua_asked(type))
		return OTSEG_R_PDU_DIRECTION;
	if (type == OTSEG_OPCUA_FC_OPEN_SECURE_CHANNEL ||
	    type == OTSEG_OPCUA_FC_CLOSE_SECURE_CHANNEL)
		return OTSEG_R_PDU_MALFORMED;
	opcua_pair(msg, id, OTSEG_KIND_REQUEST);
	if (is_final)
		opcua_recurs(buf, have, end, msg);
	if (service) {
		msg_function(msg, type, 0, service & 0xff);
	} else {
		msg_function(msg, type, 0, OTSEG_ACCESS_VENDOR);
		msg->flags |= OTSEG_MSG_UNKNOWN | OTSEG_MSG_OPAQUE_OBJECTS;
	}
	/* written values have types of their own */
	msg->flags |= OTSEG_MSG_OPAQUE_VALUES;
	if (off == OPCUA_BAD)
		return OTSEG_R_PDU_MALFORMED;
	if (is_final) {
		if (off == OPCUA_LONG)
			return OTSEG_R_PDU_LENGTH;
	} else {
		if (!id || id > OPCUA_REQUEST_MAX)
			return OTSEG_R_PDU_STATE;
		if (!(msg->flags & OTSEG_MSG_PARTIAL))
			msg->state |= id << OPCUA_STATE_REQUEST;
	}
	if (service >> 8 & OTSEG_OPCUA_FN_NODES)
		return opcua_nodes(pdu, have, off, end, msg);
	return OTSEG_R_NONE;
}

/* Part 6, 6.7.2: a chunk of a service's request or answer. */
OTSEG_INLINE u32 opcua_service_chunk(struct otseg_pdu *pdu, u32 have, u32 is_server,
				     struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 chunk = msg->fields[OTSEG_OPCUA_FIELD_CHUNK];
	u32 policy = msg->state >> OPCUA_STATE_POLICY & 15;
	u32 mode = msg->state >> OPCUA_STATE_MODE & 3;
	u32 end = msg->length;

	if (mode == OTSEG_OPCUA_MODE_SIGN_AND_ENCRYPT || policy > OTSEG_OPCUA_POLICY_AES256)
		return opcua_encrypted(msg);
	if (mode != OTSEG_OPCUA_MODE_NONE)
		end -= opcua_signature(policy);
	if (end > OPCUA_SIZE_MAX || end < OPCUA_AT_TYPE)
		return mode ? OTSEG_R_PDU_LENGTH : opcua_encrypted(msg);
	if (have < OPCUA_AT_TYPE)
		return OTSEG_R_NONE;
	if (mode) {
		if (chunk == 2)
			return opcua_abort(buf, have, end, is_server, msg);
		if (opcua_goes_on(buf, have, is_server, msg))
			return opcua_continuation(buf, chunk == 0, is_server, msg);
	} else if (chunk == 2) {
		return opcua_encrypted(msg);
	}
	if (end < OPCUA_AT_HEADER)
		return mode ? OTSEG_R_PDU_LENGTH : opcua_encrypted(msg);
	/* the binary encoding's NodeId of four bytes in namespace 0 (Part 6, 5.2.9) */
	if (have > OPCUA_AT_TYPE && pdu_u8(buf, OPCUA_AT_TYPE) != 1)
		return mode ? OTSEG_R_PDU_MALFORMED : opcua_encrypted(msg);
	if (have > OPCUA_AT_TYPE + 1 && pdu_u8(buf, OPCUA_AT_TYPE + 1))
		return mode ? OTSEG_R_PDU_MALFORMED : opcua_encrypted(msg);
	if (have < OPCUA_AT_HEADER)
		return OTSEG_R_NONE;
	if (is_server)
		return opcua_answer(pdu, have, end, mode, msg);
	return opcua_request(pdu, have, end, mode, msg);
}

#define OPCUA_LETTERS(a, b, c) ((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16)

/* Of a size that no linker merges: 32 bytes would leave .rodata. */
static const u32 otseg_opcua_letters[9] = {
	[OPCUA_HEL] = OPCUA_LETTERS('H', 'E', 'L'), [OPCUA_ACK] = OPCUA_LETTERS('A', 'C', 'K'),
	[OPCUA_ERR] = OPCUA_LETTERS('E', 'R', 'R'), [OPCUA_RHE] = OPCUA_LETTERS('R', 'H', 'E'),
	[OPCUA_OPN] = OPCUA_LETTERS('O', 'P', 'N'), [OPCUA_CLO] = OPCUA_LETTERS('C', 'L', 'O'),
	[OPCUA_MSG] = OPCUA_LETTERS('M', 'S', 'G'),
};

/* The type of the message (Part 6, 7.1.2.2), of @have bytes at most 3; 0: there is no such one. */
OTSEG_GLOBAL u32 otseg_opcua_message(u32 letters, u32 have)
{
	u32 mask = have < 3 ? (1u << 8 * have) - 1 : 0xffffff;
	u32 message = 0;
	u32 i;

	for (i = OPCUA_HEL; i <= OPCUA_MSG; i++) {
		if (!((otseg_opcua_letters[i] ^ letters) & mask))
			message = i;
	}
	return message;
}

OTSEG_INLINE u32 opcua_chunk(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	const u8 *buf = pdu->bytes;
	u32 is_server = (dir == OTSEG_DIR_RESPONSE) ^ !!(msg->state & OPCUA_STATE_REVERSE);
	u32 letters = 0;
	u32 message, chunk;

	if (have > 0)
		letters = buf[0];
	if (have > 1)
		letters |= (u32)buf[1] << 8;
	if (have > 2)
		letters |= (u32)buf[2] << 16;
	message = otseg_opcua_message(letters, have);
	if (!message)
		return OTSEG_R_PDU_PROTOCOL;
	if (have < 4)
		return OTSEG_R_NONE;
	chunk = buf[OPCUA_AT_CHUNK];
	if (chunk != 'F' && (message != OPCUA_MSG || (chunk != 'C' && chunk != 'A')))
		return OTSEG_R_PDU_MALFORMED;
	msg_field(msg, OTSEG_OPCUA_FIELD_MESSAGE, message);
	msg_field(msg, OTSEG_OPCUA_FIELD_CHUNK, chunk == 'F' ? 0 : chunk == 'C' ? 1 : 2);
	msg_field(msg, OTSEG_OPCUA_FIELD_REVERSE,
		  message == OPCUA_RHE || msg->state & OPCUA_STATE_REVERSE);
	if (have < OPCUA_AT_BODY)
		return OTSEG_R_NONE;
	if (pdu_le32(buf, OPCUA_AT_SIZE) - OPCUA_AT_BODY > OPCUA_SIZE_MAX - OPCUA_AT_BODY)
		return OTSEG_R_PDU_LENGTH;
	have = msg_length(msg, pdu_le32(buf, OPCUA_AT_SIZE), have);
	switch (message) {
	case OPCUA_HEL:
		return opcua_hello(buf, have, is_server, msg);
	case OPCUA_ACK:
		return opcua_acknowledge(buf, have, is_server, msg);
	case OPCUA_ERR:
		return opcua_error(buf, have, is_server, msg);
	case OPCUA_RHE:
		return opcua_reverse_hello(buf, have, dir, msg);
	case OPCUA_OPN:
		return opcua_open(pdu, have, is_server, msg);
	}
	if (!(msg->state & (OPCUA_STATE_OPEN | OTSEG_STATE_AGAIN)))
		return OTSEG_R_PDU_STATE;
	msg_field(msg, OTSEG_OPCUA_FIELD_POLICY, msg->state >> OPCUA_STATE_POLICY & 15);
	if (msg->state >> OPCUA_STATE_MODE & 3)
		msg_field(msg, OTSEG_OPCUA_FIELD_MODE, msg->state >> OPCUA_STATE_MODE & 3);
	if (message == OPCUA_CLO)
		return opcua_close(pdu, have, is_server, msg);
	return opcua_service_chunk(pdu, have, is_server, msg);
}

/**
 * otseg_opcua_parse - make a message of the chunk that begins at @pdu
 * @pdu: its bytes
 * @have: their number; fewer than the chunk has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: filled in as far as @have shows it
 *
 * Parts of a message are its nodes whose identifiers are strings, if all are.
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_GLOBAL u32 otseg_opcua_parse(struct otseg_pdu *pdu, u32 have, u32 dir, struct otseg_msg *msg)
{
	u32 state, reason;

	if (!pdu || !msg)
		return OTSEG_R_INTERNAL;
	if (have > OTSEG_PDU_MAX)
		have = OTSEG_PDU_MAX;
	state = msg->state;
	msg_begin(msg, dir, OTSEG_SVC_OPCUA);
	reason = opcua_chunk(pdu, have, dir, msg);
	if (msg->part) {
		/* the first part was all that the conversation had to know */
		msg->state = state;
		if (msg->kind == OTSEG_KIND_REQUEST)
			msg->kind = OTSEG_KIND_NOTICE;
	}
	return reason;
}

#define OTSEG_OPCUA_PARSE otseg_opcua_parse

#endif /* OTSEG_OPCUA_H */
