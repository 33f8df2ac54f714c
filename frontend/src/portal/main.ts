/** The customer portal: ask, read, talk to the bot and to people, follow tickets. Made for a phone in one hand. */
// First of all: what it takes out of the address must not be read by anything else.
import { isInApp } from './lib/handed-over'
import './lib/asked-language'
import '@shared/tokens.css'
import '@shared/base.css'
import './portal.css'
import './public.css'
import './reading.css'
import '@shared/article.css'

import { createApp } from 'vue'

import { createAppI18n } from '@shared/i18n'
import { startTheme } from '@shared/session'

import App from './App.vue'
import { noteArrival, standIn } from './lib/arrival'
import { takeOver } from './lib/take-over'
import { followViewport } from './lib/viewport'
import en from './locales/en'
import zh from './locales/zh'
import { router } from './router'

startTheme()
followViewport()
noteArrival()
// In an app there is no signing in to accounts: the app says who its user is.
if (isInApp()) standIn({ embedded: true })
const app = createApp(App)
  .use(createAppI18n({ zh: { portal: zh }, en: { portal: en } }))
  .use(router)
const drawn = document.querySelector('#app[data-complete]')
if (drawn) void takeOver(app, router, drawn)
else app.mount('#app')
