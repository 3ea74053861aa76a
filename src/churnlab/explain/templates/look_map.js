"use strict";
// The map: each customer a point, by relationship intensity and by value, in the colour of the strategy.
// Answers with a function that draws some rows, rings the chosen one, and says how many had a place.
const lookMap = (map, look, label, show) => {
  const REACH = 24; // pixels from a click to the customer it means
  const EDGE = { left: 78, right: 14, top: 14, bottom: 44 }; // for the scales
  const STRATEGIES = ["retain", "win_back", "rationalise", "release"];
  const { say, columns, cut } = look;
  const pen = map.getContext("2d");
  let points = []; // row, across, up: of those drawn last

  const scale = Math.max(1, Math.abs(cut[0]));
  const bend = (value) => Math.asinh(value / scale); // amounts near zero as they are, large ones as logarithms

  // The whole range stays, whoever is shown: a filter must not move anybody.
  let [low, high] = [0, bend(scale)];
  for (const value of columns.value) {
    if (value !== null) [low, high] = [Math.min(low, bend(value)), Math.max(high, bend(value))];
  }
  const least = low;
  [low, high] = [low - (high - low) * 0.08, high + (high - low) * 0.08]; // room for the names in the corners

  function places(width, height) {
    const [across, up] = [width - EDGE.left - EDGE.right, height - EDGE.bottom - EDGE.top];
    return {
      x: (near) => EDGE.left + (near / 100) * across,
      y: (value) => height - EDGE.bottom - ((bend(value) - low) / (high - low)) * up,
    };
  }

  function marks() {
    const steps = [0];
    for (let power = -1; power < 12; power += 1) steps.push(10 ** power, 3 * 10 ** power);
    const all = [...steps, ...steps.slice(1).map((step) => -step)].sort((a, b) => a - b);
    return all.filter((step) => bend(step) >= least && bend(step) <= high);
  }

  function write(text, x, y, align, baseline) {
    [pen.textAlign, pen.textBaseline] = [align, baseline];
    pen.fillText(text, x, y);
  }

  function rule(colour, fromX, fromY, toX, toY) {
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.moveTo(fromX, fromY);
    pen.lineTo(toX, toY);
    pen.stroke();
  }

  function axes(place, colour, width, height) {
    const [left, right, bottom] = [EDGE.left, width - EDGE.right, height - EDGE.bottom];
    pen.font = "12px system-ui, sans-serif";
    [pen.lineWidth, pen.fillStyle] = [1, colour("quiet")];
    let last = Infinity;
    for (const mark of marks()) {
      if (last - place.y(mark) < 26) continue; // or the figures would touch
      last = place.y(mark);
      rule(colour("line"), left, last, right, last);
      write(label(mark), left - 6, last, "right", "middle");
    }
    for (const near of [0, 20, 40, 60, 80, 100]) write(String(near), place.x(near), bottom + 6, "center", "top");
    write(say.intensity_axis, (left + right) / 2, bottom + 24, "center", "top");
    pen.save();
    pen.translate(6, (EDGE.top + bottom) / 2);
    pen.rotate(-Math.PI / 2);
    write(say.value_axis.replace("{currency}", look.currency), 0, 0, "center", "top");
    pen.restore();
    rule(colour("ink"), place.x(cut[1]), EDGE.top, place.x(cut[1]), bottom);
    rule(colour("ink"), left, place.y(cut[0]), right, place.y(cut[0]));
  }

  function corners(colour, width, height) {
    pen.font = "bold 13px system-ui, sans-serif";
    STRATEGIES.forEach((strategy, at) => {
      const [near, worthy] = [at % 2 === 0, at < 2];
      pen.fillStyle = colour(strategy);
      write(
        say[strategy],
        near ? width - EDGE.right : EDGE.left + 6,
        worthy ? EDGE.top : height - EDGE.bottom - 4,
        near ? "right" : "left",
        worthy ? "top" : "bottom",
      );
    });
  }

  function customers(colour, chosen) {
    const size = points.length > 5000 ? 2 : points.length > 500 ? 4 : 6;
    pen.globalAlpha = 0.6;
    for (const strategy of STRATEGIES) {
      const code = look.codes.indexOf(strategy);
      pen.fillStyle = colour(strategy);
      for (const [row, x, y] of points) {
        if (columns.strategy[row] === code) pen.fillRect(x - size / 2, y - size / 2, size, size);
      }
    }
    pen.globalAlpha = 1;
    const ringed = points.find(([row]) => row === chosen);
    if (!ringed) return;
    [pen.strokeStyle, pen.lineWidth] = [colour("ink"), 2.5];
    pen.beginPath();
    pen.arc(ringed[1], ringed[2], 9, 0, 2 * Math.PI);
    pen.stroke();
  }

  map.addEventListener("click", (event) => {
    let [found, nearest] = [-1, REACH ** 2];
    for (const [row, x, y] of points) {
      const distance = (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2;
      if (distance < nearest) [found, nearest] = [row, distance];
    }
    if (found >= 0) show(found);
  });

  return (rows, chosen) => {
    const { width, height } = map.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    [map.width, map.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    pen.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const place = places(width, height);
    points = rows
      .filter((row) => columns.value[row] !== null && columns.intensity[row] !== null)
      .map((row) => [row, place.x(columns.intensity[row]), place.y(columns.value[row])]);
    axes(place, colour, width, height);
    customers(colour, chosen);
    corners(colour, width, height);
    return points.length;
  };
};
