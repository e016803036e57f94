/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html */

import { jobDetail } from '../../../core/job/read.ts'
import { limits } from '../../../model/limits.ts'
import { refuseWrapped } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { findJobs } from './find-jobs.ts'

export const describeJobs = defineOperation('batch', 'DescribeJobs', {
  resource: () => '*',
  handle(input, { backend }) {
    // The spaces are AWS's.
    if (input.jobs.length > limits.describeJobsIds)
      return refuseWrapped(`Maximum number of jobs supported is  ${limits.describeJobsIds} .`)
    const { state, explainer } = backend.loop
    const view = { state, explainer }
    return { jobs: findJobs(backend, input.jobs).map((job) => jobDetail(job, view)) }
  },
})
