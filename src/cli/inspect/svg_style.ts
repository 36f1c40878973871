/** The style sheet of a picture, for light and dark backgrounds. */

type Palette = Readonly<Record<string, string>>;

/** Each colour of text has a contrast of at least 4.5 to its background. */
const LIGHT: Palette = {
  page: "#ffffff",
  group: "#f6f8fa",
  card: "#ffffff",
  border: "#c5ccd3",
  text: "#1f2328",
  label: "#59636e",
  vm: "#1a7f37",
  tap: "#0969da",
  fault: "#cf222e",
  note: "#8a5d00",
};

const DARK: Palette = {
  page: "#0d1117",
  group: "#151b23",
  card: "#0d1117",
  border: "#4a525c",
  text: "#e6edf3",
  label: "#9aa4af",
  vm: "#3fb950",
  tap: "#58a6ff",
  fault: "#ff7b72",
  note: "#d29922",
};

const MARKS = ["vm", "tap", "fault", "note"] as const;

function declareColours(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--vmconf-${name}:${colour}`).join(";");
}

/** Each rule names the class of the picture: a page around it is not changed. */
export const STYLE = `.vmconf{${declareColours(LIGHT)};color-scheme:light dark}
@media (prefers-color-scheme:dark){.vmconf{${declareColours(DARK)}}}
.vmconf text{font:12px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--vmconf-text);white-space:pre}
.vmconf .heading{font-weight:bold}
.vmconf .label{fill:var(--vmconf-label)}
.vmconf rect,.vmconf path{fill:none;stroke:var(--vmconf-border)}
.vmconf .page{fill:var(--vmconf-page)}
.vmconf .group{fill:var(--vmconf-group)}
.vmconf .card{fill:var(--vmconf-card)}
.vmconf .link{stroke:var(--vmconf-tap);stroke-width:1.5}
.vmconf .unsure{stroke-dasharray:4 3}
.vmconf .head{fill:var(--vmconf-tap);stroke:none}
${
  MARKS.map((mark) =>
    `.vmconf .${mark}{fill:var(--vmconf-${mark});font-weight:bold}
.vmconf .${mark}-card{stroke:var(--vmconf-${mark})}
`
  ).join("")
}`;
