"use strict";
// Puts what is chosen into the charts of studies of value and sensitivity, once page.js has placed them.
(() => {
  const charts = JSON.parse(document.getElementById("studies").textContent);
  const $ = (id) => document.getElementById(id);

  const draw = (chart) => {
    const doc = Bokeh.documents[Bokeh.documents.length - 1];
    const plot = doc && doc.get_model_by_name(chart.id);
    if (!plot) return;
    const chosen = { figure: $(chart.id + "-figure").value, nation: $("nation").value, configuration: $("configuration").value };
    const key = chart.by.map((name) => chosen[name]).join("\n");
    for (const [name, columns] of Object.entries(chart.series)) {
      const source = doc.get_model_by_name(name);
      const empty = Object.fromEntries(Object.keys(source.data).map((column) => [column, []]));
      source.data = Object.assign(empty, columns[key]);
    }
    const drawn = Object.entries(chart.series).some(([name, columns]) => !name.endsWith("/band") && columns[key] && columns[key].y.length);
    $("plot-" + chart.id).hidden = !drawn;
    const [says, axis] = chart.says[key] || ["The study has nothing of what is chosen above the map.", ""];
    $(chart.id + "-says").textContent = says;
    plot.below[0].axis_label = axis;
  };

  const drawAll = () => charts.forEach(draw);
  for (const id of ["nation", "configuration", ...charts.map((chart) => chart.id + "-figure")]) $(id).addEventListener("change", drawAll);
  const whenReady = () => (document.documentElement.dataset.ready ? drawAll() : setTimeout(whenReady, 20));
  whenReady();
})();
