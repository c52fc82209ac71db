// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start and stop of the module, in order. Owns the module parameter "governed".
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "../include/otseg/image.h"
#include "conduit.h"
#include "confirm.h"
#include "interface.h"
#include "kfunc.h"
#include "main.h"
#include "netlink.h"
#include "policy.h"
#include "signature.h"
#include "sysfs.h"
#include "tree.h"
#include "unenforced.h"
#include "window.h"

static char *governed[OTSEG_MAX_LINKS];
static unsigned int n_governed;
module_param_array(governed, charp, &n_governed, 0444);
MODULE_PARM_DESC(governed,
		 "interfaces that pass nothing to the host without a verdict, from now on");

/**
 * otseg_has_governed - whether the module parameter names interfaces
 *
 * Return: true if it does.
 */
bool otseg_has_governed(void)
{
	return n_governed;
}

static int __init otseg_init(void)
{
	struct kobject *root;
	int err;

	err = otseg_kfunc_init();
	if (err)
		return err;
	otseg_signature_init();
	otseg_confirm_init();
	otseg_conduit_init();
	otseg_window_init();
	err = otseg_policy_init();
	if (err)
		goto err_policy;
	err = -ENOMEM;
	root = otseg_sysfs_init();
	if (!root)
		goto err_sysfs;
	err = otseg_tree_init(root);
	if (err)
		goto err_tree;
	err = otseg_interface_init(root, governed, n_governed);
	if (err)
		goto err_interface;
	err = otseg_netlink_init();
	if (err)
		goto err_netlink;
	pr_info("version %s, no policy is active\n", OTSEG_VERSION);
	return 0;

err_netlink:
	otseg_interface_exit();
err_interface:
	otseg_tree_exit();
err_tree:
	otseg_sysfs_exit();
err_sysfs:
	otseg_policy_exit();
err_policy:
	otseg_signature_exit();
	return err;
}

static void __exit otseg_exit(void)
{
	otseg_netlink_exit();
	otseg_confirm_exit();
	/* What either of them does has both wait for more. */
	otseg_conduit_stop();
	otseg_window_exit();
	otseg_unenforced_exit();
	otseg_interface_exit();
	otseg_tree_exit();
	otseg_sysfs_exit();
	otseg_conduit_exit();
	otseg_policy_exit();
	otseg_signature_exit();
}

module_init(otseg_init);
module_exit(otseg_exit);

MODULE_DESCRIPTION("Zone-and-conduit firewall: policy store, counters and guard");
MODULE_VERSION(OTSEG_VERSION);
MODULE_LICENSE("GPL");
