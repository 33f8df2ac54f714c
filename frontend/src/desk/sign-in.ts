/** Off to the sign-in page, to come back here afterwards. */
let leaving = false

export function goToLogin(): void {
  if (leaving) return
  leaving = true
  const here = window.location.pathname + window.location.search
  window.location.assign(`/login?next=${encodeURIComponent(here)}`)
}
