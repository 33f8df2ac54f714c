/** A text area that is as high as its text, and into which others write at the caret. */
import { nextTick, onMounted, type Ref, watch } from 'vue'

export function useGrowingText(area: Ref<HTMLTextAreaElement | null>, text: Ref<string>, maxHeight: () => number) {
  function grow(): void {
    const box = area.value
    if (!box) return
    box.style.height = 'auto'
    box.style.height = `${Math.min(box.scrollHeight, maxHeight())}px`
  }

  function focus(): void {
    area.value?.focus()
  }

  /** Put text in at the caret, for quick replies and suggestions. */
  async function insert(addition: string, focused = true): Promise<void> {
    const box = area.value
    const at = box ? box.selectionStart : text.value.length
    const end = box ? box.selectionEnd : at
    text.value = text.value.slice(0, at) + addition + text.value.slice(end)
    await nextTick()
    if (focused) focus()
    box?.setSelectionRange(at + addition.length, at + addition.length)
  }

  /** At a place, or marking everything up to `end`, which the next key replaces. */
  function placeCaret(at: number, end = at): void {
    focus()
    area.value?.setSelectionRange(at, end)
  }

  function caret(): number {
    return area.value?.selectionStart ?? text.value.length
  }

  watch(text, () => void nextTick(grow))
  onMounted(grow)

  return { focus, insert, placeCaret, caret }
}
