// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be done to messages of any protocol, by the carrier alone: E1 to E9. Each trick is
 * tried on a message that the rules allow and on one that they refuse.
 */
#include <string.h>

#include "../../include/otseg/service.h"
#include "../../userspace/policy/words.h"
#include "trial.h"

/* Two of them behind each other. */
static struct say say_both(u8 *room, const struct evasion_step *first,
			   const struct evasion_step *second)
{
	memcpy(room, first->bytes, first->len);
	memcpy(room + first->len, second->bytes, second->len);
	return (struct say){ .flags = A, .bytes = room, .len = first->len + second->len };
}

/* E1: pieces. */

/* Cut at each byte: the beginning passes only while it may still become something allowed. */
static void split_stream(struct trial *t)
{
	const struct evasion_step *refused = &t->face->refused, *allowed = &t->face->allowed;
	u32 at, reason;

	for (at = 1; at < refused->len; at++) {
		trial_begin(t);
		reason = trial_tell(t, 0, refused->bytes, at);
		if (reason == EVASION_PASS)
			reason = trial_tell(t, 0, refused->bytes + at, refused->len - at);
		trial_expect(t, reason, refused->reason, "the refused message, cut at %u", at);
	}
	for (at = 1; at < allowed->len; at++) {
		trial_begin(t);
		trial_expect(t, trial_tell(t, 0, allowed->bytes, at), EVASION_PASS,
			     "the allowed one to %u", at);
		trial_expect(t, trial_tell(t, 0, allowed->bytes + at, allowed->len - at),
			     EVASION_PASS, "the allowed one from %u", at);
	}
	trial_begin(t);
	for (at = 0, reason = EVASION_PASS; at < refused->len && reason == EVASION_PASS; at++)
		reason = trial_tell(t, 0, refused->bytes + at, 1);
	trial_expect(t, reason, refused->reason, "the refused message in single bytes");
	trial_expect(t, trial_tell(t, 0, refused->bytes + at - 1, 1), refused->reason,
		     "its last byte once more");
	trial_begin(t);
	for (at = 0; at < allowed->len; at++)
		trial_expect(t, trial_tell(t, 0, allowed->bytes + at, 1), EVASION_PASS,
			     "the allowed message in single bytes, number %u", at);
}

/* A datagram holds whole messages. */
static void split_datagram(struct trial *t)
{
	const struct evasion_step *refused = &t->face->refused;
	u32 at, reason;

	for (at = 1; at < refused->len; at++) {
		trial_begin(t);
		reason = trial_tell(t, 0, refused->bytes, at);
		trial_expect(t, reason == EVASION_PASS, 0,
			     "the refused message up to byte %u passes", at);
		reason = trial_tell(t, 0, refused->bytes + at, refused->len - at);
		trial_expect(t, reason == EVASION_PASS, 0,
			     "the refused message from byte %u passes", at);
	}
}

/* E2: several messages in a frame. */

static void join_stream(struct trial *t)
{
	const struct evasion_face *face = t->face;
	u8 room[2 * SEGMENT_MAX];
	struct say s = say_both(room, &face->allowed, &face->refused);

	trial_begin(t);
	trial_expect(t, trial_send(t, &s), face->refused.reason, "allowed and refused");
	/* nothing is remembered of it */
	trial_expect(t, trial_tell_step(t, &face->allowed), EVASION_PASS,
		     "the allowed one by itself");
	trial_expect(t, trial_send(t, &s), face->refused.reason, "allowed and refused");
	s = say_both(room, &face->refused, &face->allowed);
	trial_expect(t, trial_send(t, &s), face->refused.reason, "refused and allowed");
	s = say_both(room, &face->allowed, &face->allowed);
	trial_expect(t, trial_send(t, &s), EVASION_PASS, "allowed twice");
	trial_hear(t, &s);
	/* one ends in this frame, the forbidden one behind it in the next */
	s = say_both(room, &face->allowed, &face->refused);
	trial_expect(t, trial_tell(t, 0, room, face->allowed.len - 1), EVASION_PASS,
		     "all but a byte");
	trial_expect(t, trial_tell(t, 0, room + face->allowed.len - 1, face->refused.len + 1),
		     face->refused.reason, "a byte and the refused one");
}

static void join_datagram(struct trial *t)
{
	const struct evasion_face *face = t->face;
	u8 room[2 * SEGMENT_MAX];
	struct say s = say_both(room, &face->allowed, &face->refused);

	trial_begin(t);
	trial_expect(t, trial_send(t, &s), face->joined, "allowed and refused");
	s = say_both(room, &face->refused, &face->allowed);
	trial_expect(t, trial_send(t, &s),
		     face->joined == EVASION_PASS ? face->refused.reason : face->joined,
		     "refused and allowed");
	trial_expect(t, trial_tell_step(t, &face->allowed), EVASION_PASS,
		     "the allowed one by itself");
}

/* E3: other bytes at the same sequence numbers. */

static void overlap(struct trial *t)
{
	const struct evasion_step *allowed = &t->face->allowed, *refused = &t->face->refused;
	struct say s = trial_say(allowed), other = trial_say(refused);
	u32 half = allowed->len / 2;
	u8 room[2 * SEGMENT_MAX];

	trial_begin(t);
	s.len = half;
	trial_expect(t, trial_send(t, &s), EVASION_PASS, "the first half");
	s.len = allowed->len;
	memcpy(room, allowed->bytes, s.len);
	room[0] ^= 1;
	s.bytes = room;
	trial_expect(t, trial_send(t, &s), OTSEG_R_STREAM_OVERLAP,
		     "all of it, one byte of the half another");
	trial_expect(t, trial_send(t, &other),
		     memcmp(allowed->bytes, refused->bytes, half) ? OTSEG_R_STREAM_OVERLAP :
								    refused->reason,
		     "the refused one over the half");
	s.bytes = allowed->bytes;
	trial_expect(t, trial_send(t, &s), EVASION_PASS, "all of it");
	trial_expect(t, trial_send(t, &s), EVASION_PASS, "all of it, repeated");
	trial_expect(t, trial_send(t, &other), OTSEG_R_STREAM_OVERLAP,
		     "the refused one in its place");
	other = say_both(room, allowed, refused);
	trial_expect(t, trial_send(t, &other), refused->reason,
		     "repeated, and the refused one behind");
	trial_hear(t, &s);
	/* the receiver throws away what it has, and sees what is behind */
	other.ahead = -allowed->len;
	room[0] ^= 1;
	trial_expect(t, trial_send(t, &other), refused->reason,
		     "repeated otherwise, and the refused one");
	other.len = allowed->len;
	trial_expect(t, trial_send(t, &other), EVASION_PASS,
		     "repeated otherwise, when the receiver has it");
	trial_expect(t, trial_tell_step(t, refused), refused->reason, "the refused one behind it");
}

/* E4: segments ahead of their turn. */

static void out_of_order(struct trial *t)
{
	const struct evasion_step *allowed = &t->face->allowed, *refused = &t->face->refused;
	struct say ahead = trial_say(allowed);
	u32 reason;

	trial_begin(t);
	ahead.ahead = 1;
	trial_expect(t, trial_send(t, &ahead), OTSEG_R_STREAM_GAP, "allowed, a byte ahead");
	ahead.ahead = allowed->len;
	trial_expect(t, trial_send(t, &ahead), OTSEG_R_STREAM_GAP, "allowed, a message ahead");
	ahead.ahead = 1u << 20;
	trial_expect(t, trial_send(t, &ahead), OTSEG_R_TCP_WINDOW, "allowed, far ahead");
	trial_expect(t, trial_tell_step(t, allowed), EVASION_PASS, "allowed, in its turn");
	/* the second half, then the first one */
	ahead = trial_say(refused);
	ahead.bytes += refused->len / 2;
	ahead.len -= refused->len / 2;
	ahead.ahead = refused->len / 2;
	trial_expect(t, trial_send(t, &ahead), OTSEG_R_STREAM_GAP,
		     "the second half of the refused one");
	reason = trial_tell(t, 0, refused->bytes, refused->len / 2);
	if (reason == EVASION_PASS)
		reason = trial_tell(t, 0, refused->bytes + refused->len / 2,
				    refused->len - refused->len / 2);
	trial_expect(t, reason, refused->reason, "the refused one in order");
}

/* E5: frames that only the firewall believes. */

static void wrong_sum(struct frame *f)
{
	u32 at = f->bytes[f->l3 + 9] == 6 ? 16 : 6;

	f->bytes[f->l4 + at] ^= 0x40;
}

static void short_life(struct frame *f)
{
	f->bytes[f->l3 + 8] = 1;
	frame_ip_sum(f);
}

static void checksums_count(struct trial *t, int are_real)
{
	u32 i;

	for (i = 0; i < 2; i++)
		t->subjects[i]->checksums(t->subjects[i], t->subjects[i]->ifindex[0], are_real);
}

static void believed_stream(struct trial *t)
{
	const struct evasion_step *allowed = &t->face->allowed, *refused = &t->face->refused;
	struct say s = trial_say(allowed), other = trial_say(refused);
	struct say ack = { .dir = 1, .flags = A };

	checksums_count(t, 1);
	trial_begin(t);
	s.spoil = wrong_sum;
	trial_expect(t, trial_send(t, &s), OTSEG_R_L4_CHECKSUM, "allowed, with a wrong checksum");
	trial_expect(t, trial_send(t, &other), refused->reason, "the refused one in its place");
	checksums_count(t, 0);
	trial_begin(t);
	s.spoil = short_life;
	trial_expect(t, trial_send(t, &s), EVASION_PASS, "allowed, which never arrives");
	trial_expect(t, trial_send(t, &other), OTSEG_R_STREAM_OVERLAP,
		     "the refused one in its place");
	/* what did not pass is not acknowledged */
	trial_begin(t);
	s = trial_say(allowed);
	s.ack_ahead = 100000;
	trial_expect(t, trial_send(t, &s), OTSEG_R_TCP_WINDOW,
		     "allowed, acknowledging what was never sent");
	ack.ack_ahead = allowed->len;
	trial_expect(t, trial_send(t, &ack), OTSEG_R_TCP_WINDOW,
		     "an acknowledgement of what did not pass");
	s = trial_say(allowed);
	s.flags = A | OTSEG_TCP_RST;
	trial_expect(t, trial_send(t, &s), OTSEG_R_TCP_STATE, "allowed, in a reset");
	trial_expect(t, trial_send(t, &other), refused->reason, "the refused one, after all that");
	trial_expect(t, trial_tell_step(t, allowed), EVASION_PASS, "allowed, as it should be");
}

static void believed_datagram(struct trial *t)
{
	const struct evasion_step *allowed = &t->face->allowed, *refused = &t->face->refused;
	struct say s = trial_say(allowed), other = trial_say(refused);

	trial_begin(t);
	s.spoil = short_life;
	trial_expect(t, trial_send(t, &s), EVASION_PASS, "allowed, which never arrives");
	trial_expect(t, trial_send(t, &other), refused->reason, "the refused one behind it");
	s.spoil = wrong_sum;
	trial_send(t, &s);
	trial_expect(t, trial_send(t, &other), refused->reason,
		     "the refused one behind a wrong checksum");
	checksums_count(t, 1);
	trial_expect(t, trial_send(t, &s), OTSEG_R_L4_CHECKSUM, "allowed, with a wrong checksum");
	checksums_count(t, 0);
	trial_expect(t, trial_tell_step(t, allowed), EVASION_PASS, "allowed, as it should be");
}

/* E6: data where none belongs. */

static void odd_flags(struct trial *t)
{
	const struct evasion_step *allowed = &t->face->allowed, *refused = &t->face->refused;
	struct say s = trial_say(allowed), fin = { .flags = A | OTSEG_TCP_FIN };

	trial_begin(t);
	t->sport++;
	s.flags = OTSEG_TCP_SYN;
	trial_expect(t, trial_send(t, &s), OTSEG_R_TCP_SYN_DATA, "allowed, in a SYN");
	trial_begin(t);
	s.flags = A | OTSEG_TCP_URG;
	trial_expect(t, trial_send(t, &s), OTSEG_R_TCP_URGENT, "allowed, urgent");
	s.flags = OTSEG_TCP_RST;
	s.len = 0;
	s.ahead = 1u << 20;
	trial_expect(t, trial_send(t, &s), OTSEG_R_TCP_WINDOW,
		     "a reset that its receiver does not believe");
	trial_expect(t, trial_tell_step(t, allowed), EVASION_PASS, "allowed, after it");
	s = trial_say(refused);
	s.flags = A | OTSEG_TCP_FIN;
	trial_expect(t, trial_send(t, &s), refused->reason, "refused, with a FIN");
	trial_expect(t, trial_send(t, &fin), EVASION_PASS, "a FIN");
	t->seq[0]++;
	s = trial_say(allowed);
	trial_expect(t, trial_send(t, &s), OTSEG_R_TCP_STATE, "allowed, behind the FIN");
	s = trial_say(refused);
	trial_expect(t, trial_send(t, &s), OTSEG_R_TCP_STATE, "refused, behind the FIN");
}

/* E7: fragments, options, extension headers. */

static void insert(struct frame *f, u32 at, const void *bytes, u32 len)
{
	memmove(f->bytes + at + len, f->bytes + at, f->len - at);
	memcpy(f->bytes + at, bytes, len);
	f->len += len;
}

static void more_fragments(struct frame *f)
{
	f->bytes[f->l3 + 6] = 0x20;
	frame_ip_sum(f);
}

static void later_fragment(struct frame *f)
{
	f->bytes[f->l3 + 6] = 0;
	f->bytes[f->l3 + 7] = 1;
	frame_ip_sum(f);
}

static void ip_option(struct frame *f)
{
	static const u8 nops[4] = { 1, 1, 1, 0 };
	u32 len = (u32)f->bytes[f->l3 + 2] << 8 | f->bytes[f->l3 + 3];

	insert(f, f->l3 + 20, nops, sizeof(nops));
	len += sizeof(nops);
	f->bytes[f->l3] = 0x46;
	f->bytes[f->l3 + 2] = (u8)(len >> 8);
	f->bytes[f->l3 + 3] = (u8)len;
	frame_ip_sum(f);
}

/* A header of eight bytes between that of IPv6 and the rest. */
static void ip6_header(struct frame *f, u8 number, const u8 bytes[8])
{
	u8 header[8];
	u32 len = ((u32)f->bytes[f->l3 + 4] << 8 | f->bytes[f->l3 + 5]) + 8;

	memcpy(header, bytes, 8);
	header[0] = f->bytes[f->l3 + 6];
	insert(f, f->l3 + 40, header, 8);
	f->bytes[f->l3 + 4] = (u8)(len >> 8);
	f->bytes[f->l3 + 5] = (u8)len;
	f->bytes[f->l3 + 6] = number;
}

static void ip6_hop_by_hop(struct frame *f)
{
	ip6_header(f, 0, (const u8[8]){ 0, 0, 1, 4 });
}

static void ip6_destination(struct frame *f)
{
	ip6_header(f, 60, (const u8[8]){ 0, 0, 1, 4 });
}

static void ip6_routing(struct frame *f)
{
	ip6_header(f, 43, (const u8[8]){ 0 });
}

static void ip6_fragment(struct frame *f)
{
	ip6_header(f, 44, (const u8[8]){ 0, 0, 0, 1, 0, 0, 0, 7 });
}

static void ip6_atomic(struct frame *f)
{
	ip6_header(f, 44, (const u8[8]){ 0, 0, 0, 0, 0, 0, 0, 7 });
}

static void ip6_authentication(struct frame *f)
{
	ip6_header(f, 51, (const u8[8]){ 0 });
}

static void network_header(struct trial *t)
{
	static const struct {
		void (*spoil)(struct frame *f);
		u32 is_ipv6;
		u32 reason;
		const char *words;
	} tricks[] = {
		{ more_fragments, 0, OTSEG_R_IP_FRAGMENT, "as the first of several fragments" },
		{ later_fragment, 0, OTSEG_R_IP_FRAGMENT, "as a later fragment" },
		{ ip_option, 0, OTSEG_R_IP_OPTIONS, "with options" },
		{ ip6_hop_by_hop, 1, OTSEG_R_IP_OPTIONS, "behind a hop-by-hop header" },
		{ ip6_destination, 1, OTSEG_R_IP_OPTIONS, "behind destination options" },
		{ ip6_routing, 1, OTSEG_R_IP_OPTIONS, "behind a routing header" },
		{ ip6_fragment, 1, OTSEG_R_IP_FRAGMENT, "in a fragment" },
		{ ip6_atomic, 1, OTSEG_R_IP_FRAGMENT, "in an atomic fragment" },
		{ ip6_authentication, 1, OTSEG_R_IP_PROTOCOL, "behind an authentication header" },
	};
	struct say s;
	size_t i;

	for (i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		t->family = tricks[i].is_ipv6;
		trial_begin(t);
		s = trial_say(&t->face->allowed);
		s.spoil = tricks[i].spoil;
		trial_expect(t, trial_send(t, &s), tricks[i].reason, "allowed, %s",
			     tricks[i].words);
		s = trial_say(&t->face->refused);
		s.spoil = tricks[i].spoil;
		trial_expect(t, trial_send(t, &s), tricks[i].reason, "refused, %s",
			     tricks[i].words);
		trial_expect(t, trial_tell_step(t, &t->face->allowed), EVASION_PASS, "allowed");
		t->family = 0;
	}
}

/* E8: tags and headers of the link. */

static void tag(struct frame *f, u16 type, u16 vid)
{
	const u8 bytes[4] = { (u8)(type >> 8), (u8)type, (u8)(vid >> 8), (u8)vid };

	insert(f, 12, bytes, 4);
}

static void priority_tag(struct frame *f)
{
	tag(f, 0x8100, 0xa000);
}

static void priority_tags(struct frame *f)
{
	tag(f, 0x8100, 0xa000);
	tag(f, 0x88a8, 0);
}

static void three_tags(struct frame *f)
{
	priority_tags(f);
	tag(f, 0x8100, 0);
}

static void other_vlan(struct frame *f)
{
	tag(f, 0x8100, 5);
}

static void inner_vlan(struct frame *f)
{
	tag(f, 0x8100, 5);
	tag(f, 0x8100, 0);
}

static void double_tag(struct frame *f)
{
	tag(f, 0x8100, 5);
	tag(f, 0x88a8, 6);
}

static void old_double_tag(struct frame *f)
{
	tag(f, 0x8100, 0);
	tag(f, 0x9100, 0);
}

static void llc_snap(struct frame *f)
{
	u32 len = f->len - 14 + 8;
	const u8 bytes[8] = { (u8)(len >> 8), (u8)len, 0xaa, 0xaa, 3, 0, 0, 0 };

	insert(f, 12, bytes, 8);
}

static void hsr_tag(struct frame *f)
{
	const u8 bytes[6] = { 0x89, 0x2f, 0, (u8)(f->len - 8), 0, 1 };

	insert(f, 12, bytes, 6);
}

/* IEC 62439-3, 4.1.10: sequence number, network and size, 0x88fb. */
static void prp_trailer(struct frame *f)
{
	const u8 bytes[6] = { 0, 1, 0xa0, (u8)(f->len - 8), 0x88, 0xfb };

	memcpy(f->bytes + f->len, bytes, 6);
	f->len += 6;
}

static void link_header(struct trial *t)
{
	/* to pass: it is judged as without the trick */
	static const struct {
		void (*spoil)(struct frame *f);
		u32 reason;
		const char *words;
	} tricks[] = {
		{ priority_tag, EVASION_PASS, "with a priority" },
		{ priority_tags, EVASION_PASS, "with two priorities" },
		{ prp_trailer, EVASION_PASS, "with a PRP trailer" },
		{ three_tags, OTSEG_R_VLAN_DEPTH, "with three tags" },
		{ other_vlan, OTSEG_R_UNKNOWN_LINK, "in a VLAN" },
		{ inner_vlan, OTSEG_R_UNKNOWN_LINK, "in a VLAN behind a priority" },
		{ double_tag, OTSEG_R_UNKNOWN_LINK, "in a VLAN of a VLAN" },
		{ old_double_tag, OTSEG_R_ETHERTYPE, "behind a tag of type 0x9100" },
		{ llc_snap, OTSEG_R_ETHERTYPE, "in an LLC frame" },
		{ hsr_tag, OTSEG_R_ETHERTYPE, "behind an HSR tag" },
	};
	const struct evasion_step *messages[2] = { &t->face->refused, &t->face->allowed };
	u32 i, k;

	for (i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		for (k = 0; k < 2; k++) {
			struct say s = trial_say(messages[k]);
			u32 reason = tricks[i].reason;

			if (reason == EVASION_PASS)
				reason = messages[k]->reason;
			trial_begin(t);
			s.spoil = tricks[i].spoil;
			trial_expect(t, trial_send(t, &s), reason, "%s, %s",
				     k ? "allowed" : "refused", tricks[i].words);
		}
	}
}

/* E9: other protocols here, this one elsewhere. */

static void elsewhere(struct trial *t)
{
	const struct say syn = { .flags = OTSEG_TCP_SYN };
	const struct say s = trial_say(&t->face->allowed);
	u32 reason;

	trial_begin(t);
	t->sport++;
	t->port = t->face->carrier == OTSEG_ON_LINK ? 0x88b5 : t->port + 1;
	reason = trial_send(t, t->face->carrier == OTSEG_ON_TCP ? &syn : &s);
	trial_expect(t, reason,
		     t->face->carrier == OTSEG_ON_LINK ? OTSEG_R_ETHERTYPE : OTSEG_R_NO_RULE,
		     "allowed, to %u", t->port);
}

/* The allowed messages of all other protocols. */
static void others(struct trial *t)
{
	u32 i, k, family = otseg_services[t->file->service].family;

	for (i = 0; i < t->n_others; i++) {
		const struct evasion_file *other = &t->others[i];

		if (otseg_services[other->service].family == family)
			continue;
		for (k = 0; k < other->n_faces; k++) {
			trial_begin(t);
			trial_expect(t,
				     trial_tell_step(t, &other->faces[k].allowed) == EVASION_PASS,
				     0, "an allowed message of %s passes", other->name);
		}
	}
}

static void other_protocols(struct trial *t)
{
	elsewhere(t);
	others(t);
}

static const struct {
	void (*run)(struct trial *t);
	u32 number;
	u32 carriers;
} tricks[] = {
	{ split_stream, 1, OTSEG_ON_TCP },
	{ split_datagram, 1, OTSEG_ON_UDP | OTSEG_ON_LINK },
	{ join_stream, 2, OTSEG_ON_TCP },
	{ join_datagram, 2, OTSEG_ON_UDP | OTSEG_ON_LINK },
	{ overlap, 3, OTSEG_ON_TCP },
	{ out_of_order, 4, OTSEG_ON_TCP },
	{ believed_stream, 5, OTSEG_ON_TCP },
	{ believed_datagram, 5, OTSEG_ON_UDP },
	{ odd_flags, 6, OTSEG_ON_TCP },
	{ network_header, 7, OTSEG_ON_IP },
	{ link_header, 8, OTSEG_ON_IP | OTSEG_ON_LINK },
	{ other_protocols, 9, OTSEG_ON_IP | OTSEG_ON_LINK },
};

/**
 * tricks_run - try all tricks of an evasion that the carrier has
 * @t: protocol, carrier and evasion
 *
 * Return: their number.
 */
u32 tricks_run(struct trial *t)
{
	u32 i, n = 0;

	for (i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		if (tricks[i].number != t->number || !(tricks[i].carriers & t->face->carrier))
			continue;
		tricks[i].run(t);
		n++;
	}
	return n;
}
