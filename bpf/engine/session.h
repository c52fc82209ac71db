/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of one inspected flow. Of TCP: how far each direction has been inspected,
 * the bytes that passed and may come again, and the requests whose answers are
 * due. Lives in a slot of an array that the flow entry names; read and written
 * only under the slot's busy mark. stream.h owns what happens to it.
 */
#ifndef OTSEG_SESSION_H
#define OTSEG_SESSION_H

#include "message.h"

#define OTSEG_STREAM_WINDOW 4096 /* bytes of one direction that may be unacknowledged; a power of two */
#define OTSEG_STREAM_PIECE 512 /* bytes written to a window at a time */
#define OTSEG_INSPECTION_BYTES 8192 /* room for a window and an open PDU; a power of two */
#define OTSEG_SEGMENT_PDUS 128 /* messages that one segment may complete; a power of two */
#define OTSEG_REQUESTS 32 /* outstanding requests remembered; a power of two */
#define OTSEG_EFFORT_MAX 4096 /* rules, objects, words and bytes that one segment may have looked up */
#define OTSEG_SESSIONS 4096 /* inspected flows at a time, 10 KiB each */
#define OTSEG_SEGMENT_SESSIONS 64 /* a power of two */
#define OTSEG_SESSION_SEGMENTS (OTSEG_SESSIONS / OTSEG_SEGMENT_SESSIONS)
#define OTSEG_RECUR_MAX 176 /* bytes of a message that is known again; a multiple of 8 */
#define OTSEG_RECURRENCES 4 /* such messages of one flow; a power of two */
#define OTSEG_RECUR_PARTS 4 /* messages of such a PDU */
#define OTSEG_SESSION_WAYS 32 /* slots that a flow may take: so many that nearly all are used */

/**
 * struct otseg_cursor - how far one direction of a stream has been inspected
 * @next: sequence number of the first byte that has not passed
 * @acked: the receiver has acknowledged what is before it; never past @next
 * @pdu: where the PDU begins that @next lies in; @next at a boundary; after @next: the
 *	end of a PDU that was judged by its beginning, whose rest is to come
 * @base: a PDU boundary from which judging can begin again; not after @acked, or the end of a
 *	long PDU whose beginning is acknowledged
 * @mark: a later boundary, the next @base; or the end of a long PDU
 * @mark_needs: what has to be acknowledged for that
 * @body: with OTSEG_CURSOR_BODY: from there to @body_end nothing was judged: it is the rest of
 *	a PDU longer than what is looked at. Such bytes are not in the window
 * @body_end: where that PDU ends; once more has passed, from where on bytes are in the window again
 * @renew: bytes before it were judged under an older policy generation
 * @generation: of the policy under which the bytes from @renew on were judged
 * @flags: OTSEG_CURSOR_*
 * @origin: low bits of the sequence number that has place 0 in the window; it moves only
 *	while the window holds nothing that matters
 */
struct otseg_cursor {
	u32 next;
	u32 acked;
	u32 pdu;
	u32 base;
	u32 mark;
	u32 mark_needs;
	u32 body;
	u32 body_end;
	u32 renew;
	u32 generation;
	u16 flags;
	u16 origin;
};

#define OTSEG_CURSOR_VALID 0x1 /* @next is known */
#define OTSEG_CURSOR_MOVED 0x2 /* data has passed */
#define OTSEG_CURSOR_ACKED 0x4 /* the receiver has confirmed @acked: below it, anything passes */
#define OTSEG_CURSOR_RENEW 0x8 /* @renew is meaningful */
#define OTSEG_CURSOR_BODY 0x10 /* @body is meaningful, and @body_end not acknowledged */
#define OTSEG_CURSOR_ADOPTED 0x20 /* what came first was not seen; without VALID, nothing has been yet */
#define OTSEG_CURSOR_TOLD 0x40 /* adopted: the receiver has said that it waits for @next */
#define OTSEG_CURSOR_MARKS 0x80 /* requests: the session's @marks are meaningful */

#define OTSEG_MARKS 16 /* boundaries behind the next @base that are known */
#define OTSEG_MARK_GAP 256 /* bytes from one to the next, at least */

/**
 * struct otseg_boundary - a boundary between PDUs, from which judging can begin again
 * @at: where
 * @needs: once this is acknowledged: @at, or of the end of a long PDU, where its @body begins:
 *	a receiver that has begun with it gets it to its end
 */
struct otseg_boundary {
	u32 at;
	u32 needs;
};

#define OTSEG_REQUEST_OPEN 0x1 /* the answer has not come yet */
#define OTSEG_REQUEST_OPENS 0x2 /* OTSEG_MEMORY_OPEN */
#define OTSEG_REQUEST_BEGINS 0x8 /* OTSEG_MEMORY_BEGIN */

/**
 * struct otseg_request - one request whose answer may come
 * @function: function << 16 | sub-function
 * @id: what pairs it with its answer, as the protocol has it
 * @answer: size of the answer, as in struct otseg_msg
 * @unit: unit or station
 * @rule: the rule that allowed it, OTSEG_NONE16: none
 * @generation: of the policy that @rule speaks of, its low bits
 * @is_open: OTSEG_REQUEST_*; 0: the answer has come
 */
struct otseg_request {
	u32 function;
	u16 id;
	u16 answer;
	u16 unit;
	u16 rule;
	u16 generation;
	u16 is_open;
};

#define OTSEG_ASSOCIATIONS 8 /* of one conversation; a power of two */

/* What is known of a connection that the conversation has asked for. */
enum otseg_association_state {
	OTSEG_ASSOCIATION_ASKED,
	OTSEG_ASSOCIATION_OPEN, /* by it, as the answer says; that it has run out of time is not noted */
	OTSEG_ASSOCIATION_UNSURE, /* where to is not clear: for good */
	OTSEG_ASSOCIATION_ENDED, /* by it: the same name is another connection's from now on */
};

/**
 * struct otseg_association - a connection within the conversation, by the names that it was given
 * @name: as in @keep of struct otseg_msg
 * @route: likewise; one of more bits is never the same
 * @state: enum otseg_association_state
 */
struct otseg_association {
	u32 name[2];
	u32 route:30;
	u32 state:2;
};

/**
 * struct otseg_recurrence - a PDU that a rule has covered, to know it when it comes again (recur.h)
 * @bytes: what it has, zeroes where it may be different
 * @mask: a bit for each byte, the first one the lowest; 0: it may be different
 * @generation: of the policy that covers it; 0: nothing is known
 * @state: what the inspector kept of the conversation, before it and after it
 * @keep: what memory.h asks for
 * @unit: likewise
 * @len: bytes of the PDU, at most OTSEG_RECUR_MAX
 * @number_at: where its number is, which may differ, see struct otseg_msg_recur
 * @number_len: likewise
 * @number: likewise
 * @is_wide: likewise
 * @n_rules: used entries of @rules
 * @n_requests: 1: @request has to be remembered; 0: there is none
 * @misses: PDUs that might have had this place since it was last of use
 * @memory: enum otseg_msg_memory
 * @reserved: zero
 * @rules: the rule of each of its messages
 * @request: the request that it makes
 */
struct otseg_recurrence {
	u64 bytes[OTSEG_RECUR_MAX / 8];
	u8 mask[OTSEG_RECUR_MAX / 8];
	u32 generation;
	u32 state;
	u32 keep[4];
	u32 unit;
	u16 len;
	u16 number_at;
	u8 number_len;
	u8 number;
	u8 is_wide;
	u8 n_rules;
	u8 n_requests;
	u8 misses;
	u8 memory;
	u8 reserved;
	u16 rules[OTSEG_RECUR_PARTS];
	struct otseg_request request;
};

/**
 * struct otseg_session - an inspected flow
 * @answers: the bytes of responses that passed, each at its sequence number less @origin
 *	modulo OTSEG_STREAM_WINDOW; what is not acknowledged or belongs to an open PDU is
 *	never overwritten
 * @owner: the flow that holds the slot (its id), 0: free
 * @busy: 1 while a processor works on it
 * @asked: requests ever recorded: the next one goes to @requests[@asked modulo size]
 * @settled: requests before it are not open
 * @state: what the inspector keeps of the conversation, see struct otseg_msg
 * @dir: cursors, by enum otseg_msg_dir
 * @requests: ring; the oldest is overwritten
 * @n_marks: used entries of @marks
 * @n_associations: connections ever asked for: the next one goes to @associations[@n_associations modulo size]
 * @unused: zero
 * @asks: as @answers, the bytes of requests
 * @recurrences: PDUs that are known again, by what their ends hold
 * @associations: ring; the oldest is overwritten
 * @marks: of requests, with OTSEG_CURSOR_MARKS: PDU boundaries after the cursor's @mark, in order
 *
 * What a poll touches lies together: the end of @answers, where single ones are kept, to the
 * beginning of @asks. What follows a window is larger than OTSEG_STREAM_PIECE, so
 * that in the verifier's eyes a piece at its end stays in the slot.
 */
struct otseg_session {
	u64 answers[OTSEG_STREAM_WINDOW / 8];
	u64 owner;
	u32 busy;
	u32 asked;
	u32 settled;
	u32 state;
	struct otseg_cursor dir[2];
	struct otseg_request requests[OTSEG_REQUESTS];
	u32 n_marks;
	u32 n_associations;
	u32 unused[2];
	u64 asks[OTSEG_STREAM_WINDOW / 8];
	struct otseg_recurrence recurrences[OTSEG_RECURRENCES];
	struct otseg_boundary marks[OTSEG_MARKS];
	struct otseg_association associations[OTSEG_ASSOCIATIONS];
};

_Static_assert(sizeof(struct otseg_request) == 16, "four to a cache line");
_Static_assert(sizeof(struct otseg_session) % 64 == 0, "whole cache lines");
_Static_assert(__builtin_offsetof(struct otseg_session, asks) % 64 == 0, "a line of its own");
_Static_assert(sizeof(struct otseg_session) - __builtin_offsetof(struct otseg_session, asks) >=
		       OTSEG_STREAM_WINDOW + OTSEG_STREAM_PIECE,
	       "the tail covers a piece");

/**
 * struct otseg_refused - the first message of a segment that no rule covers
 * @function: as in struct otseg_msg, like the rest
 * @unit: unit
 * @first: lowest object, if it addresses one run of them
 * @last: highest object
 * @access: classes of access
 * @flags: OTSEG_MSG_*
 * @type: type of the objects
 * @has_object: it addresses one run of objects
 */
struct otseg_refused {
	u32 function;
	u32 unit;
	u32 first;
	u32 last;
	u8 access;
	u8 flags;
	u8 type;
	u8 has_object;
};

/**
 * struct otseg_inspection - scratch memory of the inspection of one segment
 * @msg: the message at hand
 * @service: enum otseg_service of the flow
 * @leaf: leaf of the flow
 * @slot: of its session, plus one, while that is held from one program to the next; 0: it is not
 * @task: what the payload waits for, STREAM_*; 0: nothing has been done yet
 * @is_monitored: refusals are reported and change nothing
 * @is_lost: where the next PDU begins is not known
 * @rule: the rule that covers the message
 * @stop: what the rule that got furthest stopped for
 * @verdict: of the segment
 * @at: offset in @bytes of the PDU at hand
 * @end: offset in @bytes after the last byte at hand
 * @from: offset in @bytes of the segment's first new byte
 * @owed: how many bytes before that belong to a PDU that was judged by its beginning
 * @part: which message of the PDU at hand is next
 * @state: what the inspector keeps of the conversation, as far as the segment has come
 * @effort: steps taken to judge it, see OTSEG_EFFORT_MAX
 * @memory: bits of enum otseg_msg_memory of the messages so far
 * @asked: of the answer at hand, what its request is: OTSEG_REQUEST_*
 * @n_messages: whole PDUs so far
 * @n_requests: used entries of @requests
 * @answered: bit i: the segment answers request i of the session
 * @ended: bit i: the segment ends association i of the session
 * @n_rules: used entries of @rules
 * @n_limited: used entries of @limited
 * @refused: told to whoever listens
 * @requests: those that the segment makes, recorded if it passes
 * @rules: the rule of each of its messages
 * @limited: of these, each one once that has a limit
 * @bytes: an open PDU from the window, then the segment's new bytes
 */
struct otseg_inspection {
	struct otseg_msg msg;
	u32 service;
	u32 leaf;
	u32 slot;
	u32 task;
	u32 is_monitored;
	u32 is_lost;
	u32 rule;
	u32 stop;
	u32 verdict;
	u32 at;
	u32 end;
	u32 from;
	u32 owed;
	u32 part;
	u32 state;
	u32 effort;
	u32 memory;
	u32 asked;
	u32 n_messages;
	u32 n_requests;
	u32 answered;
	u32 ended;
	u32 n_rules;
	u32 n_limited;
	struct otseg_refused refused;
	struct otseg_request requests[OTSEG_REQUESTS];
	u32 rules[OTSEG_SEGMENT_PDUS];
	u32 limited[OTSEG_SEGMENT_PDUS];
	u64 bytes[OTSEG_INSPECTION_BYTES / 8];
};

#endif /* OTSEG_SESSION_H */
