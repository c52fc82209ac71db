/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one message has to say to a later one of another flow, or of another place in
 * the same: I/O connections that an allowed request has opened, and where publications
 * have got to. A bounded table of both, keyed by a keyed hash; an entry ends by its time.
 * Where a line is full, who has most of it makes room first, so that nobody crowds out
 * others; a publication never takes the place of a connection. Knows no protocol.
 */
#ifndef OTSEG_MEMORY_H
#define OTSEG_MEMORY_H

#include "../../include/otseg/reason.h"
#include "env.h"

#define OTSEG_MEMORY_OPEN_S 60 /* an I/O connection ends so long after its last frame */
/*
 * What was published holds at most so long, whatever it says of its validity: who gets one
 * frame of a high number through keeps its publisher out no longer. Most of those publish
 * again within 10 s, few after 60.
 */
#define OTSEG_MEMORY_VALID_S 60

/* What of both addresses but their first words adds to the key. */
OTSEG_INLINE u64 memory_lane(const u64 *seed, const u32 lane, const struct otseg_addr *source,
			     const struct otseg_addr *destination)
{
	u64 sum = 0;
	u32 i;

	for (i = 1; i < 4; i++)
		sum += otseg_hash_take(seed, lane, 2 * i + 2, source->w[i]) +
		       otseg_hash_take(seed, lane, 2 * i + 3, destination->w[i]);
	return sum;
}

/* The key of (@source, @destination, @a, @b); never 0. */
OTSEG_NOINLINE u64 memory_key(const struct otseg_env *e, const struct otseg_addr *source,
			      const struct otseg_addr *destination, u32 a, u32 b)
{
	const u64 *seed = otseg_root_of(e)->seed;
	u64 upper = memory_lane(seed, 1, source, destination);
	u64 lower = memory_lane(seed, 0, source, destination);

	return otseg_hash_more(seed, upper, lower, source->w[0], destination->w[0], a, b) | 1;
}

/* The entry of @key, NULL: none that lives. */
OTSEG_NOINLINE struct otseg_memory *memory_find(const struct otseg_env *e, u64 key)
{
	struct otseg_memory_line *line = otseg_memory_at(e, (u32)(key >> 32));
	u32 i;

	for (i = 0; line && i < OTSEG_MEMORY_WAYS; i++) {
		struct otseg_memory *entry = &line->entries[i];

		if (entry->key == key && (s32)(entry->until_s - e->now_s) >= 0)
			return entry;
	}
	return NULL;
}

#define MEMORY_IS_IO 0x1 /* in an owner */
#define MEMORY_NOT 0 /* as a score: the entry stays */
#define MEMORY_ENDED 0xffffffffu /* the same: it is over */
#define MEMORY_LEFT_MAX 0x0fffffffu /* seconds that matter for a score */

/* @sender, as owner of what it says. */
OTSEG_INLINE u32 memory_owner(const struct otseg_env *e, const struct otseg_addr *sender)
{
	return (u32)(memory_key(e, sender, sender, 0, 0) >> 32) & ~(u32)MEMORY_IS_IO;
}

/* Whether two owners are the same; without a branch, or the verifier would walk every combination. */
OTSEG_INLINE u32 memory_is_same(u32 x, u32 y)
{
	u32 differ = x ^ y;

	otseg_opaque(differ);
	return ~(differ | -differ) >> 31;
}

/* The same: whether an entry with @left_s seconds is not over. */
OTSEG_INLINE u32 memory_is_live(u32 left_s)
{
	otseg_opaque(left_s);
	return ~left_s >> 31;
}

/*
 * How readily way @i of a line makes room for an entry of @owner: by how much of the line its own owner
 * has, or would have, and then by how soon it ends. Publications never displace a connection, and a
 * connection only such of another owner who has several: nobody loses his last one to another.
 */
OTSEG_INLINE u32 memory_score(const struct otseg_env *e, const struct otseg_memory_line *line, u32 i,
			      u32 owner)
{
	u32 left_s = line->entries[i].until_s - e->now_s;
	u32 mine = line->owners[i];
	u32 rank = memory_is_same(mine, owner);
	u32 j;

	if (!memory_is_live(left_s))
		return MEMORY_ENDED;
	for (j = 0; j < OTSEG_MEMORY_WAYS; j++)
		rank += memory_is_same(line->owners[j], mine) &
			memory_is_live(line->entries[j].until_s - e->now_s);
	otseg_opaque(rank);
	if (mine != owner && mine & MEMORY_IS_IO && (!(owner & MEMORY_IS_IO) || rank < 2))
		return MEMORY_NOT;
	return rank << 28 | (left_s < MEMORY_LEFT_MAX ? MEMORY_LEFT_MAX - left_s : 0);
}

/*
 * The entry of @key; if there is none, a new one, with zeroes, in a place that is free or makes room.
 * Of those that would as readily, the one that ends first does. NULL: none does.
 */
OTSEG_NOINLINE struct otseg_memory *memory_take(const struct otseg_env *e, u64 key, u32 owner)
{
	struct otseg_memory_line *line = otseg_memory_at(e, (u32)(key >> 32));
	struct otseg_memory *entry = memory_find(e, key);
	u32 best = MEMORY_NOT;
	u32 place = 0;
	u32 score;
	u32 i;

	if (entry || !line)
		return entry;
	for (i = 0; i < OTSEG_MEMORY_WAYS; i++) {
		score = otseg_forget(e, memory_score(e, line, i, owner));
		if (score > best) {
			best = score;
			place = i;
		}
	}
	if (best == MEMORY_NOT)
		return NULL;
	place = otseg_forget(e, place) & (OTSEG_MEMORY_WAYS - 1);
	entry = &line->entries[place];
	line->owners[place] = owner;
	entry->key = key;
	entry->words[0] = 0;
	entry->words[1] = 0;
	entry->words[2] = 0;
	return entry;
}

/* Remember that frames from @source to @destination may bear @id. */
OTSEG_INLINE void memory_open(const struct otseg_env *e, const struct otseg_addr *source,
			      const struct otseg_addr *destination, u32 id)
{
	struct otseg_memory *entry = memory_take(e, memory_key(e, source, destination, id, 0),
						 memory_owner(e, &e->s->packet.src) | MEMORY_IS_IO);

	if (entry)
		entry->until_s = e->now_s + OTSEG_MEMORY_OPEN_S;
}

/* Does the packet go to a group of hosts (RFC 1112, RFC 4291)? */
OTSEG_INLINE u32 memory_is_group(const struct otseg_packet *p)
{
	u32 first = __builtin_bswap32(p->dst.w[0]);

	return p->family == 6 ? first >> 24 == 0xff : first >> 28 == 14;
}

/* Was a connection of this number opened between these two, or from the sender to a group? */
OTSEG_INLINE u32 memory_need(const struct otseg_env *e, const struct otseg_addr *source,
			     const struct otseg_addr *destination, u32 id)
{
	struct otseg_memory *entry = memory_find(e, memory_key(e, source, destination, id, 0));

	if (!entry && memory_is_group(&e->s->packet))
		entry = memory_find(e, memory_key(e, source, source, id, 0));
	if (!entry)
		return OTSEG_R_PDU_STATE;
	entry->until_s = e->now_s + OTSEG_MEMORY_OPEN_S;
	return OTSEG_R_RULE;
}

/*
 * An end of a publication: of its MAC address what rules can name, OTSEG_FIELD_SOURCE, and no more.
 * Who may publish by the same rule must not be another one here.
 */
OTSEG_INLINE struct otseg_addr memory_end(const struct otseg_addr *address)
{
	struct otseg_addr end = *address;

	end.w[0] &= __builtin_bswap32(0xffff);
	return end;
}

/*
 * Publications: the state and its repetitions count up, the revision stays, as long as what
 * was published last is valid. Twice the same is what redundant networks deliver. Samples count
 * nothing here: theirs come too fast to be told from others, and begin again every second.
 */
OTSEG_INLINE u32 memory_sequence(const struct otseg_env *e)
{
	const struct otseg_addr source = memory_end(&e->s->packet.src);
	const struct otseg_addr destination = memory_end(&e->s->packet.dst);
	const struct otseg_msg *msg = &e->s->inspection.msg;
	u32 state = msg->keep[0], number = msg->keep[1], revision = msg->keep[2];
	u32 valid_s = msg->keep[3] / 1000;
	struct otseg_memory *entry;
	u32 is_known;

	entry = memory_take(e, memory_key(e, &source, &destination, msg->unit, msg->id),
			    memory_owner(e, &source));
	if (!entry)
		return OTSEG_R_RULE;
	is_known = entry->words[0] | entry->words[2];
	if (is_known && (s32)(entry->until_s - e->now_s) >= 0) {
		if (revision != entry->words[2] || (s32)(state - entry->words[0]) < 0)
			return OTSEG_R_PDU_STATE;
		if (state == entry->words[0] && (s32)(number - entry->words[1]) < 0)
			return OTSEG_R_PDU_STATE;
	}
	entry->words[0] = state;
	entry->words[1] = number;
	entry->words[2] = revision;
	if (valid_s > OTSEG_MEMORY_VALID_S)
		valid_s = OTSEG_MEMORY_VALID_S;
	/* the clock has seconds: rounded up */
	entry->until_s = e->now_s + 1 + valid_s;
	return OTSEG_R_RULE;
}

/**
 * otseg_memory_judge - remember what a message that may pass says for later ones, or ask
 * @e: surroundings; the message is in the inspection scratch, a rule covers it
 * @unused: 0
 * @unused_too: 0
 *
 * An answer opens only what its request, which is the caller's to know, asked for.
 *
 * Return: OTSEG_R_RULE, or OTSEG_R_PDU_STATE.
 */
OTSEG_INLINE u32 otseg_memory_judge(struct otseg_env *e, u64 unused, u64 unused_too)
{
	const struct otseg_msg *msg = &e->s->inspection.msg;
	const struct otseg_packet *p = &e->s->packet;
	const struct otseg_addr *source = &p->src;
	const struct otseg_addr *destination = &p->dst;

	(void)unused;
	(void)unused_too;
	switch (msg->memory) {
	case OTSEG_MEMORY_OPEN:
		/* it is the answering side that tells the numbers of both directions */
		memory_open(e, destination, source, msg->keep[0]);
		memory_open(e, source, destination, msg->keep[1]);
		/* to a group: as if to itself */
		memory_open(e, source, source, msg->keep[1]);
		return OTSEG_R_RULE;
	case OTSEG_MEMORY_NEED:
		return memory_need(e, source, destination, msg->keep[0]);
	default:
		return memory_sequence(e);
	}
}

OTSEG_UNIT(otseg_unit_memory, otseg_memory_judge)

#endif /* OTSEG_MEMORY_H */
