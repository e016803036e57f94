/** `GET /api/jobs/{id}/story`: what happened to a job, line by line, and what it waits for now; docs/use/waiting.md. */
import { discreetJob } from '../../../../core/explain/discreet.ts'
import { storyOf } from '../../../../core/explain/story.ts'
import { arn } from '../../../../model/arn.ts'
import { limits } from '../../../../model/limits.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { StoryAnswer } from '../../../../wire/story.ts'
import { sightOf } from '../../../sight.ts'
import { findJobs } from '../../batch/find-jobs.ts'
import { defineOwnOperation, notFound } from '../own-operation.ts'
import { why } from './why.ts'

interface Input {
  /** The id of a job, of a child (`id:3`) or of a node (`id#3`). */
  readonly jobId: string
}

export const tellStory = defineOwnOperation<Input, StoryAnswer>('TellStory', {
  summary: 'What happened to a job',
  answers: 'StoryAnswer',
  authorisedAs: 'ExplainJob',
  method: 'GET',
  path: '/api/jobs/:jobId/story',
  resource: ({ jobId }, { backend }) => arn(backend, 'job', jobId),
  handle({ jobId }, context) {
    const [job] = findJobs(context, [jobId])
    const now = why(context, jobId)
    if (!job || isRefusal(now)) return notFound(`Job ${jobId} not found.`)
    const { lines, leftOut } = storyOf(discreetJob(job, sightOf(context).hides), limits.storyLines)
    const waits = now.reasons.map(({ kind, text }) => ({ kind, text: text.replace(/\.$/, '') }))
    return { jobId, status: now.status, lines: [...lines, ...waits], leftOut }
  },
})
