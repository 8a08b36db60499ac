"use strict";
// Shows the records of a bundle from its chunk files, from disk, without a network. Whatever comes
// from the data goes through textContent: it can be read here and can do nothing.
(() => {
  const { sets, words, language } = JSON.parse(document.getElementById("described").textContent);
  if (!sets.length) return;
  const byId = (id) => document.getElementById(id);
  const make = (tag, text, attributes = {}) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const number = (value) => value.toLocaleString(language);
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const PAGE = 50;

  // --- loading -------------------------------------------------------------------------------
  // A whole number that a browser would round stays the text it is; strings are left alone.
  const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
  const rounded = (token) => /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token));
  const exact = (text) => /\d{16}/.test(text)
    ? text.replace(TOKEN, (token) => rounded(token) ? `"${token}"` : token) : text;
  let receive = null;
  window.dsar = (text) => receive(JSON.parse(exact(text)));

  const script = (file) => new Promise((resolve, reject) => {
    const node = make("script", undefined, { src: file, charset: "utf-8" });
    node.onload = () => { node.remove(); resolve(); };
    node.onerror = () => { node.remove(); reject(new Error(file)); };
    document.head.append(node);
  });
  let queue = Promise.resolve();
  const load = (set) => {
    set.loading ??= queue = queue.then(async () => {
      set.records = [];
      for (const file of set.files.viewer) {
        receive = (records) => { for (const record of records) set.records.push(record); };
        await script(file);
        say(fill(words.loading, { count: number(set.records.length), title: set.title }));
      }
    });
    return set.loading;
  };

  // --- values --------------------------------------------------------------------------------
  const shown = (value) => {
    if (value === undefined || value === null) return "";
    if (value === true) return words.yes;
    if (value === false) return words.no;
    return typeof value === "object" ? JSON.stringify(value, null, 1) : String(value);
  };
  const haystack = (set, index) => {
    set.haystacks ??= [];
    return set.haystacks[index] ??= plain(set.fields
      .map((field) => shown(own(set.records[index].data, field.name)))
      .concat((set.records[index].files ?? []).map((file) => file.name)).join("\n"));
  };
  const own = (data, name) => Object.hasOwn(data, name) ? data[name] : undefined;
  const compare = (a, b) => typeof a === "number" && typeof b === "number"
    ? a - b : shown(a).localeCompare(shown(b), language, { numeric: true });

  // --- state and pages -----------------------------------------------------------------------
  const state = { open: null, query: "", field: "", only: "", sort: "", down: false, page: 0 };
  const say = (text) => { byId("status").textContent = text; };

  const matching = (set) => {
    const wanted = plain(state.query.trim()).split(/\s+/).filter(Boolean);
    const here = set === state.open;
    const found = [];
    set.records.forEach((record, index) => {
      if (wanted.length) {
        const text = haystack(set, index);
        if (!wanted.every((word) => text.includes(word))) return;
      }
      if (here && state.field && shown(own(record.data, state.field)) !== state.only) return;
      found.push(record);
    });
    if (here && state.sort) {
      const way = state.down ? -1 : 1;
      found.sort((a, b) => way * compare(own(a.data, state.sort), own(b.data, state.sort)));
    }
    return found;
  };

  const marked = (text) => {
    const wanted = state.query.trim().split(/\s+/).filter(Boolean).sort((a, b) => b.length - a.length);
    if (!wanted.length) return [text];
    const escaped = wanted.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    return text.split(new RegExp(`(${escaped.join("|")})`, "giu"))
      .map((piece, place) => place % 2 ? make("mark", piece) : piece);
  };

  const heading = (set, field) => {
    const cell = make("th", undefined, { scope: "col", title: field.meaning });
    const button = make("button", field.label, { type: "button", "data-key": `head-${field.name}` });
    if (state.sort === field.name) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
    button.onclick = () => {
      state.down = state.sort === field.name && !state.down;
      Object.assign(state, { sort: field.name, page: 0 });
      draw();
    };
    cell.append(button);
    return cell;
  };

  // A link to where a file stands in the bundle; its names are ours, what opens them runs nothing.
  const SAFE = /^files\/[a-z0-9_\/-]+\.[a-z0-9]+$/;
  const attachments = (record) => {
    const cell = make("td", undefined, { "data-label": words.attached });
    for (const file of record.files ?? []) {
      const line = make("div", undefined, { class: "value", dir: "auto" });
      line.append(SAFE.test(file.path) ? make("a", file.name, { href: file.path }) : file.name);
      cell.append(line);
    }
    return cell;
  };

  const table = (set, records) => {
    const fields = set.fields.filter((field) => records.some((r) => shown(own(r.data, field.name)) !== ""));
    // One record alone is read down the page, with its labels beside it.
    const alone = set.records.length === 1 && fields.length > 4;
    const node = make("table", undefined, { class: alone ? "records alone" : "records" });
    const head = node.createTHead().insertRow();
    head.append(...fields.map((field) => heading(set, field)));
    const attached = records.some((record) => record.files);
    if (attached) head.append(make("th", words.attached, { scope: "col" }));
    const body = node.createTBody();
    for (const record of records) {
      const row = body.insertRow();
      for (const field of fields) {
        const cell = make("td", undefined, { "data-label": field.label });
        const text = shown(own(record.data, field.name));
        if (text) {
          const value = make("div", undefined, { class: "value", dir: "auto" });
          value.append(...marked(text));
          cell.append(value);
        }
        row.append(cell);
      }
      if (attached) row.append(attachments(record));
    }
    const scroll = make("div", undefined, { class: "scroll", tabindex: "0", role: "region", "aria-label": set.title });
    scroll.append(node);
    return scroll;
  };

  // Where a screen has no room for the heads of a table, it is sorted here.
  const sorting = (set) => {
    const choice = make("select", undefined, { "aria-label": words.sort, class: "sorting", "data-key": "sorting" });
    choice.append(make("option", `${words.sort} …`, { value: "" }));
    for (const [place, field] of set.fields.entries()) {
      for (const down of [false, true]) {
        const option = make("option", `${field.label} ${down ? "↓" : "↑"}`, { value: JSON.stringify([place, down]) });
        option.selected = state.sort === field.name && state.down === down;
        choice.append(option);
      }
    }
    choice.onchange = () => {
      const [place, down] = choice.value ? JSON.parse(choice.value) : [];
      Object.assign(state, { sort: choice.value ? set.fields[place].name : "", down: down ?? false, page: 0 });
      draw();
    };
    return choice;
  };

  const filter = (set) => {
    const bar = make("div", undefined, { class: "bar" });
    if (set.records.length > 1) bar.append(sorting(set));
    const few = set.fields.map((field) => [field, values(set, field)]).filter(([, found]) => found);
    if (!few.length) return bar;
    const choice = make("select", undefined, { "aria-label": words.filter, "data-key": "filter" });
    choice.append(make("option", words.all, { value: "" }));
    few.forEach(([field, found], place) => {
      const group = make("optgroup", undefined, { label: field.label });
      for (const value of found) {
        const option = make("option", value || words.empty, { value: JSON.stringify([place, value]) });
        option.selected = state.field === field.name && state.only === value;
        group.append(option);
      }
      choice.append(group);
    });
    choice.onchange = () => {
      const [place, only] = choice.value ? JSON.parse(choice.value) : [];
      Object.assign(state, { field: choice.value ? few[place][0].name : "", only: only ?? "", page: 0 });
      draw();
    };
    bar.prepend(choice);
    return bar;
  };
  // The values of a field, where they are few enough to choose from.
  const values = (set, field) => {
    set.choices ??= new Map();
    if (!set.choices.has(field.name)) {
      const found = new Set();
      for (const record of set.records) {
        found.add(shown(own(record.data, field.name)));
        if (found.size > 20) break;
      }
      const good = found.size > 1 && found.size <= 20 && found.size < set.records.length;
      set.choices.set(field.name, good ? [...found].sort() : null);
    }
    return set.choices.get(field.name);
  };

  const pages = (found) => {
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    state.page = Math.min(state.page, last);
    const bar = make("div", undefined, { class: "bar" });
    const step = (text, by) => {
      const button = make("button", text, { type: "button" });
      button.disabled = state.page + by < 0 || state.page + by > last;
      button.onclick = () => { state.page += by; draw(); byId("records").focus(); };
      return button;
    };
    const place = { page: number(state.page + 1), pages: number(last + 1) };
    if (last) bar.append(step(words.previous, -1), make("span", fill(words.page, place)), step(words.next, 1));
    return bar;
  };

  const meanings = (set) => {
    const known = set.fields.filter((field) => field.meaning);
    if (!known.length) return [];
    const node = make("details");
    node.append(make("summary", words.fields));
    const list = make("dl");
    for (const field of known) list.append(make("dt", field.label), make("dd", field.meaning));
    node.append(list);
    return [node];
  };

  // Puts new nodes in the place of the old; what had the keyboard or was unfolded stays so.
  let drawn = null;
  const redraw = (set, ...nodes) => {
    const place = byId("records");
    const key = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    const unfolded = drawn === set && place.querySelector("details")?.open;
    place.replaceChildren(...nodes);
    drawn = set;
    if (unfolded) place.querySelector("details").open = true;
    if (key) [...place.querySelectorAll("[data-key]")].find((node) => node.dataset.key === key)?.focus({ preventScroll: true });
  };

  const draw = () => {
    sets.forEach((set, place) => {
      byId(`set-${place}`).toggleAttribute("data-open", set === state.open);
      const hits = state.query.trim() && set.records ? ` · ${fill(words.hits, { count: number(matching(set).length) })}` : "";
      byId(`set-${place}`).querySelector(".where").textContent = set.where + hits;
    });
    const set = state.open;
    if (!set || !set.records) return;
    const found = matching(set);
    const bar = pages(found);
    const part = found.slice(state.page * PAGE, state.page * PAGE + PAGE);
    redraw(set,
      make("a", words.list, { href: "#data", class: "back" }), make("h3", set.title), ...meanings(set), filter(set),
      part.length ? table(set, part) : make("p", words.nothing), bar);
    const here = fill(words.found, { count: number(found.length), all: number(set.records.length), title: set.title });
    const elsewhere = state.query.trim() && !found.length && sets.some((one) => one.records && matching(one).length);
    say(elsewhere ? `${here} · ${words.elsewhere}` : here);
  };

  const open = async (set) => {
    if (state.open !== set) Object.assign(state, { open: set, field: "", only: "", sort: "", page: 0 });
    try { await load(set); draw(); } catch (error) { say(fill(words.missing, { file: error.message })); }
  };

  // --- start ---------------------------------------------------------------------------------
  sets.forEach((set, place) => {
    const line = byId(`set-${place}`);
    const name = line.querySelector(".name");
    set.where = line.querySelector(".where").textContent;
    const button = make("button", name.textContent, { type: "button", class: "name" });
    button.onclick = async () => {
      await open(set);
      byId("records").scrollIntoView();
      byId("records").focus({ preventScroll: true });
    };
    name.replaceWith(button);
  });
  let waiting = 0;
  const look = async () => {
    state.query = byId("query").value;
    state.page = 0;
    try { for (const set of sets) await load(set); } catch (error) {
      say(fill(words.missing, { file: error.message }));
      return;
    }
    if (!state.open) state.open = sets.find((set) => matching(set).length) ?? sets[0];
    draw();
  };
  byId("query").oninput = () => { clearTimeout(waiting); waiting = setTimeout(look, 200); };
  byId("search").onsubmit = (event) => { event.preventDefault(); look(); };
  byId("viewer").hidden = false;
})();
