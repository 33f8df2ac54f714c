import { createRouter, createWebHistory } from 'vue-router'

import { can, sessionReady } from '@shared/session'

import WorkbenchPage from './workbench/WorkbenchPage.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the page's name in the locale files. */
    title?: string
    permission?: string
  }
}

export const router = createRouter({
  history: createWebHistory('/desk'),
  routes: [
    {
      path: '/',
      name: 'workbench',
      component: WorkbenchPage,
      meta: { title: 'desk.nav.workbench' },
    },
    { path: '/c/:id(\\d+)', name: 'conversation', component: WorkbenchPage, meta: { title: 'desk.nav.workbench' } },
    {
      path: '/tickets',
      name: 'tickets',
      component: () => import('./tickets/TicketsPage.vue'),
      meta: { title: 'desk.nav.tickets' },
    },
    {
      path: '/tickets/board',
      name: 'ticket-board',
      component: () => import('./tickets/board/BoardPage.vue'),
      meta: { title: 'desk.tickets.board.title', permission: 'ticket.process' },
    },
    {
      path: '/tickets/:id(\\d+)',
      name: 'ticket',
      component: () => import('./tickets/TicketDetailPage.vue'),
      meta: { title: 'desk.nav.tickets' },
    },
    {
      path: '/tickets/statistics',
      name: 'ticket-statistics',
      component: () => import('./ticket-statistics/StatisticsPage.vue'),
      meta: { title: 'desk.ticketStatistics.title', permission: 'statistics.read' },
    },
    {
      path: '/console',
      name: 'console',
      component: () => import('./console/ConsolePage.vue'),
      meta: { title: 'desk.nav.console', permission: 'conversation.monitor' },
    },
    {
      path: '/history',
      name: 'history',
      component: () => import('./history/HistoryPage.vue'),
      meta: { title: 'desk.nav.history', permission: 'conversation.search' },
    },
    {
      path: '/knowledge/index',
      name: 'knowledge-index',
      component: () => import('./search-index/IndexPage.vue'),
      meta: { title: 'desk.searchIndex.title', permission: 'search_index.read' },
    },
    {
      path: '/quick-replies',
      name: 'quick-replies',
      component: () => import('./quick-replies/QuickRepliesPage.vue'),
      meta: { title: 'desk.nav.quickReplies', permission: 'quick_reply.read' },
    },
    {
      path: '/automation',
      name: 'automation',
      component: () => import('./automation/AutomationPage.vue'),
      meta: { title: 'desk.automation.title', permission: 'macro.read' },
    },
    {
      path: '/knowledge',
      name: 'knowledge',
      component: () => import('./knowledge/KnowledgePage.vue'),
      meta: { title: 'desk.kb.nav', permission: 'article.update' },
    },
    {
      path: '/knowledge/:id(\\d+|new)/edit',
      name: 'knowledge-edit',
      component: () => import('./knowledge/EditorPage.vue'),
      meta: { title: 'desk.kb.nav', permission: 'article.update' },
    },
    {
      path: '/knowledge/quality',
      name: 'knowledge-quality',
      component: () => import('./quality/QualityPage.vue'),
      meta: { title: 'desk.quality.title', permission: 'question_group.read' },
    },
    {
      path: '/knowledge/import/:id(\\d+)?',
      name: 'knowledge-import',
      component: () => import('./imports/ImportPage.vue'),
      meta: { title: 'desk.imports.title', permission: 'article.import' },
    },
    {
      path: '/profile',
      name: 'profile',
      component: () => import('./profile/ProfilePage.vue'),
      meta: { title: 'desk.nav.profile' },
    },
    { path: '/:rest(.*)*', redirect: { name: 'workbench' } },
  ],
})

/** Notifications of earlier days name the conversation in the query. */
router.beforeEach((to) => {
  const id = String(to.query.session ?? '')
  return to.name === 'workbench' && /^\d+$/.test(id) ? { name: 'conversation', params: { id } } : true
})

router.beforeEach(async (to) => {
  const permission = to.meta.permission
  if (!permission) return true
  await sessionReady
  return can(permission) ? true : { name: 'workbench' }
})
