// The style sheet of the HTML report: one column, quiet, light and dark, printable, readable on a phone.

export const htmlStyle = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --card: #f6f7f9; --ink: #1a1d23; --soft: #5a6270; --line: #d9dde3;
  --supported: #005a8f; --refuted: #4f5661; --inconclusive: #a84800; --invalid: #a1102f;
  --exploratory: #8a4b00; --exploratory-page: #fff3df; --confirmed: #00563f; --confirmed-page: #e4f5ee;
  --replay: #33418f; --replay-page: #eaedfb; --notice: #8a4b00; --notice-page: #fff7ea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --card: #1d2128; --ink: #e8eaee; --soft: #a4acb9; --line: #363c47;
    --supported: #6bb8ec; --refuted: #b0b7c3; --inconclusive: #f2a05c; --invalid: #ff8598;
    --exploratory: #ffc46b; --exploratory-page: #3a2a10; --confirmed: #7fdcb8; --confirmed-page: #11362a;
    --replay: #aab6ff; --replay-page: #22294d; --notice: #ffc46b; --notice-page: #2f2616;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 70rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; overflow-wrap: anywhere;
}
p, li, dd, dt, td, th, code, figcaption, h1, h2, h3, summary, strong { unicode-bidi: isolate; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: .9rem 0 .35rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.75rem 0 .5rem; }
p { margin: .6rem 0; max-width: 46rem; }
ul { padding-left: 1.2rem; margin: .75rem 0; max-width: 46rem; }
li { margin: .25rem 0; }
.banner { display: flex; flex-wrap: wrap; gap: .15rem .9rem; align-items: baseline; padding: .55rem .85rem; border-radius: .4rem; border: 1px solid currentColor; font-size: .92rem; }
.banner strong { letter-spacing: .04em; white-space: nowrap; }
.banner.exploratory { color: var(--exploratory); background: var(--exploratory-page); }
.banner.confirmed { color: var(--confirmed); background: var(--confirmed-page); }
.banner.replay { color: var(--replay); background: var(--replay-page); }
.question { font-size: 1.15rem; color: var(--soft); margin: 0 0 1.25rem; }
.answers { list-style: none; padding: 0; margin: 0; max-width: none; display: grid; gap: .8rem; }
.answer { margin: 0; background: var(--card); border-radius: .5rem; padding: .9rem 1.1rem 1rem; border-left: .35rem solid var(--tone); }
.answer h2 { all: unset; display: block; font-size: .82rem; color: var(--soft); letter-spacing: .02em; }
.answer p.headline { color: var(--ink); font-size: 1.2rem; line-height: 1.4; font-weight: 600; margin: .15rem 0 .6rem; max-width: none; }
.answer .tally { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; list-style: none; padding: 0; margin: .5rem 0; }
.answer .bar { display: flex; gap: 2px; height: .55rem; margin: .5rem 0 .4rem; }
.answer .bar span { background: var(--tone); min-width: 3px; border-radius: 2px; }
.answer .bar .refuted { opacity: .45; }
.answer p { font-size: .92rem; color: var(--soft); margin: .3rem 0; max-width: none; }
.answer code { font-size: .88rem; }
.supported { --tone: var(--supported); } .refuted { --tone: var(--refuted); } .inconclusive { --tone: var(--inconclusive); }
.invalid { --tone: var(--invalid); } .not-run, .with-claim { --tone: var(--refuted); }
.verdict { color: var(--tone); } .verdict.supported { font-weight: 600; }
nav { font-size: .92rem; margin: 1.5rem 0 0; color: var(--soft); }
nav a { color: inherit; margin-right: .9rem; white-space: nowrap; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { background: var(--card); border-radius: .4rem; padding: .65rem .9rem; margin: .75rem 0; font-size: .88rem; white-space: pre-wrap; }
.notice { border: 1px solid var(--notice); background: var(--notice-page); border-radius: .4rem; padding: .65rem .9rem; margin: .75rem 0; max-width: 46rem; }
.notice strong { display: block; color: var(--notice); }
dl { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: .3rem 1rem; margin: .75rem 0; }
dt { color: var(--soft); } dd { margin: 0; }
.scroll { overflow-x: auto; margin: .75rem 0 1.25rem; }
/* A shade at the edge beyond which there is more. */
.scroll, figure .chart {
  background: linear-gradient(to right, var(--page) 40%, transparent) left / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--page) 40%, transparent) right / 2.5rem 100% no-repeat local,
    linear-gradient(to right, var(--line), transparent) left / 1rem 100% no-repeat scroll,
    linear-gradient(to left, var(--line), transparent) right / 1rem 100% no-repeat scroll;
}
table { border-collapse: collapse; font-size: .86rem; min-width: 100%; }
p.caption, summary, figcaption { font-size: .92rem; color: var(--soft); text-align: left; }
p.caption { margin: 1.25rem 0 0; max-width: none; } p.caption + .scroll { margin-top: .3rem; }
th, td { padding: .34rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: normal; }
th { font-weight: 600; vertical-align: bottom; }
th:first-child, td:first-child { padding-left: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number, td.short { white-space: nowrap; }
td.long { min-width: 15rem; } td.middle { min-width: 9rem; }
td.hash { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .78rem; overflow-wrap: anywhere; min-width: 12rem; }
details { margin: .75rem 0 1.25rem; } summary { cursor: pointer; }
figure { margin: 1.25rem 0 1.5rem; }
figure .chart { overflow-x: auto; margin-top: .6rem; }
figure svg { display: block; max-width: 100%; height: auto; }
.stamp { display: inline-block; font-size: .78rem; letter-spacing: .04em; border: 1px solid var(--line); border-radius: .25rem; padding: 0 .4rem; margin-right: .5rem; color: var(--soft); }
.stamp.exploratory { color: var(--exploratory); border-color: currentColor; }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--soft); }
@media (max-width: 40rem) {
  body { padding: 1rem .9rem 3rem; } h1 { font-size: 1.35rem; } .question { font-size: 1.05rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; }
  figure svg { max-width: none; min-width: 0; width: auto; }
  .answer p.headline { font-size: 1.08rem; }
}
@media print {
  body { max-width: none; font-size: 10.5pt; } nav { display: none; }
  .scroll, figure .chart { overflow: visible; } tr, figure, .answer, .notice { break-inside: avoid; } h2, h3 { break-after: avoid; }
  table { font-size: 8pt; }
}
`;
