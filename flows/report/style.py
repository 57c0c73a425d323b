"""The style sheet of the page."""

STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; color: #1d2733; background: #f5f6f8; margin: 0; }
main { max-width: 1160px; margin: 0 auto; padding: 20px 20px 60px; }
h1 { font-size: 26px; margin: 8px 0 2px; }
h2 { font-size: 18px; margin: 34px 0 10px; }
h3 { font-size: 15px; margin: 22px 0 8px; }
section.card { background: #ffffff; border: 1px solid #dfe3e8; border-radius: 8px; padding: 14px 18px; }
section.card { overflow-x: auto; }
p { margin: 6px 0; }
.faint { color: #5b6672; }
.verdict { display: inline-block; border-radius: 12px; padding: 2px 12px; font-weight: 600; margin: 2px 8px 2px 0; }
.yes { background: #dff2e3; color: #1c6b2f; }
.no { background: #fbdcd9; color: #9c1c13; }
.open { background: #e9ecef; color: #4b5560; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid #e8ebee; }
thead th { border-bottom: 1px solid #b6bfc8; color: #4b5560; font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; }
td.name { font-weight: 600; white-space: nowrap; }
td.time { white-space: nowrap; }
.steps td { border-bottom-color: #eef0f2; }
.steps .parts td { border-top: 2px solid #b6bfc8; }
.metric { display: inline-block; white-space: nowrap; margin-right: 12px; }
.split { font-size: 11px; border-radius: 8px; padding: 0 7px; margin-left: 4px; }
.train { background: #ececec; color: #444; }
.validation { background: #e1edf9; color: #1f5a94; }
.test { background: #fdecc8; color: #7a4f00; }
.better { color: #1c6b2f; }
.worse { color: #9c1c13; }
.pair { display: flex; flex-wrap: wrap; gap: 12px 60px; align-items: flex-start; }
.links h3 { margin: 4px 0; }
.links ul { margin: 0 0 14px; padding-left: 20px; }
.tried { display: grid; grid-template-columns: repeat(auto-fill, minmax(540px, 1fr)); gap: 8px 20px; }
.tried > div { min-width: 0; overflow-x: auto; }
.bits th, .bits td { text-align: center; padding: 4px 10px; border: 1px solid #ffffff; }
.bits tbody th { text-align: left; }
details { margin: 10px 0 0; }
details > div { max-height: 420px; overflow: auto; }
summary { cursor: pointer; color: #2a6fb0; }
.trials { font-size: 12.5px; }
tr.chosen td { background: #fff4d6; }
svg.graph { display: block; margin: 0 auto; max-width: 100%; height: auto; }
a { color: #2a6fb0; }
"""
"""Plain CSS, without fonts or pictures from elsewhere."""
