extension GalleryPage {
  static let style = """

    :root { color-scheme: light dark; --ground: #f6f6f4; --card: #fff; --ink: #1c1d1f; --soft: #62656b; --line: #dedfdb;
      --accent: #2558c4; --right: #1c7c3c; --wrong: #b3261e; --warn: #8a5a00; --note: #fff6dd }
    @media (prefers-color-scheme: dark) { :root { --ground: #131416; --card: #1d1f22; --ink: #ececea; --soft: #9da1a8;
      --line: #33363b; --accent: #86adff; --right: #67c587; --wrong: #ff8a80; --warn: #f0bd5a; --note: #2b2617 } }
    * { box-sizing: border-box }
    body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, "Segoe UI", Roboto, sans-serif }
    header, main { max-width: 1680px; margin: 0 auto; padding: 0 clamp(12px, 3vw, 40px) }
    header { padding-top: clamp(16px, 3vw, 36px) }
    h1 { margin: 0 0 6px; font-size: clamp(24px, 4vw, 34px); letter-spacing: -.02em; line-height: 1.15 }
    .lead { margin: 0 0 10px; max-width: 85ch; color: var(--soft) }
    .lead b { color: var(--ink) }
    code { font: .92em ui-monospace, Menlo, Consolas, monospace }
    .note { margin: 0 0 10px; padding: 7px 12px; max-width: 85ch; border-left: 3px solid var(--warn); background: var(--note);
      border-radius: 0 6px 6px 0 }
    details { color: var(--soft); margin-bottom: 6px }
    summary { cursor: pointer; width: max-content }
    dl { display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 6px 0 }
    dl div { display: flex; gap: 6px } dt { color: var(--soft) } dd { margin: 0; color: var(--ink) }
    a { color: var(--accent) }
    nav { display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 6px 0; color: var(--soft); font-variant-numeric: tabular-nums }
    #grid + nav, #none + nav { padding-bottom: 40px }
    .list { list-style: none; margin: 0; padding: 0 0 12px; columns: 15em; column-gap: 24px }
    .list li { break-inside: avoid; padding: 2px 0; overflow-wrap: anywhere }
    .list small { color: var(--soft); font-variant-numeric: tabular-nums }
    .list button { font: inherit; padding: 0; border: 0; background: none; color: var(--accent); cursor: pointer; text-align: left }
    .list button:hover { text-decoration: underline }
    .tools { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px;
      padding: 10px 0; background: var(--ground); border-bottom: 1px solid var(--line); margin-bottom: 16px; color: var(--soft) }
    .search { flex: 1 1 200px; max-width: 380px }
    input, select { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 8px;
      padding: 6px 10px }
    input { width: 100% }
    #count { margin-left: auto; font-variant-numeric: tabular-nums }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
    svg { overflow: visible } .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
    #grid { display: grid; gap: clamp(8px, 1.2vw, 16px); grid-template-columns: repeat(auto-fill, minmax(var(--cell), 1fr));
      padding-bottom: 40px }
    #grid:empty { display: none }
    .models { --cell: min(168px, 43vw) } .maps { --cell: min(300px, 90vw) } .wide { --cell: min(520px, 90vw) }
    figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden;
      content-visibility: auto; contain-intrinsic-size: auto 220px }
    figure[hidden] { display: none }
    figure button, figure a { display: block; width: 100%; padding: 0; border: 0; background: #808080 }
    figure button { cursor: zoom-in }
    .maps figure :is(button, a) { background: var(--card) }
    figure img { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: contain }
    .maps figure img { aspect-ratio: var(--aspect) }
    figure:hover { border-color: var(--accent) }
    figcaption { display: grid; grid-template-columns: minmax(0, auto) auto auto 1fr; gap: 0 6px; padding: 7px 10px 8px;
      align-items: baseline }
    figcaption b, figcaption small { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
    figcaption b { font-weight: 600; white-space: normal; overflow-wrap: anywhere }
    .number { grid-column: -2; justify-self: end; white-space: nowrap; font-variant-numeric: tabular-nums;
      color: var(--soft); font-size: 13px }
    figcaption small { grid-column: 1 / -1; color: var(--soft); font-size: 12.5px }
    i { font-style: normal; font-weight: 700 } .right { color: var(--right) } .wrong { color: var(--wrong) }
      .warning { color: var(--warn) }
    dialog { touch-action: pan-y pinch-zoom; width: min(1120px, 96vw); max-height: 94vh; padding: 0; border: 1px solid var(--line); border-radius: 14px;
      background: var(--card); color: var(--ink); overflow: auto }
    dialog::backdrop { background: rgb(0 0 0 / .62) }
    .bar { position: sticky; top: 0; display: flex; align-items: center; gap: 6px; padding: 10px 12px 10px 18px;
      background: var(--card);
      border-bottom: 1px solid var(--line) }
    h2 { margin: 22px 0 8px; font-size: 19px; line-height: 1.25; overflow-wrap: anywhere }
    .bar h2 { flex: 1; margin: 0; min-width: 0 }
    h2 small { display: block; font-weight: 400; font-size: 13px; color: var(--soft) }
    .bar button { font: inherit; width: 38px; height: 36px; border: 1px solid var(--line); border-radius: 8px;
      background: var(--ground);
      color: var(--ink); cursor: pointer }
    .bar button:hover { border-color: var(--accent) }
    .pane { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 20px; padding: 18px }
    .maps .pane { grid-template-columns: 1fr }
    #view-image { width: 100%; border-radius: 8px; background: #808080; align-self: start; object-fit: contain }
    .maps #view-image { max-height: 60vh; background: none }
    h3 { margin: 14px 0 6px; font-size: 13px; font-weight: 600; color: var(--soft); text-transform: uppercase;
      letter-spacing: .05em }
    h3:first-child { margin-top: 0 }
    #view-text p.warn { margin: 0 0 10px; padding: 7px 12px; background: var(--note); border-left: 3px solid var(--warn) }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px }
    td { padding: 3px 8px 3px 0; vertical-align: baseline } td.n { text-align: right; white-space: nowrap; color: var(--soft) }
    tr.own td:first-child { font-weight: 600 }
    td .track { display: block; height: 4px; margin-top: 2px; border-radius: 2px; background: var(--line) }
    td .track span { display: block; height: 100%; border-radius: 2px; background: var(--accent) }
    svg { display: block; width: 100%; height: auto } svg text { font: 11px system-ui, sans-serif; fill: var(--soft) }
    svg .axis { stroke: var(--line) } svg .curve { fill: none; stroke: var(--accent); stroke-width: 1.8; stroke-linejoin: round }
    @media (max-width: 720px) { .pane { grid-template-columns: 1fr; padding: 12px } dialog { width: 100vw; max-width: 100vw } }

    """
}
