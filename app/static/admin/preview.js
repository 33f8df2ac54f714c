// A widget as the form says it would look; drawn anew when somebody has stopped changing things.

const PAUSE = 500

for (const box of document.querySelectorAll('[data-preview]')) {
  const frame = box.querySelector('iframe')
  const form = box.dataset.form ? document.querySelector(box.dataset.form) : null
  const ways = [...box.querySelectorAll('.ad-preview-ways select')]
  let waiting

  const draw = () => {
    const asked = new URLSearchParams(ways.map((one) => [one.name, one.value]))
    if (box.dataset.row) asked.set('id', box.dataset.row)
    for (const [name, value] of form ? new FormData(form) : []) {
      if (typeof value === 'string' && !['csrf_token', 'origins', 'locale', 'version'].includes(name)) asked.set(name, value)
    }
    box.dataset.size = asked.get('size')
    // only widgets have a window
    box.hidden = form !== null && asked.get('kind') !== 'widget'
    const address = `${box.dataset.preview}?${asked}`
    if (!box.hidden && frame.getAttribute('src') !== address) frame.setAttribute('src', address)
  }
  const later = () => {
    clearTimeout(waiting)
    waiting = setTimeout(draw, PAUSE)
  }

  box.addEventListener('change', draw)
  form?.addEventListener('input', later)
  form?.addEventListener('change', later)
  draw()
}
