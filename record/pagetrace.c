/* pagetrace.c - QEMU TCG plugin (plugin API v1, QEMU 7.2+): page-granular trace of
 * instruction fetches and data accesses performed by guest *kernel* code.
 *
 * Build: gcc -O2 -fPIC -shared -fvisibility=hidden -I<dir of qemu-plugin.h> -o pagetrace.so ...
 * Use:   -plugin ./pagetrace.so,out=raw.bin,start=0,max=2000000000
 * Assumes one virtual CPU (-smp 1). See FORMAT below.
 *
 * RAW FORMAT: little-endian u64 records.
 *   bits 63..62 kind: 0=I run  1=D run, loads only  2=D run with >=1 store  3=special
 *   bits 61..36 count (26 bits)
 *   bits 35..0  virtual page number, low 36 bits (vaddr bits 47..12; sign-extend from bit 47)
 * An I run: `count` consecutive kernel instructions whose fetch page is that page, with no
 *   instruction on another kernel page in between (data accesses may intervene).
 * A D run: `count` consecutive data accesses by kernel instructions to that page, with no data
 *   access to another page in between (fetches may intervene).
 * Records are ordered by the run's FIRST access.  kind 3: page field low 8 bits = subtype:
 *   1 marker (count=id), 2 user gap (count=user instructions, kernel left to user mode),
 *   3 log on, 4 log off (count = kernel instructions so far >> 20 when sampling).
 * win=W,period=P: sampled logging, W records on, then P kernel instructions off.
 * A page-straddling instruction or access counts once on each page.
 * REP string instructions (TCG emulates one iteration at a time): counted as ONE instruction;
 *   while one runs, its alternating source/destination accesses are merged into at most one open
 *   run per page for two pages (a `count` is then the number of iterations' accesses).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu-plugin.h"
QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;
#define KERN 0xffff800000000000ull
#define PM 0xfffffffffull
#define CMAX ((1u << 26) - 1)
#define NBUF (1u << 20)
static FILE *out, *phys;
static uint64_t buf[NBUF];
static unsigned nb;
static int on;
static uint64_t nrec, maxrec = 4000000000ull;
static uint64_t markbase = 0x313370000000ull;
static int oi = -1, od = -1, ou = -1; /* index of open run in buf */
static uint64_t pi, pd;
static uint32_t ci, cd;
static int sd;
static int oe = -1;
static uint64_t pe;
static uint32_t ce;
static int se;           /* second open D run, only inside a REP insn */
static uint64_t lastrep; /* vaddr of the REP insn being iterated, or 0 */
/* totals by class, always counted: [class][0 insn,1 load,2 store] */
enum {
  C_USER,
  C_DIRECT,
  C_VMALLOC,
  C_VMEMMAP,
  C_CEA,
  C_ESPFIX,
  C_IMAGE,
  C_MODULE,
  C_FIXMAP,
  C_OTHER,
  NC
};
static const char *cname[NC] = {"user",   "direct", "vmalloc", "vmemmap", "cpu_entry",
                                "espfix", "image",  "module",  "fixmap",  "other"};
static uint64_t tot[NC][3], snap[NC][3], uinsn, uinsn_snap;
static int cls(uint64_t a) {
  if (a < KERN) return C_USER;
  if (a >= 0xffffffffff000000ull) return C_FIXMAP;
  if (a >= 0xffffffffc0000000ull) return C_MODULE;
  if (a >= 0xffffffff80000000ull) return C_IMAGE;
  if (a >= 0xffffff0000000000ull && a < 0xffffff8000000000ull) return C_ESPFIX;
  if (a >= 0xfffffe0000000000ull && a < 0xfffffe8000000000ull) return C_CEA;
  if (a >= 0xffffea0000000000ull && a < 0xffffeb0000000000ull) return C_VMEMMAP;
  if (a >= 0xffffc90000000000ull && a < 0xffffe90000000000ull) return C_VMALLOC;
  if (a >= 0xffff888000000000ull && a < 0xffffc88000000000ull) return C_DIRECT;
  return C_OTHER;
}
/* sampling: win records logged, then pause until `period` more kernel instructions have run */
static uint64_t win, period, kinsn, next_on, win_end;
static int armed;
static uint32_t cu;
static void closeu(void) {
  if (ou >= 0) {
    buf[ou] = (3ull << 62) | ((uint64_t)cu << 36) | 2;
    ou = -1;
  }
}
static void closei(void) {
  if (oi >= 0) {
    buf[oi] = ((uint64_t)ci << 36) | pi;
    oi = -1;
  }
}
static void closed(void) {
  if (od >= 0) {
    buf[od] = ((uint64_t)(sd ? 2 : 1) << 62) | ((uint64_t)cd << 36) | pd;
    od = -1;
  }
}
static void closee(void) {
  if (oe >= 0) {
    buf[oe] = ((uint64_t)(se ? 2 : 1) << 62) | ((uint64_t)ce << 36) | pe;
    oe = -1;
  }
}
static void flushbuf(void) {
  closei();
  closed();
  closee();
  closeu();
  fwrite(buf, 8, nb, out);
  nb = 0;
}
static inline unsigned slot(void) {
  if (nb == NBUF) flushbuf();
  nrec++;
  if (nrec >= maxrec) on = 0;
  return nb++;
}
static void special(int sub, uint32_t v) {
  unsigned s = slot();
  buf[s] = (3ull << 62) | ((uint64_t)v << 36) | (unsigned)sub;
}
static void sample(void) {
  if (on && nrec >= win_end) {
    closei();
    closed();
    closee();
    closeu();
    special(4, (uint32_t)(kinsn >> 20));
    on = 0;
    next_on = kinsn + period;
  } else if (!on && kinsn >= next_on) {
    on = 1;
    win_end = nrec + win;
    special(3, (uint32_t)(kinsn >> 20));
  }
}
static void k_exec(unsigned cpu, void *u) {
  lastrep = 0;
  closee();
  uint64_t x = (uint64_t)u, p = (x >> 12) & PM;
  uint32_t n = x & 0xfff;
  tot[cls((p << 12) | 0xffff000000000000ull)][0] += n;
  kinsn += n;
  if (win && armed) sample();
  if (!on) return;
  if (ou >= 0) closeu();
  if (oi >= 0 && p == pi && ci + n < CMAX) {
    ci += n;
    return;
  }
  closei();
  unsigned s = slot();
  oi = (int)s;
  pi = p;
  ci = n;
}
/* u = vaddr of a REP string instruction (fires after k_exec of its segment when the insn is not
 * the first of the block; alone when the block starts with it) */
static void rep_mid(unsigned cpu, void *u) {
  lastrep = (uint64_t)u;
}
static void rep_first(unsigned cpu, void *u) {
  uint64_t v = (uint64_t)u;
  if (lastrep == v) return; /* next iteration: not a new instruction */
  k_exec(cpu, (void *)((((v >> 12) & PM) << 12) | 1));
  lastrep = v;
}
static void u_exec(unsigned cpu, void *u) {
  lastrep = 0;
  closee();
  uint32_t n = (uint32_t)(uint64_t)u;
  uinsn += n;
  if (!on) return;
  if (ou >= 0 && cu + n < CMAX) {
    cu += n;
    return;
  }
  /* leaving the kernel: close both runs so that records never span a user gap */
  closei();
  closed();
  closee();
  closeu();
  unsigned s = slot();
  ou = (int)s;
  cu = n;
}
static void d1(uint64_t a, int st) {
  uint64_t p = (a >> 12) & PM;
  if (od >= 0 && p == pd && cd + 1 < CMAX) {
    cd++;
    sd |= st;
    return;
  }
  if (lastrep) {
    if (oe >= 0 && p == pe && ce + 1 < CMAX) {
      ce++;
      se |= st;
      return;
    }
    closee();
    oe = od;
    pe = pd;
    ce = cd;
    se = sd;
    od = -1; /* keep the previous run open as second */
    unsigned s = slot();
    od = (int)s;
    pd = p;
    cd = 1;
    sd = st;
    return;
  }
  closed();
  unsigned s = slot();
  od = (int)s;
  pd = p;
  cd = 1;
  sd = st;
}
/* first-touch physical frame of each data page (hash set) */
static uint64_t *hs;
static uint32_t hm = (1u << 22) - 1;
static void phys1(uint64_t a, qemu_plugin_meminfo_t info) {
  uint64_t p = (a >> 12) & PM, h = (p * 0x9E3779B97F4A7C15ull) >> 42;
  for (;; h = (h + 1)) {
    h &= hm;
    if (hs[h] == p + 1) return;
    if (!hs[h]) break;
  }
  hs[h] = p + 1;
  struct qemu_plugin_hwaddr *w = qemu_plugin_get_hwaddr(info, a);
  if (w && phys)
    fprintf(phys, "%012lx %lx %d\n", (unsigned long)p,
            (unsigned long)(qemu_plugin_hwaddr_phys_addr(w) >> 12), qemu_plugin_hwaddr_is_io(w));
}
static void mem(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t a, void *u) {
  int st = qemu_plugin_mem_is_store(info);
  tot[cls(a)][1 + st]++;
  if (!on) return;
  uint64_t e = a + (1ull << qemu_plugin_mem_size_shift(info)) - 1;
  if (phys && !(od >= 0 && ((a >> 12) & PM) == pd)) phys1(a, info);
  d1(a, st);
  if ((e >> 12) != (a >> 12)) d1(e, st);
}
static void stats(const char *what, unsigned id) {
  fprintf(stderr, "[pagetrace] %s %u user_insn=%lu", what, id,
          (unsigned long)(uinsn - uinsn_snap));
  for (int c = 0; c < NC; c++)
    if (tot[c][0] - snap[c][0] || tot[c][1] - snap[c][1] || tot[c][2] - snap[c][2])
      fprintf(stderr, " %s=%lu/%lu/%lu", cname[c], (unsigned long)(tot[c][0] - snap[c][0]),
              (unsigned long)(tot[c][1] - snap[c][1]), (unsigned long)(tot[c][2] - snap[c][2]));
  fprintf(stderr, " records=%lu\n", (unsigned long)nrec);
  fflush(stderr);
  memcpy(snap, tot, sizeof tot);
  uinsn_snap = uinsn;
}
static void mark(unsigned cpu, void *u) {
  unsigned id = (unsigned)(uint64_t)u;
  stats("marker", id);
  if (id == 0xf1) {
    armed = 1;
    if (win)
      next_on = 0;
    else {
      on = 1;
      special(3, 0);
    }
    return;
  }
  if (id == 0xf0) armed = 0;
  if (!on) return;
  closei();
  closed();
  closee();
  closeu();
  if (id == 0xf0) {
    special(4, 0);
    on = 0;
    flushbuf();
    fflush(out);
    return;
  }
  special(1, id);
}
static int is_rep(struct qemu_plugin_insn *in) {
  const unsigned char *b = qemu_plugin_insn_data(in);
  size_t n = qemu_plugin_insn_size(in);
  int rep = 0;
  for (size_t i = 0; i < n; i++) {
    unsigned char c = b[i];
    if (c == 0xf3 || c == 0xf2) {
      rep = 1;
      continue;
    }
    if (c == 0x66 || c == 0x67 || c == 0x2e || c == 0x3e || c == 0x26 || c == 0x64 || c == 0x65 ||
        c == 0x36 || (c & 0xf0) == 0x40)
      continue;
    return rep && ((c >= 0xa4 && c <= 0xa7) || (c >= 0xaa && c <= 0xaf));
  }
  return 0;
}
static void trans(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  size_t n = qemu_plugin_tb_n_insns(tb);
  uint64_t v0 = qemu_plugin_tb_vaddr(tb);
  if (v0 < KERN) {
    if (v0 >= markbase && v0 < markbase + 0x1000)
      qemu_plugin_register_vcpu_tb_exec_cb(tb, mark, QEMU_PLUGIN_CB_NO_REGS,
                                           (void *)((v0 - markbase) >> 4));
    qemu_plugin_register_vcpu_tb_exec_cb(tb, u_exec, QEMU_PLUGIN_CB_NO_REGS, (void *)(uint64_t)n);
    return;
  }
  if (is_rep(qemu_plugin_tb_get_insn(
          tb, 0))) { /* (a straddling REP insn counts only its first page) */
    struct qemu_plugin_insn *in = qemu_plugin_tb_get_insn(tb, 0);
    qemu_plugin_register_vcpu_insn_exec_cb(in, rep_first, QEMU_PLUGIN_CB_NO_REGS,
                                           (void *)qemu_plugin_insn_vaddr(in));
    qemu_plugin_register_vcpu_mem_cb(in, mem, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
    if (n == 1) return;
  }
  size_t i0 = is_rep(qemu_plugin_tb_get_insn(tb, 0)) ? 1 : 0;
  /* split the block into same-page segments */
  uint64_t cur = ~0ull;
  struct qemu_plugin_insn *first = NULL;
  uint64_t cnt = 0;
  for (size_t i = i0; i <= n; i++) {
    struct qemu_plugin_insn *in = i < n ? qemu_plugin_tb_get_insn(tb, i) : NULL;
    uint64_t v = in ? qemu_plugin_insn_vaddr(in) : 0, p = in ? (v >> 12) & PM : ~1ull;
    if (p != cur) {
      if (first)
        qemu_plugin_register_vcpu_insn_exec_cb(first, k_exec, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)((cur << 12) | cnt));
      first = in;
      cur = p;
      cnt = 0;
    }
    if (!in) break;
    cnt++;
    uint64_t e = ((v + qemu_plugin_insn_size(in) - 1) >> 12) & PM;
    if (e != p) { /* straddles: touches p, then e */
      qemu_plugin_register_vcpu_insn_exec_cb(first, k_exec, QEMU_PLUGIN_CB_NO_REGS,
                                             (void *)((cur << 12) | cnt));
      first = in;
      cur = e;
      cnt = 1;
    }
    if (is_rep(in))
      qemu_plugin_register_vcpu_insn_exec_cb(in, rep_mid, QEMU_PLUGIN_CB_NO_REGS, (void *)v);
    qemu_plugin_register_vcpu_mem_cb(in, mem, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
  }
}
static void fin(qemu_plugin_id_t id, void *u) {
  stats("end", 0);
  flushbuf();
  fclose(out);
  if (phys) fclose(phys);
}
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv) {
  const char *o = "raw.bin";
  hs = calloc(hm + 1ull, 8);
  for (int i = 0; i < argc; i++) {
    if (!strncmp(argv[i], "out=", 4))
      o = argv[i] + 4;
    else if (!strncmp(argv[i], "start=", 6))
      armed = on = atoi(argv[i] + 6);
    else if (!strncmp(argv[i], "max=", 4))
      maxrec = strtoull(argv[i] + 4, 0, 0);
    else if (!strncmp(argv[i], "win=", 4))
      win = strtoull(argv[i] + 4, 0, 0);
    else if (!strncmp(argv[i], "period=", 7))
      period = strtoull(argv[i] + 7, 0, 0);
    else if (!strncmp(argv[i], "phys=", 5))
      phys = fopen(argv[i] + 5, "w");
  }
  if (win) {
    on = 0;
    next_on = 0;
  }
  out = fopen(o, "wb");
  if (!out) return -1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, trans);
  qemu_plugin_register_atexit_cb(id, fin, NULL);
  return 0;
}
