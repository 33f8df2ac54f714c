/**
 * A link may name the language in which its page is to be read (?lang=en): it is this browser's from then on.
 *
 * Imported before the router, which reads the address when it is made: reloading must not undo a later choice.
 */
const address = new URL(location.href)
const asked = address.searchParams.get('lang')
if (asked === 'zh' || asked === 'en') {
  localStorage.setItem('ss.locale', asked)
  address.searchParams.delete('lang')
  history.replaceState(history.state, '', address.pathname + address.search + address.hash)
}

export {}
