// The page to try the API. A browser that is signed in sends its cookie; writes need the CSRF token beside it.
(function () {
  const place = document.getElementById('api')
  let token = ''
  fetch('/api/v1/session', { credentials: 'same-origin' })
    .then((answer) => answer.json())
    .then((answer) => { token = answer.data.csrfToken })
  window.SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    deepLinking: true,
    docExpansion: 'none',
    filter: true,
    persistAuthorization: false,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: 'BaseLayout',
    requestInterceptor: (request) => {
      if (token && request.method !== 'GET' && !request.headers.Authorization) request.headers['X-CSRF-Token'] = token
      return request
    },
  })
})()
