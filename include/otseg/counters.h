/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counter block: what one processor counts under one policy generation.
 * An array of u64 that only that processor writes; a reader adds the blocks of
 * all processors. The module hands it out through bpf_otseg_counters(); in
 * map-backed mode it is one value of the otseg_counters map.
 *
 * Record n of a kind begins at OTSEG_CTR_<KIND> + n * OTSEG_CTR_<KIND>_LEN.
 */
#ifndef OTSEG_COUNTERS_H
#define OTSEG_COUNTERS_H

#include "image.h"
#include "reason.h"

/* Frames by reason, passes and drops alike; the last places are those of events. */
#define OTSEG_CTR_REASON 0
#define OTSEG_CTR_REASON_LEN 1

/* Of events, kept with the reasons: they belong to no record of the policy either. */
enum otseg_ctr_event {
	OTSEG_CTR_EVENT_TOLD, /* written to the ring */
	OTSEG_CTR_EVENT_SUPPRESSED, /* not written: too many of the kind */
	OTSEG_CTR_EVENT_LOST, /* not written: nobody reads, the ring is full */
	OTSEG_CTR_EVENT_LEN = 8,
};

#define OTSEG_CTR_EVENT (OTSEG_CTR_REASON + OTSEG_R_MAX - OTSEG_CTR_EVENT_LEN)
_Static_assert((OTSEG_R_MAX - OTSEG_CTR_EVENT_LEN) >= OTSEG_R_COUNT, "reasons and events");

/* Of denials, in places that events have left. */
enum otseg_ctr_denial {
	OTSEG_CTR_DENIAL_TOLD, /* refused frames that became an answer, or a reset to the other side */
	OTSEG_CTR_DENIAL_SUPPRESSED, /* that did not: too many of them */
	OTSEG_CTR_DENIAL_FAILED, /* that did not: the interface cannot send */
	OTSEG_CTR_DENIAL_LEN = 4,
};

#define OTSEG_CTR_DENIAL (OTSEG_CTR_EVENT + 4)
_Static_assert(OTSEG_CTR_EVENT_LOST < 4 && OTSEG_CTR_DENIAL_LEN + 4 == OTSEG_CTR_EVENT_LEN,
	       "events and denials");

/* By link of the image. */
enum otseg_ctr_link {
	OTSEG_CTR_LINK_PACKETS, /* frames that came in */
	OTSEG_CTR_LINK_BYTES,
	OTSEG_CTR_LINK_DROPS, /* of these, dropped */
	OTSEG_CTR_LINK_ROUTED, /* of these, routed past the host's stack */
	OTSEG_CTR_LINK_LEN = 4,
};

#define OTSEG_CTR_LINK (OTSEG_CTR_REASON + OTSEG_R_MAX * OTSEG_CTR_REASON_LEN)

/* By source zone. */
enum otseg_ctr_zone {
	OTSEG_CTR_ZONE_PACKETS, /* frames whose source lies in the zone */
	OTSEG_CTR_ZONE_BYTES,
	OTSEG_CTR_ZONE_DROPS, /* of these, dropped */
	OTSEG_CTR_ZONE_LEN = 4,
};

#define OTSEG_CTR_ZONE (OTSEG_CTR_LINK + OTSEG_MAX_LINKS * OTSEG_CTR_LINK_LEN)

/* By conduit; replies count for the conduit that their flow was opened through. */
enum otseg_ctr_conduit {
	OTSEG_CTR_CONDUIT_PACKETS, /* frames passed */
	OTSEG_CTR_CONDUIT_BYTES,
	OTSEG_CTR_CONDUIT_DROPS, /* frames dropped */
	OTSEG_CTR_CONDUIT_MONITORED, /* frames passed that would have been dropped */
	OTSEG_CTR_CONDUIT_FLOWS, /* flows opened */
	OTSEG_CTR_CONDUIT_MESSAGES, /* inspected messages allowed */
	OTSEG_CTR_CONDUIT_LIMITED, /* frames over its rate */
	OTSEG_CTR_CONDUIT_ADOPTED, /* of the flows, those whose beginning was not seen */
	OTSEG_CTR_CONDUIT_LEN = 8,
};

#define OTSEG_CTR_CONDUIT (OTSEG_CTR_ZONE + OTSEG_MAX_ZONES * OTSEG_CTR_ZONE_LEN)

/* By rule. */
enum otseg_ctr_rule {
	OTSEG_CTR_RULE_PACKETS, /* frames that it allowed, with the replies */
	OTSEG_CTR_RULE_BYTES,
	OTSEG_CTR_RULE_MESSAGES, /* inspected messages that it allowed */
	OTSEG_CTR_RULE_LIMITED, /* frames over its rate */
	OTSEG_CTR_RULE_LEN = 4,
};

#define OTSEG_CTR_RULE (OTSEG_CTR_CONDUIT + OTSEG_MAX_CONDUITS * OTSEG_CTR_CONDUIT_LEN)

#define OTSEG_CTR_COUNT (OTSEG_CTR_RULE + OTSEG_MAX_RULES * OTSEG_CTR_RULE_LEN)
#define OTSEG_CTR_SIZE (OTSEG_CTR_COUNT * 8)

#endif /* OTSEG_COUNTERS_H */
