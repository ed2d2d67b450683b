/* SPDX-License-Identifier: Apache-2.0 */
/* From index.json to the one manifest that was meant. */
#include "pack/source/oci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "pack/source/doc.h"

#define MAX_DEPTH 4
#define MAX_CANDIDATES 1000
#define MAX_INDEXES 1000

struct search {
	const struct members *members;
	const char *ref; /* "" for any */
	bool loose;	 /* nothing is called exactly so: what is so called for short */
	const struct oci_platform *platform; /* or NULL */
	struct oci_image *image;
	struct oci_descriptor *found; /* manifests that ref leaves */
	size_t count;
};

static bool is_index(const struct oci_descriptor *d)
{
	return strcmp(d->type, "application/vnd.oci.image.index.v1+json") == 0 ||
	       strcmp(d->type,
		      "application/vnd.docker.distribution.manifest.list.v2+json") == 0;
}

static bool is_manifest(const struct oci_descriptor *d)
{
	return strcmp(d->type, "application/vnd.oci.image.manifest.v1+json") == 0 ||
	       strcmp(d->type, "application/vnd.docker.distribution.manifest.v2+json") ==
		       0;
}

static bool named(const struct search *s, const struct oci_descriptor *d)
{
	const char *digest = s->ref[0] == '@' ? s->ref + 1 : s->ref;
	const char *const names[] = { d->ref, d->name };
	bool is = strcmp(d->digest, digest) == 0;

	for (size_t i = 0; i < 2 && s->ref[0]; i++)
		is = is || (names[i] && (s->loose ? oci_short_reference(s->ref, names[i])
						  : strcmp(s->ref, names[i]) == 0));
	return is;
}

static int keep(struct search *s, const struct oci_descriptor *d, struct err *err)
{
	struct oci_descriptor *found;

	for (size_t i = 0; i < s->count; i++) /* one image with two tags is one image */
		if (strcmp(s->found[i].digest, d->digest) == 0)
			return 0;
	if (s->count == MAX_CANDIDATES)
		return err_set(err, -E2BIG, "has more than %d images", MAX_CANDIDATES);
	found = realloc(s->found, (s->count + 1) * sizeof(*found));
	if (!found)
		return err_errno(err, -ENOMEM, "index");
	s->found = found;
	found[s->count++] = *d;
	return 0;
}

/* Takes @doc over, also on failure. */
static int keep_index(struct oci_image *image, json_t *doc, struct err *err)
{
	json_t **docs =
		image->doc_count < MAX_INDEXES
			? realloc(image->docs, (image->doc_count + 1) * sizeof(*docs))
			: NULL;

	if (!docs) {
		json_decref(doc);
		return err_set(err, -E2BIG, "too many indexes");
	}
	image->docs = docs;
	docs[image->doc_count++] = doc;
	return 0;
}

static int walk(struct search *s, const json_t *index, int depth, bool wanted,
		struct err *err);

static int walk_nested(struct search *s, const struct oci_descriptor *d, int depth,
		       bool wanted, struct err *err)
{
	json_t *doc;
	int r;

	if (depth == MAX_DEPTH)
		return err_set(err, -E2BIG, "%.19s: indexes in too many indexes",
			       d->digest);
	doc = oci_read_blob(s->members, d, &r, err);
	if (!doc)
		return r;
	r = keep_index(s->image, doc, err);
	if (r == 0)
		r = walk(s, doc, depth + 1, wanted, err);
	return r < 0 ? err_wrap(err, r, "%.19s", d->digest) : 0;
}

/* A tag names what is in index.json itself; a digest may be of what an index below holds.
 */
static bool may_be_below(const struct search *s)
{
	return s->ref[0] == '@' || strncmp(s->ref, "sha256:", 7) == 0;
}

static int visit(struct search *s, const struct oci_descriptor *d, int depth, bool wanted,
		 struct err *err)
{
	bool hit = wanted || named(s, d);

	if (d->attestation)
		return 0;
	if (is_index(d))
		return hit || may_be_below(s) ? walk_nested(s, d, depth, hit, err) : 0;
	return hit ? keep(s, d, err) : 0;
}

/* @wanted: what is below was named by its index, or no name was given. */
static int walk(struct search *s, const json_t *index, int depth, bool wanted,
		struct err *err)
{
	const json_t *list = NULL;
	int r = doc_array(index, "manifests", &list, err);

	if (r == 0 && !list)
		r = err_set(err, -EBADMSG, "no \"manifests\" in the index");
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		struct oci_descriptor d;

		r = oci_descriptor_parse(json_array_get(list, i), &d, err);
		if (r == 0)
			r = visit(s, &d, depth, wanted, err);
	}
	return r;
}

/* Of several that fit, the one that is so called: linux/amd64 beside linux/amd64/v3 is what runs
 * on each. */
static bool called_so(const struct oci_platform *asked, const struct oci_platform *have)
{
	return have->arch && !!asked->variant == !!have->variant;
}

static void narrow(struct search *s, bool exact)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct oci_platform *have = &s->found[i].platform;

		if (exact ? called_so(s->platform, have)
			  : oci_platform_fits(s->platform, have))
			s->found[kept++] = s->found[i];
	}
	if (!exact || kept > 0)
		s->count = kept;
}

/* "alpine (linux/amd64), linux/arm/v7": what to say as REF, and as platform. */
static void list_choices(const struct search *s, char *ret_text, size_t size)
{
	struct str list;

	str_init(&list, ret_text, size);
	for (size_t i = 0; i < s->count; i++) {
		const struct oci_descriptor *d = &s->found[i];
		const struct oci_platform *p = &d->platform;
		bool has_platform = p->os && p->arch;

		str_add(&list, i ? ", " : "");
		if (d->ref || !has_platform)
			str_addf(&list, "%.71s", d->ref ? d->ref : d->digest);
		if (has_platform)
			str_addf(&list, "%s%.10s/%.10s%s%.8s%s", d->ref ? " (" : "",
				 p->os, p->arch, p->variant ? "/" : "",
				 p->variant ? p->variant : "", d->ref ? ")" : "");
	}
}

static int no_platform(const struct oci_platform *p, const char *choices, struct err *err)
{
	return err_set(err, -ENOENT, "no image for %s/%s%s%s; there are: %s", p->os,
		       p->arch, p->variant ? "/" : "", p->variant ? p->variant : "",
		       choices);
}

static int choose(struct search *s, struct err *err)
{
	char choices[180];

	list_choices(s, choices, sizeof(choices));
	if (s->count == 0)
		return err_set(err, -ENOENT, "holds no image");
	if (s->platform) {
		narrow(s, false);
		if (s->count == 0)
			return no_platform(s->platform, choices, err);
		if (s->count > 1)
			narrow(s, true);
		list_choices(s, choices, sizeof(choices));
	}
	if (s->count > 1)
		return err_set(err, -ENOTUNIQ,
			       "holds several images, name one by REF or platform: %s",
			       choices);
	if (!is_manifest(&s->found[0]))
		return err_set(err, -ENOTSUP, "%.19s: '%.80s' is no image manifest",
			       s->found[0].digest, s->found[0].type);
	return 0;
}

/* For a name that isn't there: the names that are. */
static int no_such_name(const struct search *s, struct err *err)
{
	const json_t *list = json_object_get(s->image->docs[0], "manifests");
	char names[180];
	struct str text;

	str_init(&text, names, sizeof(names));
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct oci_descriptor d;

		if (oci_descriptor_parse(json_array_get(list, i), &d, NULL) == 0)
			str_addf(&text, "%s%.60s", text.used ? ", " : "",
				 d.name	 ? d.name
				 : d.ref ? d.ref
					 : d.digest);
	}
	return err_set(err, -ENOENT, "no image '%.60s'; there are: %s", s->ref,
		       text.used ? names : "none");
}

static int read_index(const struct members *members, struct oci_image *image,
		      struct err *err)
{
	char *bytes = NULL;
	size_t size = 0;
	json_t *doc;
	int r = members_read(members, "index.json", DOC_MAX_SIZE, &bytes, &size, err);

	if (r == -ENOENT && members_has(members, "manifest.json"))
		return err_set(err, -ENOTSUP,
			       "no OCI image layout, but what docker save writes");
	if (r == -ENOENT)
		return err_set(err, r, "no OCI image layout: index.json is missing");
	if (r < 0)
		return r;
	doc = doc_parse(bytes, size, err);
	free(bytes);
	return doc ? keep_index(image, doc, err) : err_wrap(err, -EBADMSG, "index.json");
}

int oci_find(const struct members *members, const char *ref,
	     const struct oci_platform *platform, struct oci_image *image,
	     struct err *err)
{
	struct search s = { .members = members,
			    .ref = ref ? ref : "",
			    .platform = platform,
			    .image = image };
	int r = read_index(members, image, err);

	if (r < 0)
		return r;
	r = walk(&s, image->docs[0], 0, !ref, err);
	s.loose = true;
	if (r == 0 && ref && s.count == 0)
		r = walk(&s, image->docs[0], 0, false, err);
	if (r < 0)
		r = err_wrap(err, r, "index.json");
	else if (ref && s.count == 0)
		r = no_such_name(&s, err);
	else
		r = choose(&s, err);
	if (r == 0) {
		image->descriptor = s.found[0];
		image->manifest = oci_read_blob(members, &image->descriptor, &r, err);
	}
	free(s.found);
	return r;
}

void oci_image_done(struct oci_image *image)
{
	for (size_t i = 0; i < image->doc_count; i++)
		json_decref(image->docs[i]);
	free(image->docs);
	json_decref(image->manifest);
	*image = (struct oci_image){ .manifest = NULL };
}
