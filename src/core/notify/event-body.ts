/**
 * Notices as EventBridge delivers them: https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html and
 * https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html
 */
import { arn } from '../../model/arn.ts'
import type { JobDetail } from '../../model/generated/batch.ts'
import type { Job } from '../../model/job.ts'
import type { TimeMs } from '../../model/time.ts'
import { jobDetail } from '../job/read.ts'
import type { State } from '../state/state.ts'

export interface EventBody {
  readonly version: '0'
  /** A UUID. A receiver that has seen the id has seen the event. */
  readonly id: string
  readonly 'detail-type': 'Batch Job State Change' | 'Batch Job Queue Blocked'
  readonly source: 'aws.batch'
  readonly account: string
  /** In whole seconds, as EventBridge writes it. */
  readonly time: string
  readonly region: string
  /** The ARN of the job, and of the queue that it blocks. */
  readonly resources: readonly string[]
  /** As DescribeJobs shows the job, with the job's ARN among its tags. */
  readonly detail: JobDetail
}

export interface Occurrence {
  readonly id: string
  readonly atMs: TimeMs
}

/**
 * A waiting job's reason changes all the time, and that is not a state change. Only events of
 * blocked jobs carry it.
 */
const silent = { explain: () => undefined }

export function stateChanged(job: Job, state: State, occurrence: Occurrence): EventBody {
  return body('Batch Job State Change', job, state, occurrence)
}

export function queueBlocked(job: Job, statusReason: string, state: State, occurrence: Occurrence): EventBody {
  const { detail, resources, ...rest } = body('Batch Job Queue Blocked', job, state, occurrence)
  const queueArn = arn(state.account, 'job-queue', job.spec.jobQueue)
  return { ...rest, resources: [...resources, queueArn], detail: { ...detail, statusReason } }
}

function body(detailType: EventBody['detail-type'], job: Job, state: State, { id, atMs }: Occurrence): EventBody {
  const detail = jobDetail(job, { state, explainer: silent })
  const jobArn = arn(state.account, 'job', job.jobId)
  return {
    version: '0',
    id,
    'detail-type': detailType,
    source: 'aws.batch',
    account: state.account.account,
    time: new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: state.account.region,
    resources: [jobArn],
    detail: { ...detail, tags: { ...detail.tags, resourceArn: jobArn } },
  }
}

/**
 * The same event for the sibling with this index. Children that ended together differ only in their
 * index. The id is derived from that of the given event, so that it is the same whenever the event
 * is made.
 */
export function eventOfSibling(event: EventBody, index: number): EventBody {
  const { detail } = event
  const own = detail.arrayProperties!.index!
  const rename = (text: string) => text.replace(/:\d+$/, `:${index}`)
  const jobArn = rename(detail.jobArn!)
  return {
    ...event,
    id: idOfSibling(event.id, index - own),
    resources: [jobArn],
    detail: {
      ...detail,
      jobArn,
      jobId: rename(detail.jobId!),
      arrayProperties: { ...detail.arrayProperties, index },
      tags: { ...detail.tags, resourceArn: jobArn },
    },
  }
}

/** Counts the last eight digits on. There are far fewer siblings than such numbers. */
function idOfSibling(id: string, offset: number): string {
  const last = (Number.parseInt(id.slice(-8), 16) + offset) % 2 ** 32
  return id.slice(0, -8) + (last < 0 ? last + 2 ** 32 : last).toString(16).padStart(8, '0')
}
