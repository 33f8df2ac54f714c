/** Cards dragged by mouse, pen or finger: a finger rests a moment first, for it also scrolls. */
import { onBeforeUnmount, onMounted, reactive } from 'vue'

const FAR_PX = 6
const REST_MS = 280
const EDGE_PX = 56
const SCROLL_PX = 12

/** How far the board goes on in a frame: the nearer the edge the faster; the edges of a phone are narrow. */
function stepAt(x: number, { left, right }: DOMRect): number {
  const edge = Math.min(EDGE_PX, (right - left) / 10)
  const depth = Math.max(left + edge - x, 0) - Math.max(x - right + edge, 0)
  return -Math.sign(depth) * Math.ceil((Math.min(Math.abs(depth), edge) / edge) * SCROLL_PX)
}

/** The column nearest to a point of the board, whatever floats above it; "" for a point outside. */
function columnAt(board: HTMLElement | null, x: number, y: number): string {
  const box = board?.getBoundingClientRect()
  if (!board || !box || x < box.left || x > box.right || y < box.top || y > box.bottom) return ''
  let [nearest, least] = ['', Infinity]
  for (const column of board.querySelectorAll<HTMLElement>('[data-column]')) {
    const { left, right } = column.getBoundingClientRect()
    const distance = Math.max(left - x, x - right, 0)
    if (distance < least) [nearest, least] = [column.dataset.column ?? '', distance]
  }
  return nearest
}

interface Handlers {
  /** The number of the card has left its place; false: it stays. */
  begin: (id: number) => boolean
  drop: (id: number, column: string) => void
  end: () => void
}

/** `scroller`: the element with the columns; columns bear `data-column`, cards `data-card`. */
export function useDrag(scroller: () => HTMLElement | null, { begin, drop, end }: Handlers) {
  const drag = reactive({ id: null as number | null, over: '', x: 0, y: 0, width: 0 })
  let pending: { id: number; pointer: number; x: number; y: number; dx: number; dy: number; touch: boolean } | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let frame = 0
  /** A click follows the end of a drag; it opens nothing. */
  let justDragged = false

  function start(): void {
    if (!pending || !begin(pending.id)) return
    drag.id = pending.id
    document.body.classList.add('dragging-card')
    follow(pending.x, pending.y)
    frame = requestAnimationFrame(scroll)
  }

  function follow(x: number, y: number): void {
    drag.x = x - (pending?.dx ?? 0)
    drag.y = y - (pending?.dy ?? 0)
    if (pending) Object.assign(pending, { x, y })
    drag.over = columnAt(scroller(), x, y)
  }

  /** Near an edge the board goes on. */
  function scroll(): void {
    const board = scroller()
    if (drag.id === null || !pending || !board) return
    const step = stepAt(pending.x, board.getBoundingClientRect())
    if (step) {
      board.scrollBy(step, 0)
      // another column lies below the card now, though nobody has moved it
      follow(pending.x, pending.y)
    }
    frame = requestAnimationFrame(scroll)
  }

  function stop(): void {
    clearTimeout(timer)
    cancelAnimationFrame(frame)
    document.body.classList.remove('dragging-card')
    pending = null
    if (drag.id !== null) end()
    drag.id = null
    drag.over = ''
  }

  function onDown(event: PointerEvent): void {
    const target = event.target as HTMLElement
    const card = target.closest<HTMLElement>('[data-card]')
    if (!card || event.button !== 0 || !event.isPrimary || target.closest('button')) return
    const box = card.getBoundingClientRect()
    const touch = event.pointerType === 'touch'
    pending = { id: Number(card.dataset.card), pointer: event.pointerId, x: event.clientX, y: event.clientY, dx: event.clientX - box.left, dy: event.clientY - box.top, touch }
    drag.width = box.width
    if (touch) timer = setTimeout(start, REST_MS)
  }

  function onMove(event: PointerEvent): void {
    if (!pending || event.pointerId !== pending.pointer) return
    if (drag.id !== null) {
      follow(event.clientX, event.clientY)
      return
    }
    const isFar = Math.hypot(event.clientX - pending.x, event.clientY - pending.y) > FAR_PX
    if (isFar && pending.touch) stop()
    else if (isFar) start()
  }

  function onUp(event: PointerEvent): void {
    if (!pending || event.pointerId !== pending.pointer) return
    const { id, over } = drag
    justDragged = id !== null
    if (justDragged) setTimeout(() => (justDragged = false))
    stop()
    if (id !== null && over) drop(id, over)
  }

  function onTouchMove(event: TouchEvent): void {
    if (drag.id !== null) event.preventDefault()
  }

  function onClick(event: MouseEvent): void {
    if (!justDragged) return
    event.preventDefault()
    event.stopPropagation()
  }

  function onKeydown(event: KeyboardEvent): void {
    if (event.key === 'Escape' && drag.id !== null) stop()
  }

  function onContextMenu(event: Event): void {
    if (pending?.touch) event.preventDefault()
  }

  onMounted(() => {
    document.addEventListener('pointerdown', onDown)
    document.addEventListener('pointermove', onMove)
    document.addEventListener('pointerup', onUp)
    document.addEventListener('pointercancel', stop)
    document.addEventListener('touchmove', onTouchMove, { passive: false })
    document.addEventListener('click', onClick, true)
    document.addEventListener('keydown', onKeydown)
    document.addEventListener('contextmenu', onContextMenu)
  })
  onBeforeUnmount(() => {
    stop()
    document.removeEventListener('pointerdown', onDown)
    document.removeEventListener('pointermove', onMove)
    document.removeEventListener('pointerup', onUp)
    document.removeEventListener('pointercancel', stop)
    document.removeEventListener('touchmove', onTouchMove)
    document.removeEventListener('click', onClick, true)
    document.removeEventListener('keydown', onKeydown)
    document.removeEventListener('contextmenu', onContextMenu)
  })

  return { drag }
}
