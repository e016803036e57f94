/** `GET /api/events`: server-sent events about what changes; docs/use/api.md. */
import { limits } from '../../../../model/limits.ts'
import { isRefusal, type Refusal } from '../../../../model/refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { LongContent } from '../../../long-content.ts'
import type { Protocol } from '../../../protocols/protocol.ts'
import { restJson } from '../../../protocols/rest-json.ts'
import { countedAs } from '../../../request-limits.ts'
import { seeJobs } from '../../../sight.ts'
import { checkParameters, queueName, readUsers } from '../jobs/search-input.ts'
import { defineOwnOperation } from '../own-operation.ts'
import { Watcher, type WatchFilter } from './watcher.ts'

interface Input {
  readonly job?: readonly string[]
  readonly queue?: readonly string[]
  readonly user?: readonly string[]
  readonly mine?: string
  readonly lastEventId?: string
}

const query = {
  job: 'only these jobs; of an array its children too',
  queue: 'only these job queues and their jobs: names or ARNs',
  user: 'only jobs of these users',
  mine: '`true`: only the caller’s own jobs',
  lastEventId: 'continues behind this event, as the header `Last-Event-ID` does',
}

const eventStream: Protocol = {
  ...restJson,
  writeAnswer: (_operation, output) => ({
    contentType: 'text/event-stream',
    headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    body: output as LongContent,
  }),
}

export const watchChanges = defineOwnOperation<Input, LongContent>('WatchChanges', {
  authorisedAs: 'SearchJobs',
  alsoAsks: [seeJobs],
  method: 'GET',
  path: '/api/events',
  writer: eventStream,
  answers: 'WatchedEvent',
  contentType: 'text/event-stream',
  summary: 'Server-sent events about jobs, job queues and compute environments that change',
  query,
  lists: ['job', 'queue', 'user'],
  watches: true,
  handle(input, context) {
    const filter = readFilter(input, context)
    if ('kind' in filter) return filter
    const { changes } = context.backend
    const { watch } = context
    if (!watch) throw new Error('a watching operation without its request')
    let watcher: Watcher | undefined
    const leave = changes.rooms.enter(countedAs(context.principal), () => close())
    if (!leave) return tooMany
    const close = () => {
      watcher?.close()
      leave()
    }
    watch.hungUp.addEventListener('abort', close, { once: true })
    const lastId = input.lastEventId ?? watch.lastEventId
    const { again, cutOff } = watch
    watcher = new Watcher({ feed: changes.feed, context, again, filter, lastId, cutOff })
    return new LongContent(watcher.stream, async () => close())
  },
})

const tooMany: Refusal = {
  ...{ kind: 'refusal', code: 'TooManyRequestsException' },
  message: `Too many requests of this kind are open: at most ${limits.watchersOfUser} of one user, and ${limits.watchers} in all.`,
}

function readFilter(input: Input, { principal }: RequestContext): WatchFilter | Refusal {
  const wrong = checkParameters(input, Object.keys(query))
  if (wrong) return wrong
  const users = readUsers(input, principal)
  if (isRefusal(users)) return users
  const { job, queue } = input
  return {
    ...(job && { jobs: new Set(job) }),
    ...(queue && { queues: new Set(queue.map(queueName)) }),
    ...(users && { users: new Set(users) }),
  }
}
