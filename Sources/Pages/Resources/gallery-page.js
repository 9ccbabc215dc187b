const items = data, sort = get("sort"), view = get("view");
const figures = [...grid.children];
const words = items.map(item => [item.item, item.class, item.name, item.source, item.truth].join(" ").toLowerCase());
let shown = figures.map((_, index) => index);
let current = 0;

function compare(key) {
  if (["score", "posterior", "overlap"].includes(key)) return (a, b) => (items[b][key] ?? -1e30) - (items[a][key] ?? -1e30) || a - b;
  if (key === "name") return (a, b) => items[a].name.localeCompare(items[b].name) || a - b;
  return (a, b) => a - b;
}

function arrange() {
  const parts = wordsOf(search.value);
  const order = items.map((_, index) => index).sort(compare(sort.value));
  shown = order.filter(index => parts.every(part => words[index].includes(part)));
  const visible = new Set(shown);
  for (const index of order) { figures[index].hidden = !visible.has(index); grid.append(figures[index]); }
  get("count").textContent = shown.length === items.length ? `${items.length} ${items.length === 1 ? "result" : "results"}`
    : `${shown.length} of ${items.length}`;
  get("none").hidden = shown.length > 0;
}

const number = value => value === null || value === undefined ? "–" : Number(value.toPrecision(4)).toLocaleString("en");
const percent = value => value === null || value === undefined ? "–" : `${(100 * value).toFixed(value < 0.0995 ? 2 : 1)} %`;

// The score over the iterations, as a curve between its least and its greatest value.
function curve(trace, iterations) {
  const svg = "http://www.w3.org/2000/svg", width = 460, height = 170, left = 46, bottom = 22, top = 10, right = 8;
  const known = trace.filter(value => value !== null);
  if (known.length < 2) return make("p", "No finite scores.");
  const low = Math.min(...known), high = Math.max(...known), range = high - low || 1;
  const x = index => left + (width - left - right) * index / (trace.length - 1);
  const y = value => top + (height - top - bottom) * (1 - (value - low) / range);
  const root = make("svg", null, { viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Score from ${number(trace[0])} to ${number(trace[trace.length - 1])} in ${iterations} iterations` }, svg);
  for (const value of [low, (low + high) / 2, high]) {
    root.append(make("line", null, { class: "axis", x1: left, x2: width - right, y1: y(value), y2: y(value) }, svg));
    root.append(make("text", number(value), { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, svg));
  }
  for (const part of [0, 0.5, 1]) root.append(make("text", Math.round(part * iterations), { x: x(part * (trace.length - 1)),
    y: height - 5, "text-anchor": part === 0 ? "start" : part === 1 ? "end" : "middle" }, svg));
  const points = trace.flatMap((value, index) => value === null ? [] : [`${x(index).toFixed(1)},${y(value).toFixed(1)}`]);
  root.append(make("polyline", null, { class: "curve", points: points.join(" ") }, svg));
  return root;
}

function table(item) {
  const table = make("table"), body = make("tbody");
  for (const entry of item.top5) {
    const row = make("tr", null, entry.class === item.class ? { class: "own" } : {});
    const name = make("td", entry.name || entry.class, { title: entry.class });
    const track = make("span", null, { class: "track" }), bar = make("span");
    bar.style.width = `${100 * (entry.posterior ?? 0)}%`;
    track.append(bar);
    name.append(track);
    row.append(name, make("td", entry.class, { class: "n" }), make("td", number(entry.score), { class: "n" }),
      make("td", percent(entry.posterior), { class: "n" }));
    body.append(row);
  }
  table.append(body);
  return table;
}

function show(index) {
  current = index;
  const item = items[index], title = get("view-title"), text = get("view-text"), image = get("view-image");
  title.replaceChildren(item.name || item.class, make("small", item.source ? `${item.class} · ${item.source}` : item.class));
  image.src = item.image;
  image.alt = figures[index].querySelector("img").alt;
  text.replaceChildren();
  if (item.warning) text.append(make("p", item.warning, { class: "warn" }));
  const facts = make("dl");
  const add = (name, value) => {
    const pair = make("div");
    pair.append(make("dt", name), make("dd", value));
    facts.append(pair);
  };
  add("score", number(item.score));
  add("posterior", percent(item.posterior));
  if (item.truth) add("picture of", item.truth === (item.top5[0] ?? item).class ? `${item.truth} ✓` : item.truth);
  if (item.overlap !== undefined) add("IoU", number(item.overlap));
  if (item.iterations) add("iterations", item.iterations);
  text.append(make("h3", "Class"), facts);
  if (item.trace) text.append(make("h3", "Class score over the iterations"), curve(item.trace, item.iterations));
  text.append(make("h3", "Strongest classes: id, score, posterior"), table(item));
  if (!view.open) view.showModal();
}

function move(by) {
  if (shown.length === 0) return;
  const place = shown.indexOf(current);
  show(shown[(Math.max(place, 0) + by + shown.length) % shown.length]);
}

search.addEventListener("input", arrange);
sort.addEventListener("change", arrange);
grid.addEventListener("click", event => {
  const figure = event.target.closest("figure");
  if (figure) show(Number(figure.dataset.index));
});
get("previous").addEventListener("click", () => move(-1));
get("next").addEventListener("click", () => move(1));
get("close").addEventListener("click", () => view.close());
view.addEventListener("click", event => { if (event.target === view) view.close(); });
view.addEventListener("keydown", event => {
  if (event.key === "ArrowLeft") move(-1); else if (event.key === "ArrowRight") move(1);
  else if (event.key === "Escape") view.close(); else return;
  event.preventDefault();
});

// A finger that goes sideways turns to the next picture; not while the page is enlarged, which moves it.
let touch = null;
view.addEventListener("touchstart", event => {
  const enlarged = window.visualViewport && visualViewport.scale > 1.01;
  touch = event.touches.length === 1 && !enlarged ? event.touches[0] : null;
}, { passive: true });
view.addEventListener("touchend", event => {
  if (!touch || event.touches.length > 0) return;
  const x = event.changedTouches[0].clientX - touch.clientX, y = event.changedTouches[0].clientY - touch.clientY;
  touch = null;
  if (Math.abs(x) > 40 && Math.abs(x) > 2 * Math.abs(y)) move(x < 0 ? 1 : -1);
});
view.addEventListener("touchcancel", () => { touch = null; });

view.addEventListener("close", () => figures[current].querySelector("button").focus());
arrange();
const first = items.findIndex(item => item.item === wanted());
if (first >= 0) show(first);
