// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/table.h"

#include <inttypes.h>
#include <math.h>

enum { TITLE_WIDTH = 30, VALUE_WIDTH = 14 };

static void print_value(FILE *file, enum figure_unit unit, double value)
{
    char text[FIGURE_TEXT_SIZE];
    figure_text(unit, value, text);
    fprintf(file, "%*s", VALUE_WIDTH, text);
}

static void print_figure(FILE *file, enum figure figure, const struct figures *runs, size_t count)
{
    const struct figure_form *form = &figure_forms[figure];
    struct figure_range range = figures_range(runs, count, figure);
    if (isnan(range.median))
        return;
    fprintf(file, "  %-*s", TITLE_WIDTH, form->title);
    if (count > 1)
        print_value(file, form->unit, range.minimum);
    print_value(file, form->unit, range.median);
    if (count > 1)
        print_value(file, form->unit, range.maximum);
    fputc('\n', file);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

void table_print(FILE *file, const struct table_heading *heading, const struct figures *runs,
                 size_t count)
{
    fprintf(file, "%s: %zu run%s, %" PRIu64 " answer%s, %" PRIu64 " id%s", heading->name,
            heading->repeats, plural(heading->repeats), heading->answers,
            plural(heading->answers), heading->ids, plural(heading->ids));
    fprintf(file, "\n  ids %s%s\n", heading->sha256,
            heading->ids_agree ? "" : " (last run; earlier runs differ)");
    if (count > 1)
        fprintf(file, "  %-*s%*s%*s%*s\n", TITLE_WIDTH, "", VALUE_WIDTH, "min   ", VALUE_WIDTH,
                "median   ", VALUE_WIDTH, "max   ");
    for (int i = 0; i < FIGURE_COUNT; i++)
        print_figure(file, (enum figure)i, runs, count);
}

static void print_stage(FILE *file, const char *name, double seconds, double cold)
{
    fprintf(file, "    %-*s", TITLE_WIDTH - 2, name);
    print_value(file, UNIT_SECONDS, seconds);
    print_value(file, UNIT_SHARE, seconds / cold);
    fputc('\n', file);
}

void table_print_stages(FILE *file, const struct stages *stages, double cold)
{
    if (stages->count == 0)
        return;
    double rest = cold;
    fprintf(file, "  stages of ttft_cold, last run\n");
    for (size_t i = 0; i < stages->count; i++) {
        print_stage(file, stages->list[i].name, stages->list[i].seconds, cold);
        rest -= stages->list[i].seconds;
    }
    if (!isnan(rest))
        print_stage(file, "(other)", rest, cold);
}
