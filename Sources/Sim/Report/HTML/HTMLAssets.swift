/// The style sheet and the script of a report. Without the script all is still there to read.
enum HTMLAssets {
  static let style = """

    :root{--paper:#fff;--ink:#1b1f24;--soft:#5b6570;--line:#d5dae0;--tint:#f3f5f8;--accent:#1f5fbf;
    --worse:217,115,13;--better:47,158,99;--warn:#fff4e0;--warnline:#d9730d}
    @media (prefers-color-scheme:dark){:root{--paper:#14171c;--ink:#e4e8ec;--soft:#9aa5b1;
    --line:#343b44;--tint:#1d2229;--accent:#7fb0ff;--warn:#33270f;--warnline:#d9730d}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:64rem;padding:1.5rem;background:var(--paper);color:var(--ink);
    font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
    h1{margin:.1rem 0 .6rem;font-size:1.8rem;overflow-wrap:anywhere}
    h2{margin:2.2rem 0 .8rem;padding-top:.8rem;font-size:1.25rem;border-top:1px solid var(--line)}
    h3{font-size:1rem;margin:1.2rem 0 .4rem}
    a{color:var(--accent)}
    .skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:.5rem;background:var(--paper)}
    .kicker{margin:0;color:var(--soft);letter-spacing:.04em}
    nav{display:flex;flex-wrap:wrap;gap:.3rem 1rem;font-size:.9rem}
    .answer{font-size:1.3rem;line-height:1.4;margin:.6rem 0}
    .answer.one{font-size:1rem;margin:.2rem 0}
    .warning{background:var(--warn);border-left:4px solid var(--warnline);padding:.6rem .9rem}
    .note{color:var(--soft)}.bad{font-weight:700}
    figure{margin:1.2rem 0}
    figcaption{margin-bottom:.4rem;color:var(--soft);font-size:.92rem}
    figcaption strong{color:var(--ink)}
    .plot{overflow:auto;border-radius:6px;background:var(--tint);padding:.4rem}
    .plot svg{display:block;width:100%;height:auto;color:var(--ink)}
    .plot.zoomed svg{cursor:grab;touch-action:none}
    .zoombar{display:flex;gap:.4rem;margin:.3rem 0}
    .zoombar button{font:inherit;min-width:2.2rem;border:1px solid var(--line);border-radius:4px;
    background:var(--tint);color:var(--ink);cursor:pointer}
    :focus-visible{outline:3px solid var(--accent);outline-offset:2px}
    summary{cursor:pointer;color:var(--soft);font-size:.92rem}
    .scroll{overflow-x:auto;max-height:34rem;overflow-y:auto;margin:.5rem 0}
    table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;width:100%}
    caption{text-align:left;color:var(--soft);padding:.2rem 0;position:static}
    th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left}
    td,thead th:not(:first-child){text-align:right}
    thead th{position:sticky;top:0;background:var(--paper);vertical-align:bottom}
    tbody th{font-weight:500}
    thead button{all:unset;cursor:pointer;font-weight:650}
    td{white-space:nowrap}td.words{white-space:normal}
    thead button:focus-visible{outline:3px solid var(--accent)}
    th[aria-sort=ascending] button::after{content:" ▲"}
    th[aria-sort=descending] button::after{content:" ▼"}
    .worse{background:rgba(var(--worse),var(--s,0))}
    .better{background:rgba(var(--better),var(--s,0))}
    .heat0{--s:.05}.heat1{--s:.14}.heat2{--s:.25}.heat3{--s:.38}.heat4{--s:.52}.heat5{--s:.66}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;font-size:.9rem}
    dd{margin:0;overflow-wrap:anywhere}dt{color:var(--soft)}
    footer{margin-top:3rem;color:var(--soft);font-size:.85rem;border-top:1px solid var(--line)}
    @media (max-width:40rem){body{padding:.8rem}dl{grid-template-columns:1fr}
    dd{margin-bottom:.4rem}}
    @media print{:root{--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--tint:#fff;--accent:#000}
    body{max-width:none;padding:0;font-size:10.5pt}nav,.zoombar,.skip,summary{display:none}
    .scroll{max-height:none;overflow:visible}figure,tr{break-inside:avoid}
    h2{break-after:avoid}.worse,.better{print-color-adjust:exact}}

    """

  static let script = #"""

    "use strict";
    function cellValue(row, column) {
      const text = row.cells[column].textContent.trim();
      // "+62.2 % (45.4 to 79.0)" sorts by its first number.
      const plain = text.replace(/−/g, "-").replace(/ \(.*\)$/, "").replace(/[ %*]|\/1000$/g, "");
      const size = /^(-?[0-9.]+)([KMGT])iB$/.exec(plain);
      if (size) return Number(size[1]) * 1024 ** (1 + "KMGT".indexOf(size[2]));
      const hex = /^0x[0-9a-f]+$/i.test(plain) ? Number(BigInt(plain)) : NaN;
      const number = Number.isNaN(hex) ? Number(plain) : hex;
      return plain === "" || Number.isNaN(number) ? text : number;
    }
    function compare(a, b) {
      const an = typeof a === "number", bn = typeof b === "number";
      if (an && bn) return a - b;
      if (an !== bn) return an ? -1 : 1;
      return a < b ? -1 : a > b ? 1 : 0;
    }
    for (const table of document.querySelectorAll("table.sortable")) {
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, column) => {
        head.querySelector("button").addEventListener("click", () => {
          const body = table.tBodies[0];
          const rows = [...body.rows];
          const values = new Map(rows.map((row) => [row, cellValue(row, column)]));
          const numeric = rows.some((row) => typeof values.get(row) === "number");
          const now = head.getAttribute("aria-sort");
          const first = numeric ? "descending" : "ascending";
          const second = numeric ? "ascending" : "descending";
          const next = now === first ? second : first;
          for (const other of heads) other.removeAttribute("aria-sort");
          head.setAttribute("aria-sort", next);
          const sign = next === "ascending" ? 1 : -1;
          rows.sort((a, b) => sign * compare(values.get(a), values.get(b)));
          body.append(...rows);
        });
      });
    }
    for (const figure of document.querySelectorAll("figure.zoomable")) {
      const plot = figure.querySelector(".plot");
      const svg = plot && plot.querySelector("svg");
      if (!svg) continue;
      const whole = svg.viewBox.baseVal;
      const full = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
      let view = { ...full };
      const show = () => {
        svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
        plot.classList.toggle("zoomed", view.w < full.w);
      };
      const clamp = (v, low, high) => Math.min(Math.max(v, low), high);
      const move = (dx, dy) => {
        view.x = clamp(view.x + dx, full.x, full.x + full.w - view.w);
        view.y = clamp(view.y + dy, full.y, full.y + full.h - view.h);
        show();
      };
      const zoom = (factor, px = 0.5, py = 0.5) => {
        const w = clamp(view.w / factor, full.w / 64, full.w);
        const h = w * full.h / full.w;
        const dx = (view.w - w) * px, dy = (view.h - h) * py;
        view = { x: view.x, y: view.y, w, h };
        move(dx, dy);
      };
      const reset = () => { view = { ...full }; show(); };
      const bar = document.createElement("div");
      bar.className = "zoombar";
      for (const [label, name, act] of [["+", "Zoom in", () => zoom(1.6)],
        ["−", "Zoom out", () => zoom(1 / 1.6)], ["1:1", "Whole map", reset],
        ["←", "Left", () => move(-view.w / 4, 0)], ["→", "Right", () => move(view.w / 4, 0)],
        ["↑", "Up", () => move(0, -view.h / 4)], ["↓", "Down", () => move(0, view.h / 4)]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = label;
        button.setAttribute("aria-label", name);
        button.addEventListener("click", act);
        bar.append(button);
      }
      plot.before(bar);
      plot.addEventListener("keydown", (event) => {
        const acts = { "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6),
          "0": reset, ArrowLeft: () => move(-view.w / 8, 0), ArrowRight: () => move(view.w / 8, 0),
          ArrowUp: () => move(0, -view.h / 8), ArrowDown: () => move(0, view.h / 8) };
        const act = acts[event.key];
        if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key.startsWith("Arrow") && view.w >= full.w) return;
        event.preventDefault();
        act();
      });
      plot.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        const box = svg.getBoundingClientRect();
        zoom(event.deltaY < 0 ? 1.25 : 0.8, (event.clientX - box.left) / box.width,
          (event.clientY - box.top) / box.height);
      }, { passive: false });
      let grip = null;
      svg.addEventListener("pointerdown", (event) => {
        if (view.w >= full.w) return;
        grip = { x: event.clientX, y: event.clientY };
        svg.setPointerCapture(event.pointerId);
      });
      svg.addEventListener("pointermove", (event) => {
        if (!grip) return;
        const scale = view.w / svg.getBoundingClientRect().width;
        move((grip.x - event.clientX) * scale, (grip.y - event.clientY) * scale);
        grip = { x: event.clientX, y: event.clientY };
      });
      svg.addEventListener("pointerup", () => { grip = null; });
    }
    addEventListener("beforeprint", () => {
      for (const part of document.querySelectorAll("details")) part.open = true;
    });

    """#
}
