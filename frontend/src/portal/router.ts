/** Address -> page. `room` pages fill the screen and bring their own head; `tab` says which tab is lit. */
import { createRouter, createWebHistory, type RouteLocationNormalizedLoaded } from 'vue-router'

import { NUMBER } from './lib/addresses'
import HomePage from './pages/HomePage.vue'

interface PageMeta {
  /** Key under portal.title. */
  title: string
  tab?: 'home' | 'chat' | 'tickets'
  room?: boolean
}

/** RouteMeta is one type for all our entries, so each reads its own shape out of it. */
export function pageOf(route: RouteLocationNormalizedLoaded): Partial<PageMeta> {
  return route.meta as Partial<PageMeta>
}

/** What is covered by the head of the page, and some air. */
const HEAD_PX = 80

const pages = {
  ask: () => import('./pages/AskPage.vue'),
  article: () => import('./pages/ArticlePage.vue'),
  chat: () => import('./pages/ChatStartPage.vue'),
  room: () => import('./pages/ChatPage.vue'),
}

/** From the home page people go on to these: fetched while they read, so that the next tap answers at once. */
export function prefetchPages(): void {
  for (const page of Object.values(pages)) {
    // Without a connection there is nothing to fetch ahead; going there says so.
    page().catch(() => undefined)
  }
}

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/', component: HomePage, meta: { title: 'home', tab: 'home' } },
    { path: '/ask', component: pages.ask, meta: { title: 'ask', tab: 'home' } },
    { path: '/search', component: () => import('./pages/SearchPage.vue'), meta: { title: 'search', tab: 'home' } },
    { path: `/articles/${NUMBER}`, component: pages.article, meta: { title: 'article', tab: 'home' } },
    { path: `/categories/${NUMBER}`, component: () => import('./pages/CategoryPage.vue'), meta: { title: 'category', tab: 'home' } },
    { path: '/chat', component: pages.chat, meta: { title: 'chat', tab: 'chat' } },
    { path: '/chat/:id(\\d+)', component: pages.room, meta: { title: 'chat', tab: 'chat', room: true } },
    { path: '/c/:code', component: () => import('./pages/EntryPage.vue'), meta: { title: 'chat', tab: 'chat' } },
    { path: '/tickets', component: () => import('./pages/TicketListPage.vue'), meta: { title: 'tickets', tab: 'tickets' } },
    { path: '/tickets/new', component: () => import('./pages/TicketNewPage.vue'), meta: { title: 'ticketNew', tab: 'tickets' } },
    { path: '/tickets/:id(\\d+)', component: () => import('./pages/TicketRoomPage.vue'), meta: { title: 'ticket', tab: 'tickets', room: true } },
    { path: '/:rest(.*)*', component: () => import('./pages/NotFoundPage.vue'), meta: { title: 'notFound' } },
  ],
  scrollBehavior: (to, from, saved) => {
    // The page that stands here already has been scrolled by the browser, to a heading too.
    if (from.matched.length === 0) return false
    if (to.hash) return { el: to.hash, top: HEAD_PX }
    return saved ?? (to.params.id === from.params.id && to.matched[0] === from.matched[0] ? false : { top: 0 })
  },
})
