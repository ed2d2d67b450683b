/* SPDX-License-Identifier: Apache-2.0 */
/* A build without updates: a store holds one image, and no record. */
#include "slot/select.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "slot/rank.h"
#include "store/images.h"

/* As many as a message has room for. */
#define MAX_LISTED 8

static int find(int store, struct digest *ret_id, struct err *err)
{
	char list[MAX_LISTED * 14 + 32];
	struct images images;
	size_t count = 0;
	struct str s;
	int r;

	str_init(&s, list, sizeof(list));
	images_init(&images, store);
	while ((r = images_next(&images, ret_id, err)) > 0) {
		if (count++ < MAX_LISTED)
			str_addf(&s, "%s%.12s", s.used ? ", " : "", DIGEST_HEX(ret_id));
	}
	if (r < 0)
		return err_wrap(err, r, "store");
	if (count == 0)
		return err_set(err, -ENOENT, "store: no image in images/");
	if (count > MAX_LISTED)
		str_addf(&s, " and %zu more", count - MAX_LISTED);
	if (count > 1)
		return err_set(err, -ENOTUNIQ,
			       "store: %zu images, and this build chooses none: %s",
			       count, list);
	return 0;
}

int select_open(struct select *select, struct err *err)
{
	(void)err;
	select->why = 0;
	return 0;
}

void select_lose(struct select *select, int r, const struct err *why)
{
	select->text = *why;
	select->why = r;
}

int select_next(struct select *select, struct select_image *ret_image, struct err *err)
{
	enum record_reason reason;
	int r;

	if (select->why)
		return err_set(err, select->why, "%s", select->text.text);
	if (select->decide.use != CMDLINE_USE_DEFAULT)
		return err_set(err, -ENOTSUP, "lamina.use: there is no other image");
	ret_image->slot = DECIDE_CURRENT;
	ret_image->store = select->store;
	r = find(select->store, &ret_image->id, err);
	if (r < 0)
		return r;
	r = rank_judge(select->store, &ret_image->id, select->settings,
		       select->settings->policy.floor, &ret_image->manifest,
		       &ret_image->signers, &reason, err);
	return r < 0 ? err_wrap(err, r, "image %.12s", DIGEST_HEX(&ret_image->id)) : 0;
}

void select_fell(struct select *select, const struct select_image *image, int r,
		 const struct err *err)
{
	select->text = *err;
	select->why = err_wrap(&select->text, r, "image %.12s", DIGEST_HEX(&image->id));
}
