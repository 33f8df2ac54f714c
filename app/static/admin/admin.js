// The little life of the administration's pages: drawer, confirmations, chosen rows, searching selects. No framework.

const words = JSON.parse(document.getElementById('admin-words').dataset.words)
const csrf = document.querySelector('meta[name="csrf-token"]').content

// --- time zone: the server writes times in it, from the next page on -----------------------------------------------
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
if (!document.cookie.split('; ').includes(`tz=${zone}`)) {
  document.cookie = `tz=${zone};path=/;max-age=31536000;samesite=lax`
  const pad = (number) => String(number).padStart(2, '0')
  for (const element of document.querySelectorAll('time[datetime]')) {
    const at = new Date(element.dateTime)
    element.textContent = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}`
  }
}

// --- drawer ---------------------------------------------------------------------------------------------------------
const side = document.getElementById('side')
const shade = document.querySelector('[data-drawer-close]')
const burger = document.querySelector('[data-drawer-open]')

function drawer(open) {
  side.classList.toggle('open', open)
  shade.hidden = !open
  burger.setAttribute('aria-expanded', String(open))
  if (open) side.querySelector('a').focus()
  else burger.focus()
}

if (side) {
  burger.addEventListener('click', () => drawer(true))
  shade.addEventListener('click', () => drawer(false))
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && side.classList.contains('open')) drawer(false)
  })
  side.querySelector('.on')?.scrollIntoView({ block: 'nearest' })
} else {
  burger.hidden = true
}

// --- menus close when something else is clicked ---------------------------------------------------------------------
document.addEventListener('click', (event) => {
  for (const menu of document.querySelectorAll('details.ad-menu[open]')) {
    if (!menu.contains(event.target)) menu.open = false
  }
})

document.addEventListener('keydown', (event) => {
  const menu = event.key === 'Escape' && document.querySelector('details.ad-menu[open]')
  if (!menu) return
  menu.open = false
  menu.querySelector('summary').focus()
})

// --- session: language and sign-out ---------------------------------------------------------------------------------
async function call(method, path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
    body: body && JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(words.failed)
}

async function tell(work) {
  try {
    await work()
  } catch (error) {
    ask(error.message)
  }
}

document.querySelector('[data-locale]').addEventListener('click', (event) => {
  const { locale } = event.currentTarget.dataset
  tell(async () => {
    await call('PUT', '/session/locale', { locale })
    localStorage.setItem('ss.locale', locale)
    location.reload()
  })
})

document.querySelector('[data-sign-out]').addEventListener('click', () =>
  tell(async () => {
    await call('DELETE', '/session')
    location.assign('/login')
  }),
)

// --- confirmations --------------------------------------------------------------------------------------------------
const dialog = document.getElementById('confirm')

const yes = dialog.querySelector('button[value="yes"]')
const ok = yes.textContent

/** Whether the person says yes; what cannot easily be undone is said in red, by its name. */
function ask(text, danger = '') {
  dialog.querySelector('p').textContent = text
  yes.textContent = danger || ok
  yes.classList.toggle('ad-btn--primary', !danger)
  yes.classList.toggle('ad-btn--red', Boolean(danger))
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }))
}

document.addEventListener('submit', async (event) => {
  const form = event.target
  const text = event.submitter?.dataset.confirm || form.dataset.confirm
  if (!text || form.dataset.confirmed) return
  event.preventDefault()
  const button = event.submitter ?? form.querySelector('button')
  if (await ask(text, button.classList.contains('ad-btn--danger') ? button.textContent.trim() : '')) {
    form.dataset.confirmed = 'yes'
    form.requestSubmit(event.submitter)
  }
})

// --- rows chosen for an action --------------------------------------------------------------------------------------
const chosen = document.getElementById('chosen')
const all = document.querySelector('[data-choose-all]')
if (chosen && all) {
  const boxes = [...document.querySelectorAll('input[name="rowid"]')]
  const show = () => {
    const count = boxes.filter((box) => box.checked).length
    chosen.hidden = count === 0
    chosen.querySelector('[data-chosen-count]').textContent = count
    all.checked = count > 0 && count === boxes.length
    all.indeterminate = count > 0 && count < boxes.length
  }
  all.addEventListener('change', () => {
    for (const box of boxes) box.checked = all.checked
    show()
  })
  for (const box of boxes) box.addEventListener('change', show)
  show()
}

// --- filters: a choice acts at once, empty inputs stay out of the address -------------------------------------------
const filters = document.querySelector('[data-filters]')
if (filters) {
  filters.addEventListener('submit', () => {
    for (const input of filters.elements) if (input.name && !input.value) input.disabled = true
  })
  filters.addEventListener('change', (event) => {
    if (event.target.matches('select, input[type="date"]')) filters.requestSubmit()
  })
}

const fold = document.querySelector('[data-fold]')
fold?.addEventListener('click', () => {
  const open = document.getElementById(fold.getAttribute('aria-controls')).classList.toggle('open')
  fold.setAttribute('aria-expanded', String(open))
})

// --- questions that depend on the answer to another one -------------------------------------------------------------
for (const field of document.querySelectorAll('[data-asked-when]')) {
  const [name, value] = field.dataset.askedWhen.split('=')
  const other = field.closest('form').elements[name]
  const show = () => {
    field.hidden = !value.split('|').includes(other.value)
    for (const input of field.querySelectorAll('input, textarea, select')) input.disabled = field.hidden
  }
  other.addEventListener('change', show)
  show()
}

// --- rights: all of a group, one by its name, what differs from the preset -------------------------------------------
for (const box of document.querySelectorAll('[data-group-all]')) {
  const rights = [...box.closest('fieldset').querySelectorAll('input[name="right"]:not(:disabled)')]
  const show = () => {
    const count = rights.filter((one) => one.checked).length
    box.checked = count > 0 && count === rights.length
    box.indeterminate = count > 0 && count < rights.length
  }
  box.addEventListener('change', () => {
    for (const one of rights) one.checked = box.checked
  })
  box.form.addEventListener('change', show)
  show()
}

const finder = document.querySelector('[data-find-right]')
finder?.addEventListener('input', () => {
  const wanted = finder.value.trim().toLowerCase()
  for (const group of document.querySelectorAll('.ad-right-group')) {
    const whole = group.querySelector('h3').textContent.toLowerCase().includes(wanted)
    for (const right of group.querySelectorAll('.ad-one-right')) {
      right.hidden = !whole && !`${right.textContent} ${right.title}`.toLowerCase().includes(wanted)
    }
    group.hidden = !group.querySelector('.ad-one-right:not([hidden])')
  }
  const sections = [...document.querySelectorAll('.ad-right-section')]
  for (const section of sections) section.hidden = !section.querySelector('.ad-right-group:not([hidden])')
  document.querySelector('[data-no-right]').hidden = sections.some((section) => !section.hidden)
})
finder?.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') event.preventDefault() // looking for a right must not save them
})

const state = document.querySelector('[data-preset-state]')
if (state) {
  const form = state.closest('form')
  const reset = form.querySelector('[data-preset-reset]')
  const boxes = [...form.querySelectorAll('[data-preset] input')]
  const delivered = (box) => box.parentElement.dataset.preset === 'yes'
  const show = () => {
    const count = boxes.filter((box) => box.checked !== delivered(box)).length
    state.textContent = count ? state.dataset.changed.replace('{count}', count) : state.dataset.same
    state.classList.toggle('ad-changed', count > 0)
    if (reset) reset.hidden = count === 0
  }
  reset?.addEventListener('click', () => {
    for (const box of boxes) if (!box.disabled) box.checked = delivered(box)
    form.dispatchEvent(new Event('change', { bubbles: true }))
    form.dispatchEvent(new Event('input', { bubbles: true }))
  })
  form.addEventListener('change', show)
  show()
}

// --- what was typed is not lost by a wrong click --------------------------------------------------------------------
const guarded = document.querySelector('form[data-guard]')
if (guarded) {
  let changed = false
  guarded.addEventListener('input', () => (changed = true))
  guarded.addEventListener('submit', () => (changed = false))
  window.addEventListener('beforeunload', (event) => {
    if (changed) event.preventDefault()
  })
  guarded.querySelector('.ad-error')?.scrollIntoView({ block: 'center' })
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => tell(() => navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent)))
}

// --- selects that search while one types (Select2, which Flask-AppBuilder ships) ------------------------------------
const $ = window.jQuery
const language = {
  searching: () => words.searching,
  noResults: () => words.noResults,
  errorLoading: () => words.errorLoading,
  loadingMore: () => words.loadingMore,
}

function searching(select, options) {
  $(select).select2({ language, ...options })
  const changed = () => {
    select.dispatchEvent(new Event('change', { bubbles: true }))
    // drawing what was chosen takes the focus away from where one goes on typing
    if (select.multiple) select.nextElementSibling.querySelector('.select2-search__field').focus()
  }
  $(select).on('select2:select select2:unselect select2:clear', changed)
  $(select).on('select2:open', () => document.querySelector('.select2-container--open .select2-search__field')?.focus())
}

for (const select of document.querySelectorAll('select[data-remote]')) {
  searching(select, {
    ajax: {
      url: select.dataset.remote,
      delay: 220,
      data: ({ term, page }) => ({ term, page: page || 1 }),
    },
    allowClear: !select.required && !select.multiple,
    closeOnSelect: !select.multiple, // of several people one chooses the next at once
    placeholder: { id: '', text: select.options[0]?.value === '' ? select.options[0].text : '' },
  })
}

for (const select of document.querySelectorAll('select[data-open-choice]')) {
  searching(select, { tags: true, closeOnSelect: false })
}

for (const select of document.querySelectorAll('select[data-search]')) searching(select, {})
