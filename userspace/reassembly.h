/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP streams of a capture, put together in order. For reading captures only:
 * it believes every segment, which a firewall must not.
 */
#ifndef OTSEG_REASSEMBLY_H
#define OTSEG_REASSEMBLY_H

#include <jansson.h>
#include <stdbool.h>

#include "../bpf/engine/packet.h"

#define OTSEG_REASSEMBLY_KEPT 1024 /* bytes of an unfinished PDU that are kept */
#define OTSEG_REASSEMBLY_REQUESTS 64 /* requests remembered for each connection */

/**
 * struct otseg_stream - one direction of a connection
 * @next: sequence number after the last byte that was taken
 * @hole_end: where the stream went on when bytes were missing
 * @hole: first missing byte
 * @skip: bytes to come of a PDU that was looked at already
 * @n_kept: bytes in @kept
 * @known: @next is meaningful
 * @kept: the beginning of a PDU that goes on in a later segment
 */
struct otseg_stream {
	u32 next;
	u32 hole_end;
	u32 hole;
	u32 skip;
	u32 n_kept;
	bool known;
	u8 kept[OTSEG_REASSEMBLY_KEPT];
};

/**
 * struct otseg_asked - a request that may be answered
 * @function: function << 16 | sub-function
 * @id: transaction
 * @unit: unit
 * @objects: what it asked for, NULL: free slot
 */
struct otseg_asked {
	u32 function;
	u16 id;
	u16 unit;
	json_t *objects;
};

/**
 * struct otseg_connection - both directions of a TCP connection, or of what takes its place
 * @key: its ends
 * @state: what the inspector keeps of it
 * @opener: which of the ends began it, counted as in @streams, plus one; 0: not known
 * @streams: by direction: 0 from the end with the lower address and port
 * @asked: requests without an answer, a ring
 * @asked_at: where the next one goes
 * @next: the next connection with the same hash
 */
struct otseg_connection {
	struct {
		struct otseg_addr address[2];
		u16 port[2];
	} key;
	u32 state;
	u32 opener;
	struct otseg_stream streams[2];
	struct otseg_asked asked[OTSEG_REASSEMBLY_REQUESTS];
	u32 asked_at;
	struct otseg_connection *next;
};

struct otseg_reassembly;

struct otseg_reassembly *otseg_reassembly_create(void);
void otseg_reassembly_free(struct otseg_reassembly *reassembly);
struct otseg_connection *otseg_reassembly_find(struct otseg_reassembly *reassembly,
					       const struct otseg_packet *packet,
					       struct otseg_stream **stream);
u32 otseg_reassembly_end(const struct otseg_packet *packet);
const u8 *otseg_reassembly_feed(struct otseg_reassembly *reassembly, struct otseg_stream *stream,
				const struct otseg_packet *packet, const u8 *payload, u32 *n_bytes);
void otseg_reassembly_keep(struct otseg_stream *stream, const u8 *bytes, u32 n_bytes);

#endif /* OTSEG_REASSEMBLY_H */
