# Random sets of modules, most of them netfilter's, of BYTES in all: one trace each, FOLDER/set-N.trace.
# A set is as many of netfilter's modules as a die says and random others, with all they depend on,
# shuffled; one whose majority is not netfilter's, or that misses BYTES by a twentieth, is drawn again.
# awk -F, -v bytes=19000000 -v sets=24 -v folder=F -f netfilter.awk CATALOG
function below(n) { state = state * 16807 % 2147483647; return int(state / 2147483647 * n) }
function pages(n) { return int((n + 4095) / 4096) * 4096 }
function shuffle(list, n,   i, j, t) {
  for (i = n; i > 1; i--) { j = 1 + below(i); t = list[i]; list[i] = list[j]; list[j] = t }
}
# Takes a module with what it needs; adds to total, count and kin.
function take(name,   needs, n, i) {
  if (name in taken || !(name in size)) return
  taken[name] = 1
  n = split(depends[name], needs, /[ ;]+/)
  for (i = 1; i <= n; i++) take(needs[i])
  total += size[name]
  count++
  kin += isKin[name]
}
NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
{
  name = $at["module"]
  size[name] = pages($at["text"]) + pages($at["rodata"]) + pages($at["ro_after_init"]) \
    + pages($at["data"] + $at["kallsyms"])
  needs = $at["depends"] " " $at["softdep"]
  gsub("-", "_", needs)
  depends[name] = needs
  isKin[name] = $at["path"] ~ /\/netfilter\//
  if (isKin[name]) netfilter[++kinds] = name
  else others[++rest] = name
}
END {
  state = 20241010
  while (made < sets) {
    shuffle(netfilter, kinds)
    shuffle(others, rest)
    split("", taken)
    total = count = kin = n = 0
    most = 40 + below(kinds - 39)
    for (i = 1; i <= most; i++) { chosen[++n] = netfilter[i]; take(netfilter[i]) }
    goal = bytes * (0.95 + below(101) / 1000)
    for (i = 1; total < goal; i++) { chosen[++n] = others[i]; take(others[i]) }
    if (total > bytes * 1.05 || kin * 2 < count) continue
    shuffle(chosen, n)
    file = folder "/set-" ++made ".trace"
    printf "" > file
    for (i = 1; i <= n; i++) printf "%.2f load %s\n", i * 0.02, chosen[i] > file
    close(file)
  }
}
