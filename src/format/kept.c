/* SPDX-License-Identifier: Apache-2.0 */
#include "format/kept.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define BOOT " lamina F boot "
#define FROM " from "

static const char *const streams[] = { "stdout", "stderr" };

/* Of the Gregorian calendar, whose years begin in March here: the leap day is the last
 * one. */
void kept_time(uint64_t time_ms, char ret_text[KEPT_TIME_SIZE])
{
	uint64_t second = time_ms / 1000 % 86400, days = time_ms / 86400000 + 719468;
	uint64_t era = days / 146097, day = days % 146097;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t month;
	struct str text;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	month = month < 10 ? month + 3 : month - 9;
	year += 400 * era + (month <= 2);
	str_init(&text, ret_text, KEPT_TIME_SIZE);
	str_addf(&text, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned int)year,
		 (unsigned int)month, (unsigned int)day + 1,
		 (unsigned int)(second / 3600), (unsigned int)(second / 60 % 60),
		 (unsigned int)(second % 60), (unsigned int)(time_ms % 1000));
}

void kept_write_record(struct str *text, const struct ring_record *record,
		       const char *bytes)
{
	char time[KEPT_TIME_SIZE];

	kept_time(record->time_ms, time);
	str_addf(text, "%s %s %s ", time, streams[record->stream != 0],
		 record->open ? "P" : "F");
	str_add_bytes(text, bytes, record->size);
	str_add(text, "\n");
}

void kept_write_boot(struct str *text, uint64_t time_ms, const char *boot,
		     uint64_t number)
{
	char time[KEPT_TIME_SIZE];

	kept_time(time_ms, time);
	str_addf(text, "%s" BOOT "%s" FROM "%" PRIu64 "\n", time, boot, number);
}

static int parse_time(const char *line, size_t size, char ret_time[KEPT_TIME_SIZE])
{
	static const char shape[] = "0000-00-00T00:00:00.000Z";

	if (size < sizeof(shape) - 1)
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		bool digit = line[i] >= '0' && line[i] <= '9';

		if (shape[i] == '0' ? !digit : line[i] != shape[i])
			return -EBADMSG;
		ret_time[i] = line[i];
	}
	ret_time[sizeof(shape) - 1] = '\0';
	return 0;
}

static int parse_boot(const char *text, size_t size, struct kept_line *ret_line)
{
	const size_t from = strlen(FROM);
	size_t id = 0;

	while (id < size && text[id] && strchr("0123456789abcdef-", text[id]))
		id++;
	if (id == 0 || id >= KEPT_BOOT_SIZE || id + from > size ||
	    memcmp(text + id, FROM, from) != 0)
		return -EBADMSG;
	memcpy(ret_line->boot, text, id);
	ret_line->boot[id] = '\0';
	return str_number(text + id + from, size - id - from, &ret_line->number);
}

int kept_parse(const char *line, size_t size, struct kept_line *ret_line)
{
	const size_t boot = strlen(BOOT), head = strlen(" stdout F ");
	int r = parse_time(line, size, ret_line->time);

	if (r < 0)
		return r;
	line += KEPT_TIME_SIZE - 1;
	size -= KEPT_TIME_SIZE - 1;
	ret_line->text = NULL;
	if (size > boot && memcmp(line, BOOT, boot) == 0)
		return parse_boot(line + boot, size - boot, ret_line);
	if (size < head || line[0] != ' ' || line[7] != ' ' || line[9] != ' ' ||
	    (line[8] != 'P' && line[8] != 'F'))
		return -EBADMSG;
	ret_line->open = line[8] == 'P';
	ret_line->text = line + head;
	ret_line->size = size - head;
	for (ret_line->stream = 0; ret_line->stream < 2; ret_line->stream++) {
		if (memcmp(line + 1, streams[ret_line->stream], 6) == 0)
			return 0;
	}
	return -EBADMSG;
}
