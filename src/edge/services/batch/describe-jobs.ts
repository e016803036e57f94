/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html */

import { jobDetail } from '../../../core/job/read.ts'
import { limits } from '../../../model/limits.ts'
import { refuseWrapped } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { seeJobs, sightOf } from '../../sight.ts'
import { findJobs } from './find-jobs.ts'

export const describeJobs = defineOperation('batch', 'DescribeJobs', {
  resource: () => '*',
  alsoAsks: [seeJobs],
  handle(input, context) {
    // The spaces are AWS's.
    if (input.jobs.length > limits.describeJobsIds)
      return refuseWrapped(`Maximum number of jobs supported is  ${limits.describeJobsIds} .`)
    const { state } = context.backend.loop
    const { explainer } = sightOf(context)
    const view = { state, explainer }
    return { jobs: findJobs(context, input.jobs).map((job) => jobDetail(job, view)) }
  },
})
