// What helps in reading a page and no more: choose what rows show, sort a table, keep both in the address.
// Everything is there without it. Texts of the session are only ever compared, and shown by textContent.
"use strict";
(() => {
  const FACTORS = ["transport", "reader", "wakeup", "workload"];
  const NAMES = { transport: "Transport", reader: "Reader", wakeup: "Wake-up", workload: "Workload" };
  const rows = [...document.querySelectorAll("[data-transport]")];
  const tables = [...document.querySelectorAll("table[data-sortable]")];
  const state = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");

  const of = (row, factor) => (row.dataset[factor] || "").split("\n").filter(Boolean);

  function keep() {
    const text = state.toString();
    const here = location.href.split("#")[0];
    history.replaceState(null, "", text ? `${here}#?${text}` : here);
  }

  // ---- choosing

  const bar = document.getElementById("choose");
  const told = document.createElement("span");

  function filter() {
    let shown = 0;
    for (const row of rows) {
      row.hidden = !FACTORS.every((factor) => !state.has(factor) || of(row, factor).includes(state.get(factor)));
      shown += !row.hidden;
    }
    told.textContent = FACTORS.some((factor) => state.has(factor)) ? `${shown} of ${rows.length} rows of the tables` : "";
  }

  function choices() {
    for (const factor of FACTORS) {
      const values = [...new Set(rows.flatMap((row) => of(row, factor)))].sort();
      if (!values.includes(state.get(factor))) state.delete(factor); // an address made for another session, or by a stranger
      if (values.length < 2) continue;
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.name = factor;
      for (const value of ["", ...values]) {
        const option = document.createElement("option");
        option.value = value;
        option.textContent = value || "all";
        select.append(option);
      }
      select.value = state.get(factor) ?? "";
      select.addEventListener("change", () => {
        select.value ? state.set(factor, select.value) : state.delete(factor);
        filter();
        keep();
      });
      label.append(`${NAMES[factor]} `, select);
      bar.append(label);
    }
    told.setAttribute("role", "status");
    bar.append(told);
    bar.hidden = bar.children.length < 2;
  }

  // ---- sorting

  const key = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();

  function order(a, b) {
    const [x, y] = [a, b].map((text) => (text === "" ? NaN : Number(text)));
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    return a.localeCompare(b, "en", { numeric: true });
  }

  function sort(table, column, down) {
    const body = table.tBodies[0];
    const sorted = [...body.rows].sort((a, b) => order(key(a, column), key(b, column)));
    body.append(...(down ? sorted.reverse() : sorted));
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      if (place === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  }

  function sortable(table) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        sort(table, column, down);
        state.set("sort", `${table.id},${column},${down ? "down" : "up"}`);
        keep();
      });
    });
  }

  // ---- printing: paper can't be opened

  let closed = [];
  const open = (details, opened) => details.forEach((each) => (each.open = opened));
  addEventListener("beforeprint", () => open((closed = [...document.querySelectorAll("details:not([open])")]), true));
  addEventListener("afterprint", () => open(closed, false));

  choices();
  filter();
  tables.forEach(sortable);
  const [id, column, way] = (state.get("sort") || "").split(",");
  const named = tables.find((table) => table.id === id);
  if (named && named.tHead.rows[0].cells[Number(column)]) sort(named, Number(column), way === "down");
  // A chosen view is of the tables: open those that hold it.
  if (state.size) for (const table of document.querySelectorAll("details:has([data-transport])")) table.open = true;
})();
