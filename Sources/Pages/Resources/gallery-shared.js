"use strict";
const get = id => document.getElementById(id);
const data = JSON.parse(get("data").textContent);
const grid = get("grid"), search = get("search");

function make(name, text, attributes = {}, space) {
  const node = space ? document.createElementNS(space, name) : document.createElement(name);
  if (text !== undefined && text !== null) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
const wordsOf = text => text.toLowerCase().split(/\s+/).filter(Boolean);
// The item that an address ends with: index.html#ITEM.
function wanted() { try { return decodeURIComponent(location.hash.slice(1)); } catch { return location.hash.slice(1); } }

document.addEventListener("keydown", event => {
  if (event.key !== "/" || event.target.closest("input, select, dialog") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  search.focus();
  search.select();
});
