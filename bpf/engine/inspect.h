/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inspectors, by service. Each turns the bytes of one PDU into a struct
 * otseg_msg; what follows from the message is none of their business.
 */
#ifndef OTSEG_INSPECT_H
#define OTSEG_INSPECT_H

#include "../proto/protocols.h"

/**
 * otseg_inspect_pdu - make a message of a PDU
 * @service: enum otseg_service
 * @pdu: its bytes
 * @have: their number; fewer than the PDU has, or more, is fine
 * @dir: enum otseg_msg_dir
 * @msg: its @state and @part are set; filled in as far as @have shows it
 *
 * Return: OTSEG_R_NONE, or the reason why no continuation of these bytes is
 * acceptable.
 */
OTSEG_INLINE u32 otseg_inspect_pdu(u32 service, struct otseg_pdu *pdu, u32 have, u32 dir,
				   struct otseg_msg *msg)
{
#ifdef OTSEG_INSPECT_ONLY
	/* A datapath for tests that load it often: one inspector takes a fraction of the time. */
	if (service != OTSEG_INSPECT_ONLY)
		return OTSEG_R_NO_INSPECTOR;
#endif
	switch (service) {
#define OTSEG_ASK_INSPECTED(id, family) \
	case OTSEG_SVC_##id:            \
		return OTSEG_##family##_PARSE(pdu, have, dir, msg);
#define OTSEG_ASK_OPAQUE(id, family)
#define OTSEG_ASK_PLANNED(id, family)
#define X(id, name, family, on, tcp, udp, ether, state) OTSEG_ASK_##state(id, family)
		OTSEG_SERVICE_LIST(X)
#undef X
	default:
		return OTSEG_R_NO_INSPECTOR;
	}
}

/**
 * otseg_inspect_ends - add what an inspector of link-level frames does not see
 * @msg: the message; takes the fields of both MAC addresses, for rules that ask for them
 * @src: source address
 * @dst: destination address
 */
OTSEG_INLINE void otseg_inspect_ends(struct otseg_msg *msg, const u8 *src, const u8 *dst)
{
	msg->fields[OTSEG_FIELD_SOURCE] = (u32)src[2] << 24 | src[3] << 16 | src[4] << 8 | src[5];
	msg->fields[OTSEG_FIELD_DESTINATION] = (u32)dst[2] << 24 | dst[3] << 16 | dst[4] << 8 |
					       dst[5];
	msg->field_mask |= 1 << OTSEG_FIELD_SOURCE | 1 << OTSEG_FIELD_DESTINATION;
}

/* Has the service messages that otseg_inspect_brief() knows? */
OTSEG_INLINE u32 otseg_inspect_has_brief(u32 service)
{
	return service == OTSEG_SVC_MODBUS;
}

/**
 * otseg_inspect_brief - make a message of a whole short PDU of the most usual kind
 * @service: enum otseg_service
 * @head: its first eight bytes, the first one lowest
 * @body: the next four
 * @len: its bytes, at least 12
 * @dir: enum otseg_msg_dir
 * @msg: filled in just as otseg_inspect_pdu() would, if it is one
 *
 * Return: 1: it is; 0: it is for otseg_inspect_pdu().
 */
OTSEG_INLINE u32 otseg_inspect_brief(u32 service, u64 head, u32 body, u32 len, u32 dir,
				     struct otseg_msg *msg)
{
	if (otseg_inspect_has_brief(service))
		return otseg_modbus_brief(head, body, len, dir, msg);
	return 0;
}

#endif /* OTSEG_INSPECT_H */
