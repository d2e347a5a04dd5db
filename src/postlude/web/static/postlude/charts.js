// Turns a still picture into a chart that zooms, when somebody asks for it. Without it the picture is what there is.
// Drawn by Vega, whose expressions are interpreted (`ast`), never compiled: the site's policy allows no evaluation.
(() => {
  "use strict";

  const refuse = () => Promise.reject(new Error("a chart loads nothing"));
  const loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (darkness.matches ? "dark" : "light")) === "dark";
  const day = (moment) => new Date(moment).toISOString().slice(0, 10);
  const STEP = 0.5, TURNS = 1e-3;

  const enhance = (figure) => {
    const part = (name) => figure.querySelector(`[data-part="${name}"]`);
    const [opener, still, tools, says, moving, named, room, tip, key] =
      ["open", "still", "tools", "says", "moving", "named", "room", "tip", "key"].map(part);
    // Its name stands outside of what Vega names in its own way.
    named.setAttribute("aria-label", still.querySelector("img").alt);
    let told = null, drawn = null, days = null, round = 0, width = 0, later = 0, leaving = 0;

    const say = (text, values = {}) => {
      clearTimeout(later);
      says.textContent = text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    };
    const inside = () => {
      const style = getComputedStyle(figure);
      return Math.floor(figure.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
    };

    // --- what is pointed at; the sentence stays while the pointer is on it, and Escape takes it away ---
    const hide = () => { tip.hidden = true; };
    const show = (_, event, item, text) => {
      clearTimeout(leaving);
      if (!text) {
        leaving = setTimeout(hide, 300);
        return;
      }
      tip.textContent = text;
      tip.hidden = false;
      const around = moving.getBoundingClientRect();
      const left = Math.min(event.clientX - around.left + 12, around.width - tip.offsetWidth);
      tip.style.left = `${Math.max(0, left)}px`;
      tip.style.top = `${event.clientY - around.top + 16}px`;
    };
    tip.addEventListener("pointerenter", () => clearTimeout(leaving));
    tip.addEventListener("pointerleave", hide);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

    // --- which days are shown ---
    const announce = () => {
      const [from, to] = days;
      const all = Math.abs(from - told.days[0]) + Math.abs(to - told.days[1]) < TURNS * (told.days[1] - told.days[0]);
      say(all ? says.dataset.whole : says.dataset.shown, { from: day(from), to: day(to) });
    };
    const look = (from, to) => {
      const [low, high] = told.days;
      const span = Math.min(Math.max(to - from, told.shortest), high - low);
      const start = Math.min(Math.max((from + to - span) / 2, low), high - span);
      drawn.view.signal("days", [start, start + span]).runAsync();
    };
    const does = {
      // Towards what stands there: the middle of a long course is often empty.
      in: (from, to) => {
        const seen = told.marks.filter((mark) => mark >= from && mark <= to);
        const centre = seen.length ? seen[Math.floor(seen.length / 2)] : (from + to) / 2;
        const half = (to - from) * STEP / 2;
        look(centre - half, centre + half);
      },
      out: (from, to) => { const more = (to - from) * STEP; look(from - more, to + more); },
      earlier: (from, to) => { const step = (to - from) * STEP; look(from - step, to - step); },
      later: (from, to) => { const step = (to - from) * STEP; look(from + step, to + step); },
      whole: () => look(...told.days),
    };
    tools.addEventListener("click", (event) => {
      const asked = event.target.closest("[data-does]");
      if (asked && drawn) does[asked.dataset.does](...days);
    });

    // --- drawing ---
    const ask = async () => {
      const answer = await fetch(`${figure.dataset.chart}?width=${width}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(`the chart was not given: ${answer.status}`);
      return answer.json();
    };
    const listed = () => {
      key.replaceChildren(...told.events.map((line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }));
      part("missed").hidden = !told.open_mark;
      part("missed").textContent = `○ ${told.open_mark}`;
    };
    const draw = async () => {
      const mine = ++round;
      const wide = inside();
      if (!told || wide !== width) {
        width = wide;
        const found = await ask();
        if (mine !== round) return;
        told = found;
      }
      const { embed } = await import(figure.dataset.runtime);
      moving.hidden = false;
      const made = await embed(room, isDark() ? told.dark : told.light, {
        mode: "vega", ast: true, renderer: "svg", actions: false, defaultStyle: false, tooltip: show, loader,
      });
      if (mine !== round) {
        made.finalize();
        return;
      }
      if (drawn) drawn.finalize();
      drawn = made;
      const before = days;
      days = made.view.signal("days");
      made.view.addSignalListener("days", (_, now) => {
        days = now;
        hide();
        clearTimeout(later);
        later = setTimeout(announce, 150);
      });
      // A finger taps and never hovers.
      made.view.addEventListener("pointerdown", (event, item) => show(null, event, item, item && item.tooltip));
      if (before) look(...before);
      listed();
      announce();
      still.hidden = opener.hidden = true;
      tools.hidden = false;
    };
    const tried = async () => {
      try {
        await draw();
        return true;
      } catch (error) {
        console.error(error);
        close();
        say(says.dataset.failed);
        return false;
      }
    };
    const close = () => {
      round += 1;
      if (drawn) drawn.finalize();
      room.replaceChildren();
      drawn = told = days = null;
      moving.hidden = tools.hidden = true;
      still.hidden = opener.hidden = false;
      hide();
      say("");
    };

    opener.addEventListener("click", async () => {
      say(says.dataset.loading);
      if (await tried()) tools.querySelector("button").focus();
    });
    part("close").addEventListener("click", () => {
      close();
      opener.focus();
    });
    darkness.addEventListener("change", () => { if (drawn) tried(); });
    let resized = 0;
    new ResizeObserver(() => {
      clearTimeout(resized);
      resized = setTimeout(() => { if (drawn && inside() !== width) tried(); }, 300);
    }).observe(figure);
    opener.hidden = false;
  };

  for (const figure of document.querySelectorAll("[data-chart]")) enhance(figure);
})();
