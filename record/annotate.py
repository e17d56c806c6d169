#!/usr/bin/env python3
"""annotate.py WORK OUT: what the pages of a recording are.

WORK holds out/ (what the guest wrote down), mon-tlb.txt, mon-regs.txt, pagecounts.txt, phys.txt.
Writes OUTpages.csv and OUTpagetable.csv, the forms `kfrag import --format capture` reads."""
import bisect
import collections
import glob
import os
import re
import sys

WORK, OUT = sys.argv[1], sys.argv[2]
GUEST = os.path.join(WORK, "out")


def lines(path):
    with open(path, errors="replace") as file:
        yield from file


symbols = {}
for line in lines(GUEST + "/kallsyms"):
    address, _, name = line.split()[:3]
    if "[" not in line:
        symbols.setdefault(name, int(address, 16))
if not any(symbols.values()):
    sys.exit("kallsyms: every address is zero; they were hidden from the guest's reader")

BOUNDS = [("base:text", "_stext", "_etext"), ("base:rodata", "__start_rodata", "__end_rodata"),
          ("base:data", "_sdata", "_edata"), ("base:init", "__init_begin", "__init_end"),
          ("base:bss", "__bss_start", "__bss_stop"), ("base:brk", "__brk_base", "__brk_limit")]
image = [(name, symbols[a] & ~0xFFF, symbols[b]) for name, a, b in BOUNDS
         if a in symbols and b in symbols and symbols[a] < symbols[b]]

live = set()
for path in sorted(glob.glob(GUEST + "/s*.modules")):
    for line in lines(path):
        word = line.split()
        live.add((int(word[5], 16), int(word[1]), word[0]))

areas = []
last = sorted(glob.glob(GUEST + "/s*.vmallocinfo"))[-1:]
for line in lines(last[0]) if last else []:
    match = re.match(r"0x([0-9a-f]+)-0x([0-9a-f]+)\s+\d+\s*(\S+)?", line)
    if match:
        caller = (match[3] or "?").split("+")[0]
        areas.append((int(match[1], 16), int(match[2], 16), caller))
areas.sort()
starts = [area[0] for area in areas]

percpu = 0
for line in lines(WORK + "/mon-regs.txt"):
    if line.startswith("GS ="):
        percpu = int(line.split()[2], 16)


def place(address):
    """Class and owner of a page. Sections of modules are told apart by the importer."""
    if address < 1 << 47:
        return "user", ""
    if address >= 0xFFFFFFFFFF000000:
        return "fixmap", ""
    if address >= 0xFFFFFFFFC0000000:
        names = sorted({name for start, size, name in live if start <= address < start + size})
        if not names:
            return "module:transient", "init-or-unlisted"
        return "module", "|".join(name + ":text" for name in names)
    if address >= 0xFFFFFFFF80000000:
        found = [name for name, start, end in image if start <= address < end]
        return (found or ["base:other"])[0], ""
    if 0xFFFFEA0000000000 <= address < 0xFFFFEB0000000000:
        return "vmemmap", ""
    if address >= 0xFFFFFE0000000000:
        return "cpu_entry_area", ""
    if 0xFFFFC90000000000 <= address < 0xFFFFE90000000000:
        at = bisect.bisect(starts, address) - 1
        inside = at >= 0 and address < areas[at][1]
        return "vmalloc", areas[at][2] if inside else "not-live-at-end"
    if 0xFFFF888000000000 <= address < 0xFFFFC88000000000:
        if percpu and percpu <= address < percpu + 0x40000:
            return "percpu", "cpu0 static+dynamic"
        return "direct", ""
    return "other", ""


# Leaves, 2 MiB or 1 GiB where flagged P: told apart by the distance to the next leaf.
leaves = []
for line in lines(WORK + "/mon-tlb.txt"):
    match = re.match(r"([0-9a-f]{16}): ([0-9a-f]{16}) (\S+)", line)
    if match and int(match[1], 16) >> 63:
        flags = match[3].replace("A", "-").replace("D", "-")
        leaves.append([int(match[1], 16), int(match[2], 16), flags, 4096])
for index, leaf in enumerate(leaves):
    if "P" in leaf[2]:
        leaf[3] = 2 << 20
        after = leaves[index + 1][0] if index + 1 < len(leaves) else 1 << 64
        if not (leaf[0] | leaf[1]) & ((1 << 30) - 1) and after - leaf[0] >= 1 << 30:
            leaf[3] = 1 << 30
runs = []
for start, physical, flags, size in leaves:
    run = runs[-1] if runs else None
    if run and run[1] == start and run[2] + run[1] - run[0] == physical and run[3:] == [size, flags]:
        run[1] = start + size
    else:
        runs.append([start, start + size, physical, size, flags])
with open(OUT + "pagetable.csv", "w") as file:
    file.write("vstart,vend,pstart,page_size,flags\n")
    for start, end, physical, size, flags in runs:
        file.write("%x,%x,%x,%d,%s\n" % (start, end, physical, size, flags))
run_starts = [run[0] for run in runs]


def leaf_of(address):
    at = bisect.bisect(run_starts, address) - 1
    if at >= 0 and address < runs[at][1]:
        start, _, physical, size, flags = runs[at]
        return size, physical + address - start, flags
    return 0, 0, ""


frames = {}
for line in lines(WORK + "/phys.txt"):
    page, frame, _ = line.split()
    frames[int(page, 16)] = int(frame, 16)
totals = collections.defaultdict(lambda: [0, 0, 0])
numbers = {}
for line in lines(WORK + "/pagecounts.txt"):
    _, number, page, *counts = line.split()
    numbers[int(number)] = int(page, 16)
    for kind in range(3):
        totals[int(number)][kind] += int(counts[kind])
with open(OUT + "pages.csv", "w") as file:
    file.write("id,vaddr,class,owner,page_size_at_end,paddr_at_end,flags_at_end,"
               "insns,accesses_loadruns,accesses_storeruns\n")
    for number in sorted(numbers):
        address = numbers[number] << 12
        if address >> 47:
            address |= 0xFFFF << 48
        size, physical, flags = leaf_of(address)
        if not size:
            physical = frames.get(numbers[number], 0) << 12
        kind, owner = place(address)
        file.write("%d,%x,%s,%s,%d,%x,%s,%d,%d,%d\n" % (
            number, address, kind, owner, size, physical, flags, *totals[number]))
