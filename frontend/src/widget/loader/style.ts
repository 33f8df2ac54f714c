/** Looks of the button and of the frame's box. Adopted as a constructed sheet, which a strict style-src lets pass. */
const STYLE = `
:host { all: initial; }
@media print { :host { display: none; } }
.button, .box, .bubble { position: fixed; z-index: 2147483000; }
.button {
  bottom: calc(var(--y) + env(safe-area-inset-bottom)); display: flex; box-sizing: border-box; min-width: 56px; height: 56px; margin: 0;
  padding: 0 14px; border: 0; border-radius: 28px; gap: 8px; font: 600 16px/1.2 system-ui, sans-serif; background: var(--color); color: var(--on-color); cursor: pointer;
  align-items: center; justify-content: center; box-shadow: 0 4px 16px rgb(0 0 0 / 22%); transition: transform .15s;
  -webkit-tap-highlight-color: transparent;
}
.right { right: calc(var(--x) + env(safe-area-inset-right)); }
.left { left: calc(var(--x) + env(safe-area-inset-left)); }
.words { max-width: 40vw; overflow: hidden; padding-right: 4px; text-overflow: ellipsis; white-space: nowrap; }
.words:empty, .open .words { display: none; }
.button svg { flex: none; }
.button:hover { transform: scale(1.05); }
.button:focus-visible { outline: 3px solid var(--color); outline-offset: 3px; }
.button svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.badge {
  position: absolute; top: -3px; right: -3px; box-sizing: border-box; min-width: 22px; height: 22px; padding: 0 6px; border: 2px solid #fff;
  border-radius: 11px; background: #c62828; color: #fff; font: 600 12px/18px system-ui, sans-serif; text-align: center;
}
.badge[hidden] { display: none; }
.bubble {
  bottom: calc(var(--y) + 68px + env(safe-area-inset-bottom)); display: flex; box-sizing: border-box; max-width: min(300px, calc(100vw - 2 * var(--x)));
  border-radius: 16px; background: #fff; color: #24221f; box-shadow: 0 6px 28px rgb(0 0 0 / 22%); animation: rise .24s;
}
.bubble:empty { display: none; }
.bubble button {
  margin: 0; padding: 14px 4px 14px 16px; border: 0; background: none; color: inherit; font: 15px/1.5 system-ui, sans-serif;
  text-align: left; overflow-wrap: anywhere; cursor: pointer;
}
.bubble .away { flex: none; width: 44px; height: 44px; padding: 0; font-size: 22px; opacity: .7; text-align: center; }
.bubble button:focus-visible { border-radius: 16px; outline: 3px solid var(--color); outline-offset: -3px; }
.bubble.dark { background: #2b2925; color: #ece8e1; }
@keyframes rise { from { opacity: 0; transform: translateY(10px); } }
.box {
  bottom: calc(var(--y) + 68px + env(safe-area-inset-bottom)); width: 396px; height: min(680px, calc(100vh - var(--y) - 88px)); overflow: hidden;
  border-radius: 16px; background: #f5f3ef; box-shadow: 0 12px 48px rgb(0 0 0 / 26%); transition: opacity .16s, transform .16s, visibility .16s;
}
.box[hidden] { display: block; visibility: hidden; opacity: 0; transform: translateY(12px); pointer-events: none; }
.box iframe { display: block; width: 100%; height: 100%; border: 0; }
.dark.box { background: #151412; }
.dark .badge { border-color: #151412; }
@media (max-width: 520px), (max-height: 480px) {
  .box { inset: 0; width: auto; height: auto; border-radius: 0; box-shadow: none; }
  .button.open { display: none; }
}
@media (prefers-reduced-motion: reduce) { .button, .box, .bubble { transition: none; } .button:hover, .box[hidden] { transform: none; } }
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
