"use strict";
// Puts Bokeh's figures into the page, and what is chosen into the figures. Native controls, no eval, no request.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const { document: plots, roots } = read("document");
  const data = read("data");
  const $ = (id) => document.getElementById(id);
  const NO_SHARE = 255, NO_DIFFERENCE = -128, NO_PLACE = 65535, SHARE_STEPS = 250;

  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const array = (text, Kind) => new Kind(bytes(text));

  const placed = {};
  for (const name of Object.keys(roots)) placed[roots[name]] = "plot-" + name;
  const item = { docid: "page", roots: placed, root_ids: Object.values(roots) };

  const start = () => {
    const doc = Bokeh.documents[Bokeh.documents.length - 1];
    const named = (name) => doc.get_model_by_name(name);
    const chosen = () => ({ nation: $("nation").value, configuration: $("configuration").value, layer: $("layer").value });
    const cells = named("cells");
    const nCells = cells ? cells.get_length() || 0 : 0;

    const unpacked = {
      share: (name, nation) => {
        const told = array(data.layers.share[name][nation], Uint8Array);
        const value = Array.from(told, (b) => (b === NO_SHARE ? NaN : b / SHARE_STEPS));
        const words = value.map((v) => (Number.isNaN(v) ? "" : "held " + (100 * v).toFixed(0) + " % of the time"));
        return { value, words };
      },
      difference: (name, nation) => {
        if (name === data.baseline) return unpacked.none();
        const told = array(data.layers.difference[name][nation], Int8Array);
        const noise = array(data.layers.noise[name][nation], Uint8Array);
        const value = Array.from(told, (b) => (b === NO_DIFFERENCE ? NaN : (2 * b) / SHARE_STEPS));
        const words = value.map((v, i) => Number.isNaN(v) ? "" : (v > 0 ? "+" : "") + (100 * v).toFixed(0) + " pp" + (noise[i] ? ", interval includes zero" : ""));
        return { value, words, noise };
      },
      gaps: (name, nation) => {
        const told = array(data.layers.gaps[name][nation], Uint8Array);
        const value = Array.from(told, (b) => (b === 255 ? NaN : b));
        return { value, words: value.map((v) => (Number.isNaN(v) ? "" : "mostly: " + data.gap_words[v])) };
      },
      none: () => {
        const nothing = new Array(nCells).fill("");
        return { value: nothing.map(() => NaN), words: nothing };
      },
    };

    const drawCells = () => {
      if (!cells) return;
      const { nation, configuration, layer } = chosen();
      const held = (data.layers.share[configuration] || {})[nation];
      const told = nCells && held ? unpacked[layer](configuration, nation) : unpacked.none();
      cells.data = Object.assign({}, cells.data, { value: told.value, words: told.words });
      const noisy = Array.from(told.noise || [], (b, i) => (b ? i : -1)).filter((i) => i >= 0);
      const edges = ["left", "right", "bottom", "top"];
      named("noise").data = Object.fromEntries(edges.map((edge) => [edge, noisy.map((i) => cells.data[edge][i])]));
      for (const name of ["share", "difference", "gaps"]) named("cells_" + name).visible = name === layer;
      for (const legend of document.querySelectorAll("[data-legend]"))
        if (!["moving", "sensors", "links"].includes(legend.dataset.legend)) legend.hidden = legend.dataset.legend !== layer;
    };

    const drawCharts = () => {
      const now = chosen();
      for (const one of data.charts) {
        const columns = one.columns[now[one.by]];
        const source = named(one.source);
        if (source && columns) source.data = Object.assign({}, source.data, columns);
      }
    };

    const shows = { coast: ["coast"], reach: ["reach"], lanes: ["lanes"], zones: ["zones"], links: ["map_links", "map_link_heads", "map_link_ends"], sensors: [] };
    for (const r of named("map").renderers) if ((r.name || "").startsWith("sensors_")) shows.sensors.push(r.name);
    for (const box of document.querySelectorAll("[data-shows]"))
      box.addEventListener("change", () => {
        for (const name of shows[box.dataset.shows]) named(name).visible = box.checked;
        const still = document.querySelectorAll("[data-shows=sensors]:checked, [data-shows=reach]:checked");
        document.querySelector("[data-legend=sensors]").hidden = !still.length;
        document.querySelector("[data-legend=links]").hidden = !document.querySelector("[data-shows=links]").checked;
      });

    const moves = data.moves && ((told) => {
      const [lonMin, lonMax, latMin, latMax] = data.extent;
      const lon = (w) => lonMin + ((lonMax - lonMin) * w) / 65534, lat = (w) => latMin + ((latMax - latMin) * w) / 65534;
      const n = told.vessels.length;
      const lons = array(told.lon, Uint16Array), lats = array(told.lat, Uint16Array);
      const opened = new Map();
      const spells = (name, nation) => {
        const key = name + "\n" + nation;
        if (!opened.has(key)) {
          const packed = ((told.held[name] || {})[nation]) || null;
          opened.set(key, packed && Object.fromEntries(Object.entries(packed).map(([k, v]) => [k, array(v, Uint16Array)])));
        }
        return opened.get(key);
      };
      const named_of = (i) => told.vessels[i][0] + ", " + told.vessels[i][1] + ", " + told.vessels[i][2];
      const draw = (frame) => {
        const true_ = { x: [], y: [], name: [] }, held = { x: [], y: [], name: [], colour: [], size: [] };
        for (let i = 0; i < n; i++) {
          const at = frame * n + i;
          if (lons[at] !== NO_PLACE && lats[at] !== NO_PLACE) { true_.x.push(lon(lons[at])); true_.y.push(lat(lats[at])); true_.name.push(named_of(i)); }
        }
        const { nation, configuration } = chosen();
        const s = spells(configuration, nation);
        for (let k = 0; s && k < s.vessel.length; k++) {
          if (frame < s.first[k] || frame >= s.end[k] || s.lon[k] === NO_PLACE || s.lat[k] === NO_PLACE) continue;
          const age = s.age[k] * told.age_step_s + (frame - s.first[k]) * told.step_s;
          const step = data.ages.findIndex((pair) => age <= pair[0]);
          if (step < 0) continue;
          held.x.push(lon(s.lon[k])); held.y.push(lat(s.lat[k]));
          held.name.push(named_of(s.vessel[k]) + ", held, " + (age / 3600).toFixed(1) + " h old");
          held.colour.push(data.ages[step][1]); held.size.push(9 - 1.4 * step);
        }
        named("vessels").data = true_;
        named("held").data = held;
        $("clock").value = told.clocks[frame];
        $("frame").setAttribute("aria-valuetext", told.clocks[frame]);
      };
      return { draw, n_frames: told.clocks.length };
    })(data.moves);

    const drawFrame = () => { if (moves && $("moving").checked) moves.draw(Number($("frame").value)); };
    if (moves) {
      let timer = 0;
      const stop = () => { clearInterval(timer); timer = 0; $("play").textContent = "Play"; $("play").setAttribute("aria-pressed", "false"); };
      $("moving").addEventListener("change", () => {
        const on = $("moving").checked;
        $("time").hidden = !on;
        document.querySelector("[data-legend=moving]").hidden = !on;
        named("vessels_true").visible = on;
        named("vessels_held").visible = on;
        if (on) drawFrame(); else stop();
      });
      $("frame").addEventListener("input", drawFrame);
      $("play").addEventListener("click", () => {
        if (timer) { stop(); return; }
        $("play").textContent = "Stop";
        $("play").setAttribute("aria-pressed", "true");
        timer = setInterval(() => { $("frame").value = (Number($("frame").value) + 1) % moves.n_frames; drawFrame(); }, 350);
      });
    }

    for (const id of ["nation", "configuration", "layer"])
      $(id).addEventListener("change", () => { drawCells(); drawCharts(); drawFrame(); });
    $("controls").addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details")) one.open = true; });
    drawCells();
    drawCharts();
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
  };

  Bokeh.set_log_level("error");
  Promise.resolve(Bokeh.embed.embed_items({ page: plots }, [item])).then(start);
})();
