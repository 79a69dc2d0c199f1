/**
 * The page's own script, kept as text because it runs in the reader's browser: turns each chart's data into a
 * Chart.js chart in the colours of the current theme, and redraws when the theme changes or the page is printed.
 */
export const BOOT_SCRIPT = `"use strict";
(() => {
  const { charts, palette } = JSON.parse(document.getElementById("report-data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
  const exact = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 5 });
  const drawn = [];

  const themeOf = (name) => ({
    series: palette.map((colour) => colour[name]),
    text: name === "dark" ? "#a2abb5" : "#5b6470",
    grid: name === "dark" ? "#2d3338" : "#e8eaed",
    strong: name === "dark" ? "#e6e8ea" : "#1b1e22",
  });

  const whiskers = {
    id: "whiskers",
    afterDatasetsDraw(chart) {
      const { ctx, scales } = chart;
      chart.data.datasets.forEach((dataset, index) => {
        if (!chart.isDatasetVisible(index)) return;
        ctx.save();
        ctx.strokeStyle = chart.options.strongColour;
        ctx.lineWidth = 1.5;
        for (const [category, low, high] of dataset.ranges) {
          const bar = chart.config.type === "bar" ? chart.getDatasetMeta(index).data[category] : { x: scales.x.getPixelForValue(category) };
          if (!bar) continue;
          const top = scales.y.getPixelForValue(high);
          const bottom = scales.y.getPixelForValue(low);
          ctx.beginPath();
          ctx.moveTo(bar.x, top);
          ctx.lineTo(bar.x, bottom);
          for (const y of [top, bottom]) {
            ctx.moveTo(bar.x - 4, y);
            ctx.lineTo(bar.x + 4, y);
          }
          ctx.stroke();
        }
        ctx.restore();
      });
    },
  };

  const markLine = {
    id: "markLine",
    afterDatasetsDraw(chart) {
      const mark = chart.options.mark;
      if (!mark) return;
      const { ctx, chartArea, scales } = chart;
      const y = scales.y.getPixelForValue(mark.y);
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = chart.options.strongColour;
      ctx.setLineDash([4, 4]);
      ctx.beginPath();
      ctx.moveTo(chartArea.left, y);
      ctx.lineTo(chartArea.right, y);
      ctx.stroke();
      ctx.textAlign = "right";
      ctx.fillText(mark.label, chartArea.right - 4, y - 5);
      ctx.restore();
    },
  };

  const limitLines = {
    id: "limitLines",
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea, scales } = chart;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = chart.options.strongColour;
      ctx.lineWidth = 1.5;
      ctx.textAlign = "left";
      for (const { category, y, label } of chart.options.limits) {
        const at = scales.y.getPixelForValue(y);
        const left = scales.x.getPixelForValue(category - 0.44);
        if (at < chartArea.top) {
          ctx.fillText(label + " \u2191", left, chartArea.top + 10);
          continue;
        }
        ctx.beginPath();
        ctx.moveTo(left, at);
        ctx.lineTo(scales.x.getPixelForValue(category + 0.44), at);
        ctx.stroke();
        ctx.fillText(label, left, at - 5);
      }
      ctx.restore();
    },
  };

  const style = (dataset, type, theme) => {
    const colour = theme.series[dataset.colour];
    if (type === "bar") return { ...dataset, backgroundColor: colour, borderWidth: 0, maxBarThickness: 56, minBarLength: 2 };
    if (type === "scatter") return { ...dataset, borderColor: colour, backgroundColor: dataset.ranges.length ? colour : colour + "80", pointRadius: dataset.ranges.length ? 5 : 3 };
    return {
      ...dataset,
      borderColor: dataset.faint ? colour + "59" : colour,
      backgroundColor: colour,
      borderWidth: dataset.faint ? 1 : 2,
      borderDash: dataset.faint ? [] : dataset.borderDash,
      pointRadius: !dataset.faint && dataset.data.length <= 2 ? 4 : 0,
      pointHitRadius: 8,
      tension: 0,
    };
  };

  const logTick = (value) => (/^[125]/.test(Number(value).toExponential()) ? compact.format(value) : "");

  const scalesOf = (config, theme) => {
    const title = (text) => ({ display: true, text, color: theme.text });
    const grid = { color: theme.grid };
    const x = { title: title(config.x.label), grid, ticks: { color: theme.text } };
    if (config.x.min !== null) {
      x.type = "linear";
      x.min = config.x.min;
      if (config.x.max !== null) x.max = config.x.max;
    } else {
      x.grid = { display: false };
      x.ticks.callback = (index) => config.data.labels[index].split(", ");
    }
    if (config.type === "scatter") x.grid = { display: false };
    if (config.x.ticks) {
      const shown = config.x.ticks.filter((tick) => tick.value <= config.x.max + 1e-9);
      x.afterBuildTicks = (axis) => { axis.ticks = shown.map(({ value, label }) => ({ value, label })); };
      x.ticks.callback = (value, index) => shown[index].label;
      x.ticks.autoSkip = false;
    }
    const logarithmic = config.y.scale === "logarithmic";
    const y = {
      type: config.y.scale,
      title: title(config.y.label),
      grid,
      beginAtZero: true,
      ...(config.mark ? { suggestedMax: config.mark.y * 1.1 } : {}),
      ticks: { color: theme.text, callback: logarithmic ? logTick : (value) => compact.format(value) },
    };
    return { x, y };
  };

  const tooltipOf = (config) => ({
    filter: (item) => !item.dataset.faint,
    callbacks: {
      title: ([item]) => {
        if (!item) return "";
        if (config.type === "bar") return item.label;
        if (config.type === "scatter") return config.x.ticks[Math.round(item.parsed.x)].label;
        const x = item.parsed.x;
        const text = config.x.ticks ? Number((100 - 100 * 10 ** -x).toPrecision(6)) + " %" : exact.format(x);
        return config.x.label + ": " + text;
      },
      label: (item) => {
        const range = item.dataset.ranges.find(([category]) => category === (config.type === "bar" ? item.dataIndex : item.parsed.x));
        const spread = range ? " (" + exact.format(range[1]) + " to " + exact.format(range[2]) + ")" : "";
        return item.dataset.label + ": " + exact.format(item.parsed.y) + spread;
      },
    },
  });

  const legendOf = (theme) => ({
    position: "bottom",
    align: "start",
    labels: {
      color: theme.strong,
      usePointStyle: true,
      boxHeight: 7,
      filter: (item, data) => !data.datasets[item.datasetIndex].faint,
    },
    onClick: (_event, item, legend) => {
      const shown = legend.chart.isDatasetVisible(item.datasetIndex);
      const { colour } = legend.chart.data.datasets[item.datasetIndex];
      legend.chart.data.datasets.forEach((dataset, index) => {
        const same = index === item.datasetIndex || (dataset.faint && dataset.colour === colour);
        if (same) legend.chart.setDatasetVisibility(index, !shown);
      });
      legend.chart.update();
    },
  });

  const draw = (themeName) => {
    for (const chart of drawn.splice(0)) chart.destroy();
    const theme = themeOf(themeName);
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
      const config = charts[Number(canvas.dataset.chart)];
      const datasets = config.data.datasets.map((dataset) => style(dataset, config.type, theme));
      drawn.push(new Chart(canvas, {
        type: config.type,
        data: { ...config.data, datasets },
        options: {
          animation: false,
          responsive: true,
          maintainAspectRatio: false,
          interaction: { mode: config.type === "bar" ? "index" : "nearest", axis: config.type === "scatter" ? "xy" : "x", intersect: false },
          scales: scalesOf(config, theme),
          plugins: { legend: legendOf(theme), tooltip: tooltipOf(config) },
          strongColour: theme.strong,
          mark: config.mark,
          limits: config.limits,
        },
        plugins: [whiskers, limitLines, markLine],
      }));
    }
  };

  const current = () => (dark.matches ? "dark" : "light");
  draw(current());
  dark.addEventListener("change", () => draw(current()));
  window.addEventListener("beforeprint", () => {
    draw("light");
    for (const chart of drawn) chart.resize(330, 250);
  });
  window.addEventListener("afterprint", () => draw(current()));
})();
`;
