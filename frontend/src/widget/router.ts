/** The frame's pages, of the portal but for the first. Their addresses stay inside: the site's history is not ours. */
import { createMemoryHistory, createRouter } from 'vue-router'

import { NUMBER } from '../portal/lib/addresses'
import WidgetHome from './WidgetHome.vue'

export const router = createRouter({
  history: createMemoryHistory(),
  routes: [
    { path: '/', component: WidgetHome },
    { path: '/chat', component: () => import('../portal/pages/ChatStartPage.vue') },
    { path: '/chat/:id(\\d+)', component: () => import('../portal/pages/ChatPage.vue'), meta: { room: true } },
    { path: '/ask', component: () => import('../portal/pages/AskPage.vue') },
    { path: '/search', component: () => import('../portal/pages/SearchPage.vue') },
    { path: `/articles/${NUMBER}`, component: () => import('../portal/pages/ArticlePage.vue') },
    { path: `/categories/${NUMBER}`, component: () => import('../portal/pages/CategoryPage.vue') },
    { path: '/tickets', component: () => import('../portal/pages/TicketListPage.vue') },
    { path: '/tickets/new', component: () => import('../portal/pages/TicketNewPage.vue') },
    { path: '/tickets/:id(\\d+)', component: () => import('../portal/pages/TicketRoomPage.vue'), meta: { room: true } },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

let steps = 0
router.afterEach((to, from, failure) => {
  if (!failure && to.path !== from.path) steps += 1
})

/** The first address is where somebody began; from the second on there is a way back. */
export const hasPageBehind = (): boolean => steps > 1
