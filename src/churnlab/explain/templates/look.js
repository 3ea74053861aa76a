"use strict";
// Filters, sorts and shows the customers that stand in the page as data. Nothing is loaded, kept or
// sent, and whatever comes from outside is set as text, never as markup.
(() => {
  const look = JSON.parse(document.getElementById("content").textContent);
  const { say, columns, texts } = look;
  const PAGE = 50; // rows of the table at a time
  const state = { by: columns.loss ? "loss" : "risk", down: true, first: 0, rows: [], chosen: -1 };
  const byId = (id) => document.getElementById(id);

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const digits = (count) =>
    new Intl.NumberFormat(look.locale, { minimumFractionDigits: count, maximumFractionDigits: count });
  const [whole, tenths, cents, coins] = [0, 1, 2, look.decimals].map(digits);
  const dash = (write) => (value) => (value === null || value === undefined ? "–" : write(value));
  const money = dash((value) => (value !== 0 && Math.abs(value) < 100 ? coins : whole).format(value));
  const percent = dash((value) => tenths.format(100 * value) + (look.locale === "en" ? "%" : "\u00a0%"));
  const score = dash((value) => tenths.format(value));
  const figure = (name, row) => (columns[name] ? columns[name][row] : null);
  const coded = (name, row) => (columns[name][row] < 0 ? "–" : texts[name][columns[name][row]]);
  const nameOf = (row) =>
    look.names ? look.names[row] : fill(say.look_customer, { number: String(row + 1).padStart(6, "0") });
  const mark = (value) => (Number.isInteger(value) ? whole : cents).format(value);
  const plane = byId("map") && lookMap(byId("map"), look, mark, show);
  const amount = (label) => `${label} (${look.currency})`;

  // What the table shows of a customer: heading, text, and the number it is sorted by.
  const FIELDS = [
    { key: "name", head: say.look_name, text: nameOf },
    { key: "strategy", head: say.strategy, text: (row) => coded("strategy", row) },
    { key: "risk", head: say.look_risk, text: (row) => percent(figure("risk", row)), number: true },
    { key: "band", head: say.look_band, text: (row) => coded("band", row) },
    { key: "loss", head: amount(say.expected_loss), text: (row) => money(figure("loss", row)), number: true },
    { key: "value", head: amount(say.value_if_retained), text: (row) => money(figure("value", row)), number: true },
    { key: "intensity", head: say.look_intensity, text: (row) => score(figure("intensity", row)), number: true },
    { key: "segment", head: say.segment, text: (row) => coded("segment", row) },
  ].filter((field) => (field.key === "segment" ? byId("segment") : !field.number || columns[field.key]));

  function make(tag, text, className) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  const sortKeys = {};
  function sortKey(name) {
    sortKeys[name] = sortKeys[name] || Float64Array.from({ length: look.customers }, keyOf(name));
    return sortKeys[name];
  }

  function keyOf(name) {
    if (name === "name") return look.names ? inAlphabet(look.names, (row) => row) : (_, row) => row;
    if (texts[name]) return inAlphabet(texts[name], (row) => columns[name][row]);
    return (_, row) => columns[name][row] ?? NaN;
  }

  function inAlphabet(list, place) {
    const order = new Intl.Collator(look.locale, { numeric: true }).compare;
    const ranks = new Array(list.length);
    [...list.keys()].sort((a, b) => order(list[a], list[b])).forEach((at, rank) => (ranks[at] = rank));
    return (_, row) => ranks[place(row)] ?? NaN;
  }

  // Whoever has no figure comes last, whichever way it is sorted.
  function compare(key, down) {
    return (a, b) => {
      const [x, y] = [key[a], key[b]];
      if (x !== x || y !== y) return (x !== x) - (y !== y) || a - b;
      return (down ? y - x : x - y) || a - b;
    };
  }

  function asked() {
    const wanted = ["strategy", "band", "segment"]
      .filter((name) => byId(name) && byId(name).value !== "")
      .map((name) => [columns[name], Number(byId(name).value)]);
    const word = byId("search").value.trim().toLowerCase();
    if (!word) return (row) => wanted.every(([column, code]) => column[row] === code);
    const hit = (list) => list.map((text) => text.toLowerCase().includes(word));
    const [reasons, segments] = [hit(texts.reason), hit(texts.segment)];
    const says = (row) =>
      nameOf(row).toLowerCase().includes(word) ||
      segments[columns.segment[row]] ||
      [0, 1, 2].some((place) => reasons[columns.reasons[place * look.customers + row]]);
    return (row) => wanted.every(([column, code]) => column[row] === code) && says(row);
  }

  function choose() {
    const fits = asked();
    state.rows = [];
    for (let row = 0; row < look.customers; row += 1) if (fits(row)) state.rows.push(row);
    const counts = { n: whole.format(state.rows.length), total: whole.format(look.customers) };
    byId("found").textContent = fill(say.look_shown, counts);
    order();
    draw();
  }

  function order() {
    state.rows.sort(compare(sortKey(state.by), state.down));
    state.first = 0;
    for (const head of byId("heads").children) {
      if (head.dataset.key === state.by) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    list();
  }

  function heading(field) {
    const head = make("th", undefined, field.number ? "number" : "");
    const button = make("button", field.head);
    head.scope = "col";
    head.dataset.key = field.key;
    button.type = "button";
    button.addEventListener("click", () => {
      state.down = state.by === field.key ? !state.down : Boolean(field.number);
      state.by = field.key;
      order();
    });
    head.append(button);
    return head;
  }

  function line(row) {
    const cells = FIELDS.map((field) => {
      if (field.key !== "name") return make("td", field.text(row), field.number ? "number" : "");
      const head = make("th");
      const button = make("button", field.text(row));
      head.scope = "row";
      button.type = "button";
      head.append(button);
      return head;
    });
    const whole_row = make("tr", undefined, row === state.chosen ? "chosen" : "");
    whole_row.dataset.row = row;
    whole_row.append(...cells);
    return whole_row;
  }

  function list() {
    const rows = state.rows.slice(state.first, state.first + PAGE);
    byId("rows").replaceChildren(...rows.map(line));
    const [first, last] = [whole.format(state.first + 1), whole.format(state.first + rows.length)];
    byId("shown").textContent = rows.length
      ? fill(say.look_rows, { first, last, n: whole.format(state.rows.length) })
      : say.look_nobody;
    byId("previous").disabled = state.first === 0;
    byId("next").disabled = state.first + PAGE >= state.rows.length;
  }

  function turn(pages) {
    state.first += pages * PAGE;
    list();
  }

  function facts(row) {
    const sooner = Object.entries(look.sooner).map(([days, risks]) => [
      fill(say.look_risk_within, { days }),
      percent(risks && risks[row]),
    ]);
    const held = look.held[row];
    return [
      [say.strategy, coded("strategy", row)],
      [say.look_stays, held && fill(say.look_since, { strategy: held[0], since: held[1] })],
      [say.look_risk, `${percent(figure("risk", row))} (${coded("band", row)})`],
      ...sooner,
      [amount(say.value_if_retained), columns.value && money(figure("value", row))],
      [say.look_range, columns.low && `${money(figure("low", row))} … ${money(figure("high", row))}`],
      [say.value_at_stake, columns.stake && money(figure("stake", row))],
      [say.expected_loss, columns.loss && money(figure("loss", row))],
      [say.look_intensity, columns.intensity && score(figure("intensity", row))],
      [say.segment, byId("segment") && coded("segment", row)],
    ].filter(([, text]) => text);
  }

  function show(row) {
    state.chosen = row;
    const reasons = [0, 1, 2].map((place) => columns.reasons[place * look.customers + row]).filter((at) => at >= 0);
    byId("one").textContent = nameOf(row);
    byId("figures").replaceChildren(...facts(row).flatMap(([name, text]) => [make("dt", name), make("dd", text)]));
    byId("why").textContent = reasons.length ? say.card_reasons : say.card_no_reasons;
    byId("reasons").replaceChildren(...reasons.map((at) => make("li", texts.reason[at])));
    byId("choose").hidden = true;
    byId("card").hidden = false;
    for (const each of byId("rows").children) each.classList.toggle("chosen", Number(each.dataset.row) === row);
    draw();
    byId("one").focus();
  }

  function draw() {
    if (!plane) return;
    const drawn = plane(state.rows, state.chosen);
    const away = state.rows.length - drawn;
    byId("map").setAttribute("aria-label", fill(say.look_map_alt, { n: whole.format(drawn) }));
    byId("unplaced").textContent = away ? fill(say.look_unplaced, { n: whole.format(away) }) : "";
  }

  function back() {
    const button = byId("rows").querySelector("tr.chosen button") || byId("rows").querySelector("button");
    if (button) button.focus();
  }

  function offer(name) {
    const present = [...new Set(columns[name])].filter((code) => code >= 0);
    present.sort((a, b) => texts[name][a].localeCompare(texts[name][b], look.locale, { numeric: true }));
    byId(name).append(new Option(say.look_any, ""), ...present.map((code) => new Option(texts[name][code], code)));
    byId(name).addEventListener("change", choose);
  }

  ["strategy", "band", "segment"].filter(byId).forEach(offer);
  byId("heads").append(...FIELDS.map(heading));
  byId("form").addEventListener("submit", (event) => event.preventDefault());
  byId("search").addEventListener("input", choose);
  byId("rows").addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) show(Number(row.dataset.row));
  });
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("close").addEventListener("click", back);
  if (plane) {
    new ResizeObserver(draw).observe(byId("map"));
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    // Paper is light, and what a canvas holds does not follow the style sheet by itself.
    for (const [event, paper] of [["beforeprint", true], ["afterprint", false]]) {
      window.addEventListener(event, () => {
        document.documentElement.classList.toggle("paper", paper);
        draw();
      });
    }
  }
  choose();
})();
