/* SPDX-License-Identifier: Apache-2.0 */
#include "init/report.h"

#include <fcntl.h>
#include <inttypes.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "format/lines.h"

void report_note(int dir, const char *text)
{
	__fd int fd = path_open_own(dir, "notes", O_WRONLY | O_CREAT | O_APPEND, 0644);
	char line[sizeof(((struct err *)0)->text) + 1];
	struct str s;

	str_init(&s, line, sizeof(line));
	str_addf(&s, "%s\n", text);
	if (fd >= 0)
		(void)fd_write_all(fd, line, s.used);
}

int report_image(const struct stage *stage, struct err *err)
{
	const struct select_image *image = stage->image;
	static char text[1024];
	struct str s;
	int r;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "id=%s\nslot=%s\nname=%s\nversion=", image->id,
		 decide_slot_name(image->slot), image->manifest.name);
	lines_encode(&s, image->manifest.version, 1);
	str_addf(&s, "\nserial=%" PRIu64 "\nlayers=%zu\nguard=%s\nstore=%s\nsigners=",
		 image->manifest.serial, image->manifest.layer_count, stage->guard->name,
		 plan_persists(&image->manifest) ? "writable" : "read-only");
	for (size_t i = 0; i < image->signers.count; i++)
		str_addf(&s, "%s%s", i ? "," : "", image->signers.ids[i]);
	str_add(&s, "\n");
	r = str_done(&s);
	if (r == 0)
		r = path_write_own(stage->run, "image", text, s.used);
	return r < 0 ? err_errno(err, r, "/run/lamina/image") : 0;
}

void report_failed(int run, const struct digest *id, const char *why)
{
	char hex[DIGEST_HEX_SIZE];
	static char text[1024];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "id=%s\nreason=", digest_hex(id, hex));
	lines_encode(&s, why, 1);
	str_add(&s, "\n");
	/* the console has it too */
	(void)path_write_own(run, "failed", text, s.used);
}
