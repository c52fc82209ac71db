// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reassembly for the reader of a capture. A capture may begin in the middle of a
 * connection and lack segments; after a hole a stream goes on at the next segment,
 * which is taken to begin with a PDU.
 */
#include <stdlib.h>
#include <string.h>

#include "reassembly.h"

#define BUCKETS 4096
#define WORK_SIZE (OTSEG_REASSEMBLY_KEPT + 65536)

struct otseg_reassembly {
	struct otseg_connection *buckets[BUCKETS];
	u8 work[WORK_SIZE];
};

/**
 * otseg_reassembly_create - begin with no connection
 *
 * Return: the reassembly, or NULL without memory.
 */
struct otseg_reassembly *otseg_reassembly_create(void)
{
	return calloc(1, sizeof(struct otseg_reassembly));
}

/**
 * otseg_reassembly_free - forget all connections
 * @reassembly: the reassembly, or NULL
 */
void otseg_reassembly_free(struct otseg_reassembly *reassembly)
{
	struct otseg_connection *connection, *next;
	size_t i, r;

	if (!reassembly)
		return;
	for (i = 0; i < BUCKETS; i++) {
		for (connection = reassembly->buckets[i]; connection; connection = next) {
			next = connection->next;
			for (r = 0; r < OTSEG_REASSEMBLY_REQUESTS; r++)
				json_decref(connection->asked[r].objects);
			free(connection);
		}
	}
	free(reassembly);
}

static u32 key_hash(const struct otseg_connection *key)
{
	u32 hash = 0, i;

	for (i = 0; i < 4; i++) {
		hash = otseg_hash_fold(hash, key->key.address[0].w[i]);
		hash = otseg_hash_fold(hash, key->key.address[1].w[i]);
	}
	return otseg_hash_fold(hash, (u32)key->key.port[0] << 16 | key->key.port[1]) % BUCKETS;
}

/**
 * otseg_reassembly_end - which end of its connection a packet comes from
 * @packet: the packet
 *
 * Return: 0 or 1, as the streams are counted.
 */
u32 otseg_reassembly_end(const struct otseg_packet *packet)
{
	int order = memcmp(&packet->src, &packet->dst, sizeof(packet->src));

	if (!order)
		order = packet->sport < packet->dport ? -1 : 1;
	return order > 0;
}

/**
 * otseg_reassembly_find - find the connection of a segment, or begin it
 * @reassembly: the reassembly
 * @packet: the segment
 * @stream: takes the direction that it belongs to
 *
 * Return: the connection, or NULL without memory.
 */
struct otseg_connection *otseg_reassembly_find(struct otseg_reassembly *reassembly,
					       const struct otseg_packet *packet,
					       struct otseg_stream **stream)
{
	struct otseg_connection key, *connection;
	u32 from = otseg_reassembly_end(packet);

	memset(&key, 0, sizeof(key));
	key.key.address[from] = packet->src;
	key.key.address[!from] = packet->dst;
	key.key.port[from] = packet->sport;
	key.key.port[!from] = packet->dport;
	for (connection = reassembly->buckets[key_hash(&key)]; connection;
	     connection = connection->next) {
		if (!memcmp(&connection->key, &key.key, sizeof(key.key)))
			break;
	}
	if (!connection) {
		connection = calloc(1, sizeof(*connection));
		if (!connection)
			return NULL;
		connection->key = key.key;
		connection->next = reassembly->buckets[key_hash(&key)];
		reassembly->buckets[key_hash(&key)] = connection;
	}
	*stream = &connection->streams[from];
	return connection;
}

/* A segment that the capture has later than its successor. */
static bool fills_hole(const struct otseg_stream *stream, u32 seq, u32 len)
{
	return stream->hole != stream->hole_end && (s32)(seq - stream->hole) >= 0 &&
	       (s32)(seq + len - stream->hole_end) <= 0;
}

/**
 * otseg_reassembly_feed - take a segment
 * @reassembly: the reassembly
 * @stream: the direction that it belongs to
 * @packet: the segment
 * @payload: its payload
 * @n_bytes: takes the number of bytes to look at
 *
 * Bytes that were there before are left out.
 *
 * Return: the bytes to look at, kept ones first; valid until the next call.
 */
const u8 *otseg_reassembly_feed(struct otseg_reassembly *reassembly, struct otseg_stream *stream,
				const struct otseg_packet *packet, const u8 *payload, u32 *n_bytes)
{
	u32 len = packet->payload_len;
	u32 seq = packet->seq;
	u32 skip = 0;

	*n_bytes = 0;
	if (packet->tcp_flags & OTSEG_TCP_SYN) {
		stream->known = true;
		stream->next = ++seq;
		stream->n_kept = 0;
		stream->hole = 0;
		stream->hole_end = 0;
		stream->skip = 0;
	}
	if (!len)
		return reassembly->work;
	if (!stream->known || (s32)(seq - stream->next) > 0) {
		/* the beginning of the capture, or a hole: take it for a PDU boundary */
		if (stream->known) {
			u32 missing = seq - stream->next;

			stream->hole = stream->next;
			stream->hole_end = seq;
			stream->skip = stream->skip > missing ? stream->skip - missing : 0;
		}
		stream->n_kept = 0;
		stream->next = seq;
		stream->known = true;
	} else if ((s32)(seq - stream->next) < 0) {
		if (fills_hole(stream, seq, len)) {
			stream->hole = seq + len;
			memcpy(reassembly->work, payload, len);
			*n_bytes = len;
			return reassembly->work;
		}
		skip = stream->next - seq;
		if (skip >= len)
			return reassembly->work;
	}
	memcpy(reassembly->work, stream->kept, stream->n_kept);
	memcpy(reassembly->work + stream->n_kept, payload + skip, len - skip);
	*n_bytes = stream->n_kept + len - skip;
	stream->n_kept = 0;
	stream->next = seq + len;
	skip = stream->skip < *n_bytes ? stream->skip : *n_bytes;
	stream->skip -= skip;
	*n_bytes -= skip;
	return reassembly->work + skip;
}

/**
 * otseg_reassembly_keep - keep the beginning of a PDU for the next segment
 * @stream: the direction that it belongs to
 * @bytes: the bytes; too many are forgotten
 * @n_bytes: their number
 */
void otseg_reassembly_keep(struct otseg_stream *stream, const u8 *bytes, u32 n_bytes)
{
	stream->n_kept = n_bytes <= sizeof(stream->kept) ? n_bytes : 0;
	memcpy(stream->kept, bytes, stream->n_kept);
}
