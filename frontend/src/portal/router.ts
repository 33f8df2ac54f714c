/** Address -> page. `room` pages fill the screen and bring their own head; `tab` says which tab is lit. */
import { createRouter, createWebHistory, type RouteLocationNormalizedLoaded } from 'vue-router'

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

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/', component: HomePage, meta: { title: 'home', tab: 'home' } },
    { path: '/ask', component: () => import('./pages/AskPage.vue'), meta: { title: 'ask', tab: 'home' } },
    { path: '/articles/:id(\\d+)', component: () => import('./pages/ArticlePage.vue'), meta: { title: 'article', tab: 'home' } },
    { path: '/categories/:id(\\d+)', component: () => import('./pages/CategoryPage.vue'), meta: { title: 'category', tab: 'home' } },
    { path: '/chat', component: () => import('./pages/ChatStartPage.vue'), meta: { title: 'chat', tab: 'chat' } },
    { path: '/chat/:id(\\d+)', component: () => import('./pages/ChatPage.vue'), meta: { title: 'chat', tab: 'chat', room: true } },
    { path: '/tickets', component: () => import('./pages/TicketListPage.vue'), meta: { title: 'tickets', tab: 'tickets' } },
    { path: '/tickets/new', component: () => import('./pages/TicketNewPage.vue'), meta: { title: 'ticketNew', tab: 'tickets' } },
    { path: '/tickets/:id(\\d+)', component: () => import('./pages/TicketRoomPage.vue'), meta: { title: 'ticket', tab: 'tickets', room: true } },
    { path: '/:rest(.*)*', component: () => import('./pages/NotFoundPage.vue'), meta: { title: 'notFound' } },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})
