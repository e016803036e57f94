/** Describes how a job ended, with the last lines of its log. */
import { endingOf, namesByPart } from '../../../../core/explain/ending.ts'
import { tasksOf } from '../../../../core/workload/tasks.ts'
import { limits } from '../../../../model/limits.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { EndingAnswer } from '../../../../wire/why.ts'
import type { Backend, RequestContext } from '../../../context.ts'
import { findJobs } from '../../batch/find-jobs.ts'
import { listChildren } from '../../batch/list-children.ts'

/** Undefined for a job that has not ended, or does not exist. */
export async function howItEnded(context: RequestContext, jobId: string): Promise<EndingAnswer | undefined> {
  const { backend } = context
  const find = (id: string) => findJobs(context, [id])[0]
  const job = find(jobId)
  if (!job) return undefined
  const ending = endingOf(job, {
    find,
    failedChildren: (id, limit) => listChildren(backend, id, 'FAILED', limit, undefined),
    containerNames: ({ spec }) => namesByPart(tasksOf(spec)),
  })
  if (!ending) return undefined
  const { log, ...rest } = ending
  return log ? { ...rest, log: { ...log, lastLines: await lastLines(backend, log) } } : rest
}

/** Empty if the log is gone already. */
async function lastLines({ logs }: Backend, log: { group: string; stream: string }): Promise<string[]> {
  const page = await logs.getEvents({ ...log, limit: limits.lastLinesShown })
  if (isRefusal(page)) return []
  let room = limits.lastLinesBytes
  const lines: string[] = []
  for (const { message } of [...page.events].reverse()) {
    const line = message.slice(0, limits.lastLineCharacters)
    room -= Buffer.byteLength(line)
    if (room < 0) break
    lines.unshift(line)
  }
  return lines
}
