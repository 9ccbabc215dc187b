const most = 100;
const names = data.items.map(item => item.slice(item.indexOf("/") + 1));
const files = names.map(name => name.toLowerCase());
const classWords = data.classes.map(found => found.join(" ").toLowerCase());
const total = get("count").textContent;
const address = index => `pages/page-${String(Math.floor(index / data.perPage) + 1).padStart(4, "0")}.html`
  + `#${encodeURIComponent(names[index])}`;

function figure(index) {
  const [id, words] = data.classes[data.classOf[index]];
  const node = make("figure"), link = make("a", null, { href: address(index) }), caption = make("figcaption");
  link.append(make("img", null, { loading: "lazy", decoding: "async", alt: `${names[index]}, ${words} (${id})`,
    src: data.items[index].split("/").map(encodeURIComponent).join("/") + ".png" }));
  caption.append(make("b", words.split(",")[0].trim() || id, { title: words }), make("small", names[index], { title: id }));
  node.append(link, caption);
  return node;
}

function find() {
  const parts = wordsOf(search.value), hits = [];
  const classes = parts.map(part => classWords.map(words => words.includes(part)));
  if (parts.length > 0) for (let index = 0; index < files.length; index++) {
    if (parts.every((part, place) => classes[place][data.classOf[index]] || files[index].includes(part))) hits.push(index);
  }
  grid.replaceChildren(...hits.slice(0, most).map(figure));
  get("contents").hidden = parts.length > 0;
  get("none").hidden = parts.length === 0 || hits.length > 0;
  get("count").textContent = parts.length === 0 ? total
    : `${hits.length} of ${files.length}${hits.length > most ? `, the first ${most} shown` : ""}`;
}

search.addEventListener("input", find);
get("contents").addEventListener("click", event => {
  const button = event.target.closest("button");
  if (!button) return;
  search.value = button.dataset.search;
  find();
  scrollTo(0, 0);
});
find();
const first = names.indexOf(wanted());
if (first >= 0) location.replace(address(first));
