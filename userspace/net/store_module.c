// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as owner of the policy: a thin layer over its netlink family.
 */
#include <errno.h>
#include <stdlib.h>

#include "backend.h"
#include "genl.h"

struct store_module {
	struct otseg_backend base;
	struct otseg_genl *genl;
};

static struct otseg_genl *genl_of(struct otseg_backend *backend)
{
	return ((struct store_module *)backend)->genl;
}

static int module_active(struct otseg_backend *backend, u32 *generation)
{
	struct otseg_genl_status status;
	int err = otseg_genl_status_get(genl_of(backend), &status);

	if (err)
		return err;
	*generation = status.state == OTSEG_POLICY_STATE_ACTIVE ? status.generation : 0;
	return 0;
}

static int module_read(struct otseg_backend *backend, struct otseg_blob *image, u32 *generation)
{
	u32 active;
	int err = module_active(backend, &active);

	if (err)
		return err;
	if (!active)
		return -ENOENT;
	return otseg_genl_policy_read(genl_of(backend), image, generation);
}

static int module_stage(struct otseg_backend *backend, const struct otseg_blob *image,
			const struct otseg_blob *signature)
{
	return otseg_genl_policy_stage(genl_of(backend), image, signature);
}

static int module_commit(struct otseg_backend *backend, u32 expect, u32 *generation)
{
	return otseg_genl_policy_commit(genl_of(backend), expect, generation);
}

static int module_change(struct otseg_backend *backend, const struct otseg_change *change,
			 u32 *generation)
{
	return otseg_genl_conduit_set(genl_of(backend), change, generation);
}

static int module_counters(struct otseg_backend *backend, u32 generation, u64 *block)
{
	return otseg_genl_counters_get(genl_of(backend), generation, 0, OTSEG_CTR_COUNT, block);
}

static int module_bind(struct otseg_backend *backend, u32 ifindex, const char *role,
		       bool is_provisional)
{
	return otseg_genl_interface_bind(genl_of(backend), ifindex, role, is_provisional);
}

static int module_unbind(struct otseg_backend *backend, u32 ifindex)
{
	return otseg_genl_interface_unbind(genl_of(backend), ifindex, NULL);
}

static void module_close(struct otseg_backend *backend)
{
	otseg_genl_close(genl_of(backend));
	free(backend);
}

static const struct otseg_backend_ops module_ops = {
	.name = "module",
	.active = module_active,
	.read = module_read,
	.stage = module_stage,
	.commit = module_commit,
	.change = module_change,
	.counters = module_counters,
	.bind = module_bind,
	.unbind = module_unbind,
	.close = module_close,
};

/**
 * otseg_backend_open_module - connect to the module
 * @backend: takes it; otseg_backend_close() it
 *
 * Return: 0, -ENOENT where there is no module, or another negative errno; not told.
 */
int otseg_backend_open_module(struct otseg_backend **backend)
{
	struct store_module *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return -ENOMEM;
	err = otseg_genl_open(&store->genl);
	if (err) {
		free(store);
		return err;
	}
	store->base.ops = &module_ops;
	*backend = &store->base;
	return 0;
}

/**
 * otseg_backend_genl - the connection to the module, for what only it can tell
 * @backend: an owner of the policy, or NULL
 *
 * Return: the connection, NULL if the owner is not the module.
 */
struct otseg_genl *otseg_backend_genl(struct otseg_backend *backend)
{
	return backend && backend->ops == &module_ops ? genl_of(backend) : NULL;
}

/**
 * otseg_backend_close - end an owner's connection
 * @backend: the owner, or NULL
 */
void otseg_backend_close(struct otseg_backend *backend)
{
	if (backend)
		backend->ops->close(backend);
}

/**
 * otseg_backend_id_name - the word for an owner
 * @id: which
 *
 * Return: the word.
 */
const char *otseg_backend_id_name(enum otseg_backend_id id)
{
	static const char *const names[] = { "none", "map", "module" };

	return id <= OTSEG_BACKEND_MODULE ? names[id] : "unknown";
}
