import { PALETTE, paletteCss } from "../palette.ts";

const LIGHT = `--page:#fbfbfa;--panel:#fff;--text:#1b1e22;--muted:#5b6470;--line:#dfe2e6;--head:#f3f4f5;
--good:#13724a;--warn:#8a5a00;--bad:#b3261e;--good-back:#e9f6ef;--warn-back:#fdf3df;--bad-back:#fcebea;--link:#0b5cad;${paletteCss("light")}`;

const DARK = `--page:#14171a;--panel:#1b1f23;--text:#e6e8ea;--muted:#a2abb5;--line:#363c43;--head:#23282d;
--good:#5fd3a0;--warn:#f0bd5b;--bad:#ff8a80;--good-back:#15291f;--warn-back:#2e2614;--bad-back:#331c1b;--link:#7fbcff;${paletteCss("dark")}`;

const SWATCHES = PALETTE.map((_, index) => `.colour-${index}{background:var(--series-${index})}`).join("");

/** The page's style sheet. Colours are custom properties only, so that the two themes and paper differ in one place. */
export const STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,.noscript{max-width:1180px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
main{padding-bottom:64px}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 2px;letter-spacing:-.01em}
h2{font-size:1.3rem;line-height:1.3;margin:0 0 4px;letter-spacing:-.005em}
p{margin:0 0 10px}
a{color:var(--link)}
.measured{color:var(--muted);margin-bottom:6px}
.command{font-size:.85rem;color:var(--muted);margin-bottom:18px}
code{font:.85rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--head);border:1px solid var(--line);border-radius:4px;padding:2px 6px;color:var(--text);overflow-wrap:anywhere}
main>section{margin-top:40px}
main>.verdict{margin-top:0;background:var(--panel);border:1px solid var(--line);border-left:6px solid var(--tone);border-radius:8px;padding:16px 20px}
.verdict.good{--tone:var(--good);--tone-back:var(--good-back)}
.verdict.warn{--tone:var(--warn);--tone-back:var(--warn-back)}
.verdict.bad{--tone:var(--bad);--tone-back:var(--bad-back)}
.badge{display:inline-block;margin:0 0 8px;padding:1px 10px;border-radius:99px;font-size:.82rem;font-weight:600;color:var(--tone);background:var(--tone-back)}
.verdict h2{font-size:1.4rem;margin-bottom:10px}
dl{margin:0}
dd{margin:0}
.verdict dl>div{display:grid;grid-template-columns:10.5rem 1fr;gap:2px 12px;padding:5px 0;border-top:1px solid var(--line)}
.verdict dt{font-weight:600;white-space:nowrap}
.sign{display:inline-block;width:1.3em;font-weight:700}
.good>dt .sign{color:var(--good)}.warn>dt .sign{color:var(--warn)}.bad>dt .sign{color:var(--bad)}.plain>dt .sign{color:var(--muted)}
.bad>dd{color:var(--bad);font-weight:600}
nav{margin-top:16px;font-size:.92rem}
nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:0;padding:0}
.question{color:var(--muted);max-width:52rem}
.chips{display:flex;flex-wrap:wrap;gap:6px;margin:0 0 14px;font-size:.85rem}
.chips>div{display:flex;gap:6px;border:1px solid var(--line);border-radius:99px;padding:1px 10px;background:var(--panel)}
.chips dt{color:var(--muted)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px;background:var(--panel);margin:0 0 16px}
.scroll:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600}
caption>div{position:sticky;left:0;width:fit-content;max-width:min(60rem,calc(100vw - 30px));padding:10px 14px 8px}
.note{display:block;font-weight:400;font-size:.85rem;color:var(--muted)}
th,td{padding:6px 14px;border-top:1px solid var(--line);vertical-align:top;text-align:left}
thead th{background:var(--head);font-size:.82rem;font-weight:600;color:var(--muted);vertical-align:bottom}
tbody th{font-weight:600}
.right{text-align:right;white-space:nowrap}
th.left{white-space:nowrap}
.group th{background:var(--page);font-size:.85rem;color:var(--text);padding-top:9px}
td small,th small{display:block;font-size:.8rem;color:var(--muted);font-weight:400}
td.good{color:var(--good)}td.warn,th.warn{color:var(--warn)}td.bad,th.bad{color:var(--bad);font-weight:600}td.muted{color:var(--muted)}
.swatch{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-right:.5em}
${SWATCHES}
.notes{margin:0 0 16px;padding:10px 14px 10px 32px;border-left:3px solid var(--line);background:var(--panel);font-size:.9rem}
.notes li+li{margin-top:4px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,500px),1fr));gap:16px;margin-bottom:16px}
figure{margin:0;border:1px solid var(--line);border-radius:8px;background:var(--panel);padding:12px 14px;min-width:0}
.charts>figure:only-child{grid-column:1/-1}
figcaption{font-weight:600;font-size:.95rem;margin-bottom:8px}
.canvas{position:relative;height:300px}
details{font-size:.88rem}
details .scroll{margin:8px 0 4px;max-height:420px;overflow:auto}
details.table{margin:0 0 12px}
summary{cursor:pointer;color:var(--muted);padding:4px 0}
.facts{border:1px solid var(--line);border-radius:8px;background:var(--panel);font-size:.92rem;margin-top:10px}
.facts>div{display:grid;grid-template-columns:13rem 1fr;gap:2px 14px;padding:7px 14px}
.facts>div+div{border-top:1px solid var(--line)}
.facts dt{font-weight:600}
.facts dd{overflow-wrap:anywhere;min-width:0}
@media (max-width:640px){
body{font-size:15px}
header,main{padding-left:14px;padding-right:14px}
header{padding-top:18px}
h1{font-size:1.35rem}.verdict h2{font-size:1.15rem}
main>.verdict{padding:12px 14px}
.verdict dl>div,.facts>div{grid-template-columns:1fr}
.canvas{height:260px}.canvas.many{height:340px}
th,td{padding:6px 10px}
.scroll tbody th:first-child:not([scope=rowgroup]){position:sticky;left:0;background:var(--panel);z-index:1}
.group th{position:static}
}
@media print{
:root{${LIGHT}}
body{font-size:10.5pt;background:#fff}
header,main{max-width:none;padding:0}
nav,figure details,.noscript{display:none}
main>section{margin-top:18pt}
.charts{grid-template-columns:1fr 1fr;gap:8pt}
figure,.verdict,.scroll,tr{break-inside:avoid}
h2,.question{break-after:avoid}
.scroll{overflow:visible}
.canvas{height:190pt}
canvas{max-width:100%}
table,thead th,td small,th small,.group th{font-size:7.5pt}
.note,.notes,.chips,.facts,.question{font-size:8.5pt}
.swatch{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details.table:not([open]){display:none}
th,td{padding:2.5pt 4pt}
}
`;
