/**
 * Files that are dropped or pasted anywhere on the page belong to the writing box that is open. Without this a file let
 * go a finger's breadth beside the box would replace the page by the file.
 */
import { onBeforeUnmount, onMounted, ref } from 'vue'

import { isTypingTarget } from './a11y'

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false
}

/** An open layer has the page to itself. */
function isCovered(): boolean {
  return document.querySelector('[aria-modal="true"]') !== null
}

/** `takes` says whether the box wants files at this moment. `dragging`: files are held over the page. */
export function useIncomingFiles(takes: () => boolean, take: (files: File[]) => void) {
  const dragging = ref(false)

  function onDragover(event: DragEvent): void {
    // Somebody closer by wants it.
    if (event.defaultPrevented || !carriesFiles(event)) return
    event.preventDefault()
    dragging.value = takes() && !isCovered()
  }

  function onDragleave(event: DragEvent): void {
    // Only the way out of the window leads to nothing.
    if (!event.relatedTarget) dragging.value = false
  }

  function onDrop(event: DragEvent): void {
    const isWanted = dragging.value
    dragging.value = false
    if (event.defaultPrevented || !carriesFiles(event)) return
    event.preventDefault()
    const files = [...(event.dataTransfer?.files ?? [])]
    if (isWanted && files.length > 0) take(files)
  }

  function onPaste(event: ClipboardEvent): void {
    if (event.defaultPrevented || isTypingTarget(event) || !takes() || isCovered()) return
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length > 0) take(files)
  }

  onMounted(() => {
    window.addEventListener('dragover', onDragover)
    window.addEventListener('dragleave', onDragleave)
    window.addEventListener('drop', onDrop)
    window.addEventListener('paste', onPaste)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('dragover', onDragover)
    window.removeEventListener('dragleave', onDragleave)
    window.removeEventListener('drop', onDrop)
    window.removeEventListener('paste', onPaste)
  })

  return { dragging }
}
