/** The chat in a frame on other sites: the portal's questions, answers and conversations, on little room. */
import '@shared/tokens.css'
import '@shared/base.css'
import '../portal/portal.css'
import '../portal/public.css'
import '../portal/reading.css'
import '@shared/article.css'
import './widget.css'

import { createApp } from 'vue'

import { createAppI18n } from '@shared/i18n'
import { startTheme } from '@shared/session'

import { standIn } from '../portal/lib/arrival'
import { followViewport } from '../portal/lib/viewport'
import portalEn from '../portal/locales/en'
import portalZh from '../portal/locales/zh'
import { hostPage, invitation, isFramed, wear } from './host'
import en from './locales/en'
import zh from './locales/zh'
import { pageData } from './page-data'
import { hasPageBehind, router } from './router'
import WidgetApp from './WidgetApp.vue'

standIn({
  embedded: true,
  hasPageBehind,
  cameBy: () => ({
    channel: pageData.code,
    pageUrl: hostPage.value?.url,
    pageTitle: hostPage.value?.title,
    invitationId: invitation.value?.id,
  }),
  greeting: () => invitation.value?.text ?? '',
})
const named = new URLSearchParams(location.search).get('theme')
if (isFramed && (named === 'light' || named === 'dark')) wear(named)
else startTheme()
followViewport()
document.documentElement.style.setProperty('--channel-color', pageData.color)
document.documentElement.toggleAttribute('data-channel-color', pageData.isReadable)
createApp(WidgetApp)
  .use(createAppI18n({ zh: { portal: portalZh, widget: zh }, en: { portal: portalEn, widget: en } }))
  .use(router)
  .mount('#app')
