#include "reconciler/show/html/report_style.hpp"

namespace ingot::show {

// Colours are chosen so that people who do not tell red from green, and paper in black and white, still tell the marks apart.
const std::string_view report_style = R"(
:root{color-scheme:light dark;--bg:#faf9f7;--card:#fff;--fg:#1e2530;--soft:#667080;--line:#e5e2dc;--grid:#eeece7;
--c0:#2f6f8f;--c1:#d29a3a;--c2:#7d9b5f;--c3:#98709a;--c4:#6c8fc9;--c5:#b8735a;--c6:#a3aab4;--warn:#a85b00;--bad:#b3261e;--good:#2c7549}
@media (prefers-color-scheme:dark){:root{--bg:#14171c;--card:#1b1f26;--fg:#e4e7ec;--soft:#98a2b3;--line:#2c323b;--grid:#262b33;
--c0:#6fb1d0;--c1:#e0b25f;--c2:#a3be86;--c3:#bb96bd;--c4:#93afe0;--c5:#d4947c;--c6:#7f8895;--warn:#f0a94c;--bad:#ff8a80;--good:#74c494}}
*{box-sizing:border-box}
body{margin:0;overflow-wrap:anywhere;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 24px 56px}
header p{margin:0}
.kicker{color:var(--soft);font-size:.85rem;letter-spacing:.02em}
h1{font-size:1.9rem;line-height:1.2;margin:.2em 0 .4em;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
.lead{font-size:1.12rem;max-width:46em}
h2{font-size:1.2rem;margin:0 0 .15em;font-weight:620}
h3{font-size:.95rem;margin:1.4em 0 .5em;font-weight:600}
section{margin-top:44px}
section>p,.note{color:var(--soft);margin:0 0 14px;max-width:54em;font-size:.92rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(168px,1fr));gap:12px;margin:28px 0 0;padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tiles b{display:block;font-size:1.45rem;line-height:1.25;font-weight:640;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles span,.tiles small{display:block;color:var(--soft);font-size:.82rem}
.frame{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
figure{margin:0 0 14px}
figcaption{font-size:.82rem;color:var(--soft);padding:8px 2px 0;display:flex;flex-wrap:wrap;gap:4px 16px}
figcaption svg{vertical-align:-1px;margin-right:5px}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:7px 14px;text-align:left;vertical-align:top;border-top:1px solid var(--grid);overflow-wrap:break-word;min-width:5.5em}
thead th{border-top:0;color:var(--soft);font-weight:500;white-space:nowrap;font-size:.8rem}
.n{text-align:right;white-space:nowrap}
.more td{color:var(--soft)}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
details{border-top:1px solid var(--line)}
details:last-of-type{border-bottom:1px solid var(--line)}
summary{cursor:pointer;padding:9px 2px;font-weight:550}
summary small{color:var(--soft);font-weight:400;margin-left:8px}
details>figure{margin-top:4px}
.after{border-color:transparent!important}
svg{display:block}
.chart{width:100%;min-width:600px;height:auto}
figcaption svg{display:inline-block}
text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft)}
.label{fill:var(--fg)}
.e{text-anchor:end}.m{text-anchor:middle}
.grid{stroke:var(--grid);stroke-width:1;fill:none}
.edge{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4;fill:none}
.c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}.c4{fill:var(--c4)}.c5{fill:var(--c5)}.c6{fill:var(--c6)}
.area{fill:var(--c0);fill-opacity:.16}
.curve{stroke:var(--c0);stroke-width:2;fill:none;stroke-linejoin:round}
.ahead{stroke:var(--c1);stroke-width:2;stroke-dasharray:5 5;fill:none}
.mark{fill:none;stroke-width:10;stroke-dasharray:10 4}
.cross{fill:none;stroke:var(--bad);stroke-width:2.5}
.origin{stroke:var(--c0)}
.present{stroke:var(--c0);stroke-opacity:.42}
.waiting{stroke:var(--c1);stroke-width:6}
.withdrawn{stroke:var(--c6);stroke-width:3}
.unknown{stroke:var(--soft);stroke-width:1;stroke-opacity:.6}
.heat1{stroke:var(--c0);stroke-opacity:.22}.heat2{stroke:var(--c0);stroke-opacity:.45}.heat3{stroke:var(--c0);stroke-opacity:.72}.heat4{stroke:var(--c0)}
.value{fill:var(--warn);font-weight:650}
footer{margin-top:48px;color:var(--soft);font-size:.82rem}
@media (max-width:560px){main{padding:24px 14px 40px}h1{font-size:1.5rem}.lead{font-size:1rem}section{margin-top:34px}
.tiles{grid-template-columns:1fr 1fr}.tiles b{font-size:1.15rem}th,td{padding:6px 10px}}
@media print{:root{--bg:#fff;--card:#fff;--fg:#000;--soft:#444;--line:#bbb;--grid:#ddd;--c0:#2f6f8f;--c1:#d29a3a;--c6:#777}
body{font-size:11pt}main{max-width:none;padding:0}section{margin-top:22pt}.frame{overflow:visible;border-color:#bbb}
.tiles li,figure,tr{break-inside:avoid}td{overflow-wrap:anywhere}h2,h3,summary{break-after:avoid}.chart{min-width:0}}
)";

}  // namespace ingot::show
