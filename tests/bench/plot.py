# SPDX-License-Identifier: Apache-2.0
"""A page with a table, and horizontal bars as SVG: one panel a figure, one bar a contestant."""

WIDTH, LEFT, BAR, GAP = 720, 190, 18, 8
COLOURS = ("#2f6f9f", "#9a9a9a")


def panel(top, title, values, text):
    """Bars from LEFT on, the longest to the right; the first one is ours. Returns lines and height."""
    longest = max(values.values())
    lines = [f'<text x="0" y="{top + 14}" font-weight="bold">{title}</text>']
    at = top + 24
    for number, (name, value) in enumerate(values.items()):
        length = max(1, value / longest * (WIDTH - LEFT - 90))
        middle = at + BAR - 5
        lines.append(f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end">{name}</text>')
        lines.append(f'<rect x="{LEFT}" y="{at}" width="{length:.1f}" height="{BAR}"'
                     f' fill="{COLOURS[min(number, 1)]}"/>')
        lines.append(f'<text x="{LEFT + length + 6:.1f}" y="{middle}">{text(value)}</text>')
        at += BAR + GAP
    return lines, at - top + 12


def bars(rows, memory):
    """The SVG of rows {name: {size, kernel, left}}: bytes, milliseconds and KiB of memory MiB."""
    panels = (("initramfs", "size", lambda v: f"{v / 1024:.0f} KiB"),
              ("kernel's start to the application", "kernel", lambda v: f"{v:.0f} ms"),
              (f"memory in use at the application's start, of {memory} MiB", "used",
               lambda v: f"{v / 1024:.1f} MiB"))
    lines, top = [], 0
    for title, key, text in panels:
        values = {name.replace("`", ""): memory * 1024 - row["left"] if key == "used" else row[key]
                  for name, row in rows.items()}
        drawn, height = panel(top, title, values, text)
        lines += drawn
        top += height
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}"'
                      f' font-family="sans-serif" font-size="13">',
                      f'<rect width="{WIDTH}" height="{top}" fill="white"/>', *lines, "</svg>", ""])


def document(table, plot, runs):
    return f"""# Other people's boot chains

`make bench-peers` wrote this page. Four initramfs boot the emulated PC with the same kernel and the same
files in three layers; for dracut they are merged, as its dmsquash-live has one squashfs only. Debian's
are made by its own tools, as for any machine (dracut with `--no-hostonly`, and so with systemd), without
modules, which this kernel hasn't. Both can do more than is asked of them here, and as they are asked,
neither checks what it boots. The machine's clock counts instructions, one a nanosecond: a boot there is
neither one of a real machine nor one of a slow one, and only the comparison counts. The median of {runs}
alternating runs.

{table}
![The same as bars]({plot})
"""
