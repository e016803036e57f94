/** `POST /api/job-definitions/prune`: deletes deregistered revisions for good, some at a time; docs/operate/limits.md. */
import { deleteJobDefinitions } from '../../../../core/job-definition/decide.ts'
import { limits } from '../../../../model/limits.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { PruneAnswer } from '../../../../wire/definitions.ts'
import { defineOwnOperation } from '../own-operation.ts'

interface Input {
  readonly owner?: string
  readonly name?: string
}

export const pruneJobDefinitions = defineOwnOperation<Input, PruneAnswer>('PruneJobDefinitions', {
  summary: 'Deletes deregistered job definitions',
  answers: 'PruneAnswer',
  query: {
    owner: 'only definitions of this user',
    name: 'only revisions of this name',
  },
  method: 'POST',
  path: '/api/job-definitions/prune',
  async handle({ owner, name }, { backend: { store, loop } }) {
    const found = store.definitions.list({ status: 'INACTIVE', owner, name, limit: limits.revisionsDeletedAtOnce })
    const deleted = await loop.execute(deleteJobDefinitions(found))
    if (isRefusal(deleted)) return deleted
    return { deleted, more: found.length === limits.revisionsDeletedAtOnce }
  },
})
