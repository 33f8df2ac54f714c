import '@shared/tokens.css'
import '@shared/base.css'

import { createApp } from 'vue'

import { createAppI18n } from '@shared/i18n'
import { startTheme } from '@shared/session'

import LoginPage from './LoginPage.vue'
import en from './locales/en'
import zh from './locales/zh'

startTheme()
createApp(LoginPage).use(createAppI18n({ zh, en })).mount('#app')
