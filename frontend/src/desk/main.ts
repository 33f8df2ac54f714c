import '@shared/tokens.css'
import '@shared/base.css'
import './desk.css'

import { createPinia } from 'pinia'
import { createApp } from 'vue'

import { onPasswordChangeRequired, onSignedOut } from '@shared/api'
import { createAppI18n } from '@shared/i18n'
import { startTheme } from '@shared/session'

import App from './App.vue'
import en from './locales/en'
import zh from './locales/zh'
import { router } from './router'
import { goToLogin } from './sign-in'

startTheme()
onSignedOut(goToLogin)
onPasswordChangeRequired(goToLogin)
createApp(App).use(createPinia()).use(createAppI18n({ zh, en })).use(router).mount('#app')
