extension ReportPage {
  static let style = """

    :root { color-scheme: light dark; --ground: #f6f6f4; --card: #fff; --ink: #1c1d1f; --soft: #5c5f65; --line: #dedfdb;
      --first: #2558c4; --second: #b4460f; --warn: #8a5a00; --note: #fff6dd }
    @media (prefers-color-scheme: dark) { :root { --ground: #131416; --card: #1d1f22; --ink: #ececea; --soft: #a3a7ae;
      --line: #383b40; --first: #86adff; --second: #ffab70; --warn: #f0bd5a; --note: #2b2617 } }
    * { box-sizing: border-box }
    body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, "Segoe UI", Roboto, sans-serif }
    header, main { max-width: 1480px; margin: 0 auto; padding: 0 clamp(12px, 3vw, 40px) }
    header { padding-top: clamp(16px, 3vw, 36px) } main { padding-bottom: 48px }
    h1 { margin: 0 0 6px; font-size: clamp(24px, 4vw, 34px); letter-spacing: -.02em; line-height: 1.15; overflow-wrap: anywhere }
    h2 { display: inline; font-size: 19px } h3 { display: inline; margin: 0; font-size: 16px }
    .lead, .note { margin: 0 0 12px; max-width: 85ch } .lead { color: var(--soft) }
    .note { padding: 7px 12px; border-left: 3px solid var(--warn); background: var(--note); border-radius: 0 6px 6px 0 }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(150px, 44%), 1fr)); gap: 10px; margin: 0 0 18px }
    .cards div, .chart { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px }
    .cards dt { color: var(--soft) } .cards dd { margin: 0 } .cards b { display: block; font-size: 21px; line-height: 1.25;
      font-variant-numeric: tabular-nums } small { color: var(--soft); font-size: 13px }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 14px }
    figure { margin: 0 } .chart { min-width: 0 }
    .chart figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 10px; min-height: 46px }
    .unit { color: var(--soft); font-size: 13px } .chart ul { display: flex; flex-wrap: wrap; gap: 0 14px; list-style: none;
      margin: 0 0 0 auto; padding: 0; font-size: 13px }
    .chart svg { display: block; width: 100%; height: auto; overflow: visible } .chart svg.key { display: inline-block; width: 26px;
      height: 10px; margin-right: 5px; vertical-align: middle }
    svg text { font: 13px system-ui, sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums }
    .grid, .axis { stroke: var(--line); fill: none } .axis { stroke: var(--soft) }
    .curve { fill: none; stroke-width: 1.9; stroke-linejoin: round; stroke-linecap: round }
    .curve.c0 { stroke: var(--first) } .curve.c1 { stroke: var(--second); stroke-dasharray: 7 4 }
    .mark.c0, .band.c0 { fill: var(--first) } .mark.c1, .band.c1 { fill: var(--second) } .band { opacity: .18 }
    section { margin-top: 20px } summary { cursor: pointer; padding: 4px 0 }
    .filters img { display: block; max-width: 100%; height: auto; image-rendering: pixelated; margin: 8px 0; border-radius: 4px }
    .filters figcaption { color: var(--soft); max-width: 85ch }
    .scroll { overflow: auto; max-height: 70vh; background: var(--card); border: 1px solid var(--line); border-radius: 10px }
    table { border-collapse: separate; border-spacing: 0; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px }
    caption { text-align: left; color: var(--soft) }
    caption span { display: inline-block; position: sticky; left: 0; padding: 8px 12px; max-width: calc(100vw - 30px) }
    th, td { padding: 4px 12px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line) }
    th { font-weight: 600 } tbody th { font-weight: 400 } tr.best th, tr.best td { font-weight: 700 }
    th:first-child { text-align: left } tbody th { position: sticky; left: 0; background: var(--card) }
    .classes tbody th { white-space: normal; min-width: 130px }
    thead th { position: sticky; top: 0; background: var(--card); border-top: 0; box-shadow: 0 1px var(--line) }
    .bar { --bar: color-mix(in srgb, var(--second) 28%, transparent);
      background: linear-gradient(to right, var(--bar) calc(var(--share) * 100%), transparent 0) }
    .options { columns: 320px; column-gap: 40px; margin: 6px 0 } .options div { display: flex; gap: 10px; break-inside: avoid;
      border-bottom: 1px solid var(--line); padding: 3px 0 }
    .options dt { color: var(--soft); flex: none } .options dd { margin: 0 0 0 auto; text-align: right; overflow-wrap: anywhere }
    :focus-visible { outline: 2px solid var(--first); outline-offset: 2px }
    @media print { .scroll { max-height: none } }

    """
}
