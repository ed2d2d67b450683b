/* SPDX-License-Identifier: Apache-2.0 */
#include "format/set.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "format/manifest/check.h"
#include "format/manifest/reader.h"

struct word {
	const char *at;
	size_t size;
};

#define WORDS_MOST 3

/* The words of a line; 0: it has none, or too many, or spaces that separate nothing. */
static size_t split(const char *text, struct word words[WORDS_MOST])
{
	size_t count = 0;

	while (count < WORDS_MOST) {
		size_t size = strcspn(text, " ");

		if (size == 0)
			return 0;
		words[count++] = (struct word){ text, size };
		if (!text[size])
			return count;
		text += size + 1;
	}
	return 0;
}

static bool is(struct word word, const char *text)
{
	return lines_equal(word.at, word.size, text);
}

static bool is_name(struct word word)
{
	char name[MANIFEST_NAME_SIZE];

	if (word.size >= sizeof(name))
		return false;
	memcpy(name, word.at, word.size);
	name[word.size] = '\0';
	return !manifest_wrong_name(name);
}

static const char *const hows[] = {
	[SET_STARTED] = "started",
	[SET_HEALTHY] = "healthy",
	[SET_DONE] = "done",
};

/* False: it is no such word. */
static bool take_how(struct word word, enum set_how *ret_how)
{
	for (enum set_how how = SET_STARTED; how <= SET_DONE; how++) {
		if (!is(word, hows[how]))
			continue;
		*ret_how = how;
		return true;
	}
	return false;
}

const char *set_wrong_need(const char *text)
{
	struct word words[WORDS_MOST];
	size_t count = split(text, words);
	enum set_how how;

	if (count < 2 || !is_name(words[0]) || !is_name(words[1]) ||
	    (count == 3 && !take_how(words[2], &how)))
		return "must be network or, in a set, MEMBER OTHER [started|healthy|done]";
	return NULL;
}

/* "MEMBER:/path" in two. False: it is not that. */
static bool take_path(struct word word, struct word *ret_name,
		      char ret_path[SET_PATH_SIZE])
{
	const char *colon = memchr(word.at, ':', word.size);
	size_t size;

	if (!colon)
		return false;
	*ret_name = (struct word){ word.at, (size_t)(colon - word.at) };
	size = word.size - ret_name->size - 1;
	if (size >= SET_PATH_SIZE || !is_name(*ret_name))
		return false;
	memcpy(ret_path, colon + 1, size);
	ret_path[size] = '\0';
	/* each member has a /dev/shm and a /run of its own */
	return !manifest_wrong_inject(ret_path);
}

/* The line's own, without the members' places. */
static bool take_share(const char *text, struct word names[2],
		       struct set_share *ret_share)
{
	struct word words[WORDS_MOST];
	size_t count = split(text, words);

	ret_share->ro = count == 3;
	return count >= 2 && take_path(words[0], &names[0], ret_share->from_path) &&
	       take_path(words[1], &names[1], ret_share->to_path) &&
	       (count == 2 || is(words[2], "ro"));
}

const char *set_wrong_share(const char *text)
{
	struct set_share share;
	struct word names[2];

	if (!take_share(text, names, &share))
		return "must be MEMBER:/path MEMBER:/path, and ro or nothing";
	return NULL;
}

size_t set_find(const struct manifest *set, const char *name, size_t size)
{
	size_t i = 0;

	while (i < set->member_count && !lines_equal(name, size, set->members[i].name))
		i++;
	return i;
}

static bool find_both(const struct manifest *set, const struct word *names, size_t *first,
		      size_t *second)
{
	*first = set_find(set, names[0].at, names[0].size);
	*second = set_find(set, names[1].at, names[1].size);
	return *first < set->member_count && *second < set->member_count;
}

bool set_need(const struct manifest *set, size_t index, struct set_need *ret_need)
{
	struct word words[WORDS_MOST];
	size_t count = split(set->needs[index], words);

	ret_need->how = SET_STARTED;
	if (count == 3)
		(void)take_how(words[2], &ret_need->how);
	return count >= 2 && find_both(set, words, &ret_need->who, &ret_need->on);
}

bool set_share(const struct manifest *set, size_t index, struct set_share *ret_share)
{
	struct word names[2];

	return take_share(set->shares[index], names, ret_share) &&
	       find_both(set, names, &ret_share->from, &ret_share->to);
}

/* Takes away, again and again, who waits for nobody that is left: who is left then waits in a
 * circle. */
static int check_circle(const struct manifest *set, struct err *err)
{
	uint32_t left = (UINT32_C(1) << set->member_count) - 1, waits;
	struct set_need need;

	do {
		waits = 0;
		for (size_t i = 0; i < set->need_count; i++) {
			(void)set_need(set, i, &need);
			if (left & UINT32_C(1) << need.on)
				waits |= UINT32_C(1) << need.who;
		}
		if ((left & waits) == left && left)
			return err_set(err, -EINVAL,
				       "needs: a circle: %s would wait for itself",
				       set->members[__builtin_ctz(left)].name);
		left &= waits;
	} while (left);
	return 0;
}

static int check_needs(const struct manifest *set, struct err *err)
{
	struct set_need need, other;

	for (size_t i = 0; i < set->need_count; i++) {
		if (!set_need(set, i, &need))
			return err_set(err, -EINVAL, "needs: `%.80s`: %s", set->needs[i],
				       strcmp(set->needs[i], "network") == 0
					       ? "is said by a member, not by the set"
					       : "there is no such member");
		for (size_t k = 0; k < i; k++) {
			(void)set_need(set, k, &other);
			if (other.who == need.who && other.on == need.on)
				return err_set(err, -EINVAL,
					       "needs: `%.80s`: stands there twice",
					       set->needs[i]);
		}
	}
	return check_circle(set, err);
}

static int check_shares(const struct manifest *set, struct err *err)
{
	struct set_share share, other;

	for (size_t i = 0; i < set->share_count; i++) {
		if (!set_share(set, i, &share))
			return err_set(err, -EINVAL,
				       "share: `%.80s`: there is no such member",
				       set->shares[i]);
		if (share.from == share.to)
			return err_set(err, -EINVAL, "share: `%.80s`: takes two members",
				       set->shares[i]);
		for (size_t k = 0; k < i; k++) {
			(void)set_share(set, k, &other);
			if (other.to == share.to &&
			    manifest_below(other.to_path, share.to_path))
				return err_set(err, -EINVAL,
					       "share: `%.80s`: its place is taken",
					       set->shares[i]);
		}
	}
	return 0;
}

int set_check(const struct manifest *manifest, struct err *err)
{
	int r;

	if (manifest->run == MANIFEST_RUN_SET) {
		r = check_needs(manifest, err);
		return r < 0 ? r : check_shares(manifest, err);
	}
	for (size_t i = 0; i < manifest->need_count; i++) {
		if (strcmp(manifest->needs[i], "network") != 0)
			return err_set(err, -EINVAL,
				       "needs: must be network without run set");
	}
	return 0;
}

size_t set_layer(const struct manifest *set, const struct digest *blob)
{
	size_t i = 0;

	while (i < set->layer_count && !digest_equal(&set->layers[i].blob, blob))
		i++;
	return i;
}

static bool is_above(const struct manifest *member, size_t layer)
{
	for (size_t i = layer + 1; i < member->layer_count; i++) {
		if (digest_equal(&member->layers[i].blob, &member->layers[layer].blob))
			return true;
	}
	return false;
}

size_t set_layers(const struct manifest *set, const struct manifest *member,
		  uint16_t ret_layers[MANIFEST_MAX_LAYERS])
{
	size_t count = 0;

	for (size_t i = 0; i < member->layer_count; i++) {
		if (!is_above(member, i))
			ret_layers[count++] =
				(uint16_t)set_layer(set, &member->layers[i].blob);
	}
	return count;
}

static int check_layers(const struct manifest *set, const struct manifest *member,
			struct err *err)
{
	for (size_t i = 0; i < member->layer_count; i++) {
		const struct manifest_layer *layer = &member->layers[i];
		size_t at = set_layer(set, &layer->blob);
		const struct manifest_layer *same = &set->layers[at];

		if (at == set->layer_count || same->size_bytes != layer->size_bytes ||
		    same->data_bytes != layer->data_bytes ||
		    !digest_equal(&same->root, &layer->root))
			return err_set(err, -EBADMSG, "layer %zu is none of the set's",
				       i);
	}
	return 0;
}

/* The set is for no device that one of its members is not for. */
static int check_device(const struct manifest *set, const struct manifest *member,
			struct err *err)
{
	if (strcmp(set->arch, member->arch) != 0)
		return err_set(err, -EBADMSG, "arch: is for %s, the set for %s",
			       member->arch, set->arch);
	for (size_t i = 0; i < set->compatible_count; i++) {
		size_t k = 0;

		while (k < member->compatible_count &&
		       strcmp(set->compatible[i], member->compatible[k]) != 0)
			k++;
		if (k == member->compatible_count)
			return err_set(err, -EBADMSG,
				       "compatible: is not for %s, as the set",
				       set->compatible[i]);
	}
	return 0;
}

static bool has_volume(const struct manifest *member, const char *path)
{
	for (size_t i = 0; i < member->volume_count; i++) {
		if (strcmp(member->volumes[i].path, path) == 0)
			return member->volumes[i].persist;
	}
	return false;
}

/* Volumes and injected files come before what is shared, which must neither hide them nor
 * have a file for a directory on its way. */
static int check_place(const struct manifest *member, const char *path, struct err *err)
{
	for (size_t i = 0; i < member->volume_count; i++) {
		if (manifest_below(member->volumes[i].path, path))
			return err_set(err, -EBADMSG,
				       "share: has a volume of its own at %s",
				       member->volumes[i].path);
	}
	for (size_t i = 0; i < member->inject_count; i++) {
		if (manifest_below(member->injects[i], path) ||
		    manifest_below(path, member->injects[i]))
			return err_set(err, -EBADMSG, "share: has an injected file at %s",
				       member->injects[i]);
	}
	return 0;
}

static int check_volumes(const struct manifest *set, size_t index,
			 const struct manifest *member, struct err *err)
{
	struct set_share share;

	for (size_t i = 0; i < set->share_count; i++) {
		(void)set_share(set, i, &share);
		if (share.from == index && !has_volume(member, share.from_path))
			return err_set(err, -EBADMSG,
				       "share: has no persistent volume %s",
				       share.from_path);
		if (share.to == index && check_place(member, share.to_path, err) < 0)
			return -EBADMSG;
	}
	return 0;
}

int set_check_member(const struct manifest *set, size_t index,
		     const struct manifest *member, struct err *err)
{
	int r = manifest_check_level(member->min_init, err);

	if (r < 0)
		return r;
	if (member->run == MANIFEST_RUN_SET)
		return err_set(err, -EBADMSG, "run: a set can't be in a set");
	if (member->run != MANIFEST_RUN_SUPERVISE)
		return err_set(err, -EBADMSG, "run: must be supervise in a set");
	r = check_device(set, member, err);
	if (r == 0)
		r = check_layers(set, member, err);
	return r < 0 ? r : check_volumes(set, index, member, err);
}
