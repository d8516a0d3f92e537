"""A script that finds what can hardly be read."""

# The contrast of every text of our own against what is behind it; WCAG 2.2, 1.4.3.
CONTRASTS = """() => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+(?:e-?\\d+)?/g).map(Number);
    return text.startsWith('color(') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.unshift(parse(getComputedStyle(e).backgroundColor));
    return layers.reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = colour => {
    const [r, g, b] = colour.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const seen = {};
  const ours = '.live *, .live-report *, .live-fact';
  for (const e of document.querySelectorAll(ours)) {
    if (e.closest('.md-code__nav') || ![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())) continue;
    const style = getComputedStyle(e), ground = behind(e);
    let ink = parse(e instanceof SVGElement ? style.fill : style.color);
    for (let p = e; p; p = p.parentElement) ink[3] *= getComputedStyle(p).opacity;
    const [high, low] = [light(over(ink, ground)), light(ground)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) seen[`${e.parentElement.className} > ${e.tagName}.${e.getAttribute('class')}`] = ratio.toFixed(2);
  }
  return seen;
}"""
