/** Looks of the button and of the frame's box. Adopted as a constructed sheet, which a strict style-src lets pass. */
const STYLE = `
:host { all: initial; }
@media print { :host { display: none; } }
.button, .box { position: fixed; z-index: 2147483000; }
.button {
  bottom: calc(20px + env(safe-area-inset-bottom)); display: flex; box-sizing: border-box; width: 56px; height: 56px; margin: 0;
  padding: 0; border: 0; border-radius: 50%; background: var(--color); color: var(--on-color); cursor: pointer;
  align-items: center; justify-content: center; box-shadow: 0 4px 16px rgb(0 0 0 / 22%); transition: transform .15s;
  -webkit-tap-highlight-color: transparent;
}
.right { right: calc(20px + env(safe-area-inset-right)); }
.left { left: calc(20px + env(safe-area-inset-left)); }
.button:hover { transform: scale(1.05); }
.button:focus-visible { outline: 3px solid var(--color); outline-offset: 3px; }
.button svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.badge {
  position: absolute; top: -3px; right: -3px; box-sizing: border-box; min-width: 22px; height: 22px; padding: 0 6px; border: 2px solid #fff;
  border-radius: 11px; background: #c62828; color: #fff; font: 600 12px/18px system-ui, sans-serif; text-align: center;
}
.badge[hidden] { display: none; }
.box {
  bottom: calc(88px + env(safe-area-inset-bottom)); width: 396px; height: min(680px, calc(100vh - 108px)); overflow: hidden;
  border-radius: 16px; background: #f5f3ef; box-shadow: 0 12px 48px rgb(0 0 0 / 26%); transition: opacity .16s, transform .16s, visibility .16s;
}
.box[hidden] { display: block; visibility: hidden; opacity: 0; transform: translateY(12px); pointer-events: none; }
.box iframe { display: block; width: 100%; height: 100%; border: 0; }
@media (prefers-color-scheme: dark) { .box { background: #151412; } .badge { border-color: #151412; } }
@media (max-width: 520px), (max-height: 480px) {
  .box { inset: 0; width: auto; height: auto; border-radius: 0; box-shadow: none; }
  .button.open { display: none; }
}
@media (prefers-reduced-motion: reduce) { .button, .box { transition: none; } .button:hover, .box[hidden] { transform: none; } }
`

/** The same condition as in the sheet: the window covers the page. */
export const FULL_SCREEN = '(max-width: 520px), (max-height: 480px)'

export function dress(root: ShadowRoot): void {
  if ('adoptedStyleSheets' in root) {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    root.adoptedStyleSheets = [sheet]
    return
  }
  const element = document.createElement('style')
  element.textContent = STYLE
  ;(root as ShadowRoot).append(element)
}
