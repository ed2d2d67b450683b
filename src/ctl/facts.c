/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/judge.h"
#include "store/store.h"

static void read_manifest(const struct manifest *manifest, struct facts *facts)
{
	struct manifest_blob blob;

	facts->known = true;
	(void)snprintf(facts->name, sizeof(facts->name), "%s", manifest->name);
	(void)snprintf(facts->version, sizeof(facts->version), "%s", manifest->version);
	facts->serial = manifest->serial;
	facts->layer_count = manifest->layer_count;
	facts->boot = manifest->boot;
	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++)
		facts->size_bytes += blob.size_bytes;
}

void facts_read(const struct settings *settings, int store, const struct digest *id,
		uint64_t floor, struct manifest *manifest, struct facts *ret_facts)
{
	struct facts facts = { .id = *id };

	facts.r = store_load_image(store, id, &settings->keyring,
				   settings->policy.threshold, manifest, &facts.signers,
				   &facts.err);
	if (facts.r == 0)
		read_manifest(manifest, &facts);
	if (facts.r == 0)
		facts.r = judge_manifest(&settings->policy, manifest, floor, &facts.err);
	if (facts.r == 0)
		facts.r = judge_blobs(store, manifest, &facts.err);
	*ret_facts = facts;
}

void facts_text(struct out *out, const struct facts *facts)
{
	out_addf(out, "%.12s", DIGEST_HEX(&facts->id));
	if (facts->known) {
		out_addf(out, " %s%s%s, serial %" PRIu64 ", signed by", facts->name,
			 facts->version[0] ? " " : "", facts->version, facts->serial);
		for (size_t i = 0; i < facts->signers.count; i++)
			out_addf(out, " %s", facts->signers.ids[i]);
	}
	if (facts->r == 0)
		return;
	out_add(out, ": ");
	out_clean(out, facts->err.text[0] ? facts->err.text : err_reason(facts->r));
}

void facts_json(struct out *out, const struct facts *facts)
{
	json_text(out, "id", DIGEST_HEX(&facts->id));
	json_bool(out, "holds", facts->r == 0);
	if (facts->r < 0)
		json_text(out, "reason",
			  facts->err.text[0] ? facts->err.text : err_reason(facts->r));
	if (!facts->known)
		return;
	json_text(out, "name", facts->name);
	json_text(out, "version", facts->version);
	json_number(out, "serial", facts->serial);
	json_number(out, "layers", facts->layer_count);
	json_number(out, "size", facts->size_bytes);
	json_text(out, "kernel", facts->boot.id[0] ? facts->boot.id : NULL);
	json_open(out, "signers", '[');
	for (size_t i = 0; i < facts->signers.count; i++)
		json_text(out, NULL, facts->signers.ids[i]);
	json_close(out, ']');
}
