// SPDX-License-Identifier: BSD-2-Clause
// Prints JSON as chat templates do: Python's json.dumps with ensure_ascii=False.

#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "text/chat/format.h"

struct json_writer {
    struct chat_prompt *prompt;
    int indent;  // spaces per level, 0: all on one line
};

static void put_string(struct chat_prompt *prompt, const char *text, size_t size)
{
    static const char plain[] = "\"\\\n\r\t\b\f", letters[] = "\"\\nrtbf";
    char escape[8];
    chat_put_text(prompt, "\"");
    for (size_t i = 0; i < size; i++) {
        const char *found = text[i] != '\0' ? strchr(plain, text[i]) : NULL;
        if (found != NULL)
            snprintf(escape, sizeof escape, "\\%c", letters[found - plain]);
        else if ((unsigned char)text[i] < 0x20)
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)text[i]);
        else
            snprintf(escape, sizeof escape, "%c", text[i]);
        chat_put_text(prompt, escape);
    }
    chat_put_text(prompt, "\"");
}

// Writes the shortest digits that read back as VALUE. Returns the decimal exponent of the first.
static int shortest_digits(double value, char digits[32])
{
    char text[40];
    for (int precision = 0; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    char *exponent = strchr(text, 'e');
    size_t used = 0;
    for (const char *c = text; c < exponent; c++)
        if (*c >= '0' && *c <= '9')
            digits[used++] = *c;
    digits[used] = '\0';
    return atoi(exponent + 1);
}

// Like Python's repr(): an exponent from 1e16 on and below 1e-4, and always a point or an exponent.
static void put_number(struct chat_prompt *prompt, double value)
{
    char digits[32], text[64];
    int exponent = shortest_digits(value, digits), count = (int)strlen(digits);
    if (signbit(value))
        chat_put_text(prompt, "-");
    if (exponent < -4 || exponent >= 16)
        snprintf(text, sizeof text, count > 1 ? "%c.%se%c%02d" : "%c%se%c%02d", digits[0],
                 digits + 1, exponent < 0 ? '-' : '+', abs(exponent));
    else if (exponent < 0)
        snprintf(text, sizeof text, "0.%.*s%s", -exponent - 1, "0000", digits);
    else if (count <= exponent + 1)
        snprintf(text, sizeof text, "%s%.*s.0", digits, exponent + 1 - count, "0000000000000000");
    else
        snprintf(text, sizeof text, "%.*s.%s", exponent + 1, digits, digits + exponent + 1);
    chat_put_text(prompt, text);
}

static void put_integer(struct chat_prompt *prompt, json_int_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, value);
    chat_put_text(prompt, text);
}

static void put_value(const struct json_writer *writer, json_t *value, int level);

static void put_line(const struct json_writer *writer, int level)
{
    if (writer->indent == 0)
        return;
    chat_put_text(writer->prompt, "\n");
    for (int i = 0; i < level * writer->indent; i++)
        chat_put_text(writer->prompt, " ");
}

// Writes what separates two elements; COUNT elements precede.
static void put_comma(const struct json_writer *writer, size_t count)
{
    if (count > 0)
        chat_put_text(writer->prompt, writer->indent == 0 ? ", " : ",");
}

static void put_array(const struct json_writer *writer, json_t *array, int level)
{
    size_t count = json_array_size(array);
    chat_put_text(writer->prompt, "[");
    for (size_t i = 0; i < count; i++) {
        put_comma(writer, i);
        put_line(writer, level + 1);
        put_value(writer, json_array_get(array, i), level + 1);
    }
    if (count > 0)
        put_line(writer, level);
    chat_put_text(writer->prompt, "]");
}

static void put_object(const struct json_writer *writer, json_t *object, int level)
{
    size_t count = 0;
    chat_put_text(writer->prompt, "{");
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        put_comma(writer, count++);
        put_line(writer, level + 1);
        put_string(writer->prompt, key, strlen(key));
        chat_put_text(writer->prompt, ": ");
        put_value(writer, value, level + 1);
    }
    if (count > 0)
        put_line(writer, level);
    chat_put_text(writer->prompt, "}");
}

static void put_value(const struct json_writer *writer, json_t *value, int level)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
        chat_put_text(writer->prompt, "null");
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        chat_put_text(writer->prompt, json_is_true(value) ? "true" : "false");
        break;
    case JSON_REAL:
        put_number(writer->prompt, json_real_value(value));
        break;
    case JSON_INTEGER:
        put_integer(writer->prompt, json_integer_value(value));
        break;
    case JSON_STRING:
        put_string(writer->prompt, json_string_value(value),
                   json_string_length(value));
        break;
    case JSON_ARRAY:
        put_array(writer, value, level);
        break;
    case JSON_OBJECT:
        put_object(writer, value, level);
        break;
    }
}

void chat_put_json(struct chat_prompt *prompt, json_t *value, int indent)
{
    const struct json_writer writer = {.prompt = prompt, .indent = indent};
    put_value(&writer, value, 0);
}
