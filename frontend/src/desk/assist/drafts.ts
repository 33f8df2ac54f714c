/** A draft article out of a conversation or ticket; its editor opens, nobody else sees it yet. */
import type { Router } from 'vue-router'

import { api } from '@shared/api'
import { translate } from '@shared/i18n'

import { attempt, told } from '../parts/notify'

export async function draftArticle(router: Router, path: string): Promise<void> {
  await attempt(async () => {
    const { articleId, title } = await api.post<{ articleId: number; title: string }>(`${path}/article-draft`)
    told(translate('desk.assist.drafted', { title }))
    await router.push(`/knowledge/${articleId}/edit`)
  })
}
